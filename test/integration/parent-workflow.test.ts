import { join } from 'node:path';
import { WorkflowFailedError } from '@temporalio/client';
import { ChildWorkflowFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportWorkflowId } from '../../src/contract';
import { type Rig, startRig } from '../rig';
import { bundleOnce } from '../temporal';

let rig: Rig;
beforeAll(async () => {
  const workflowsPath = join(__dirname, '../fixtures/parent-workflow/index.ts');
  rig = await startRig({ bundle: await bundleOnce({ workflowsPath }) });
});
afterAll(() => rig.close());

const archive = (input: ReturnType<Rig['input']>) =>
  rig.client.workflow.execute('archiveImage', {
    workflowId: `archive-${Date.now()}-${Math.random()}`,
    taskQueue: rig.taskQueue,
    args: [input],
  });

describe('an export as a child of another workflow', () => {
  it('gives its result to the parent', async () => {
    const input = rig.input();
    expect(await archive(input)).toMatch(/^archived [1-9]\d* bytes$/);
    const { memo } = await rig.client.workflow.getHandle(exportWorkflowId(input.bucketUrl)).describe();
    expect(memo).toMatchObject({ outcome: 'succeeded' });
  });

  it('fails with its own failure type, which the parent can tell apart', async () => {
    const error = await archive(rig.input({ image: 'iso' })).catch((failed: unknown) => failed);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    const { cause } = error as WorkflowFailedError;
    expect(cause).toBeInstanceOf(ChildWorkflowFailure);
    expect((cause as ChildWorkflowFailure).cause).toMatchObject({
      type: 'ExportNotAllowed',
      nonRetryable: true,
      details: [expect.objectContaining({ rule: 'notIso' })],
    });
  });
});
