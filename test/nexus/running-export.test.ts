import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { EXPORT_IMAGE_WORKFLOW, exportWorkflowId } from '../../src/contract';
import { findRun, readRunningExport } from '../../src/nexus/running-export';
import { namespaceOfThisFile } from '../rigs/namespace';

const temporal = namespaceOfThisFile();

const imageId = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';
const idOf = (key: string) => exportWorkflowId(`ims-image:${key}`);

/** An export that no worker takes, with anything as its arguments. */
function started(key: string, args: unknown[], memo?: { jobId: string }): Promise<WorkflowHandle> {
  return temporal.client.workflow.start(EXPORT_IMAGE_WORKFLOW, {
    workflowId: idOf(key),
    taskQueue: 'nobody',
    args,
    memo,
  });
}

async function runningAt(key: string) {
  const found = await findRun(temporal.client, idOf(key));
  if (found === undefined) throw new Error(`nothing runs at ${key}`);
  return await readRunningExport(temporal.client, idOf(key), found);
}

describe('what runs under the id of a destination', () => {
  it('is nothing where Temporal knows of no workflow', async () => {
    expect(await findRun(temporal.client, idOf('nowhere'))).toBeUndefined();
  });

  it('is a run, with its type, its memo and whether its cancel was requested', async () => {
    const handle = await started('found', [{ imageId, fileFormat: 'qcow2' }], { jobId: 'f'.repeat(32) });
    const found = await findRun(temporal.client, handle.workflowId);
    expect(found).toMatchObject({
      state: 'running',
      workflowType: EXPORT_IMAGE_WORKFLOW,
      memo: { jobId: 'f'.repeat(32) },
      cancelRequested: false,
    });
    expect(found?.firstRunId).toBe(found?.runId);
    await handle.cancel();
    expect(await findRun(temporal.client, handle.workflowId)).toMatchObject({
      state: 'running',
      cancelRequested: true,
    });
    await handle.terminate();
    expect(await findRun(temporal.client, handle.workflowId)).toMatchObject({ state: 'endedOtherwise' });
  });

  it('exports the image and the format that its input names, as the job of its memo', async () => {
    await started('read', [{ imageId: imageId.toUpperCase(), isQuickExport: true }], { jobId: 'e'.repeat(32) });
    expect(await runningAt('read')).toMatchObject({ imageId, fileFormat: 'zvhd2', jobId: 'e'.repeat(32) });
  });

  it('has the job that its input attaches to, before the memo has it', async () => {
    await started('attached', [{ imageId, attach: { jobId: 'd'.repeat(32) } }]);
    expect(await runningAt('attached')).toMatchObject({ imageId, jobId: 'd'.repeat(32) });
  });

  it('has begun with its first run, after a continue-as-new', async () => {
    await started('continued', [{ imageId, fileFormat: 'vhd' }, { startedAtMs: Date.UTC(2026, 0, 1) }]);
    expect(await runningAt('continued')).toMatchObject({ startedAt: '2026-01-01T00:00:00.000Z' });
  });

  it.each([
    ['nothing', []],
    ['a text', ['export it']],
  ])('is not known where its input is %s', async (_what, args) => {
    const key = `unknown-${args.length}`;
    await started(key, args);
    expect(await runningAt(key)).toBeUndefined();
  });
});
