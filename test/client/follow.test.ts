import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { followExport, listExports, readExport } from '../../src/client';
import { EXPORT_IMAGE_WORKFLOW, exportWorkflowId } from '../../src/contract';
import { namespaceOfThisFile } from '../rigs/namespace';
import { eventually } from '../rigs/one-export';

const temporal = namespaceOfThisFile();

/** An export of which Temporal knows, and which no worker has taken. */
function startUntaken(key: string, workflowType = EXPORT_IMAGE_WORKFLOW): Promise<WorkflowHandle> {
  const options = { workflowId: exportWorkflowId(`ims-image:${key}`), taskQueue: 'nobody', memo: { jobId: key } };
  return temporal.client.workflow.start(workflowType, { ...options, args: [{}] });
}

describe('what Temporal knows of an export, without a worker', () => {
  it('is its state and its memo; the status is null', async () => {
    const { workflowId } = await startUntaken('read');
    expect(await readExport(temporal.client, workflowId)).toMatchObject({
      workflowId,
      workflowStatus: 'RUNNING',
      closedAt: null,
      memo: { jobId: 'read' },
      retrying: null,
      status: null,
    });
  });

  it('is that there is none', async () => {
    await expect(readExport(temporal.client, 'ims-export:ims-image:nowhere')).rejects.toMatchObject({
      code: 'NoSuchExport',
    });
  });

  it('is in the list, newest first, without workflows that are no exports', async () => {
    await startUntaken('first');
    await startUntaken('order', 'orderWorkflow');
    await startUntaken('second');
    const ids = await eventually('Temporal lists both', async () => {
      const listed = (await listExports(temporal.client)).map(({ workflowId }) => workflowId);
      return ['first', 'second'].every((key) => listed.includes(exportWorkflowId(`ims-image:${key}`)))
        ? listed
        : undefined;
    });
    expect(ids.indexOf('ims-export:ims-image:second')).toBeLessThan(ids.indexOf('ims-export:ims-image:first'));
    expect(ids).not.toContain('ims-export:ims-image:order');
    expect(await listExports(temporal.client, 1)).toHaveLength(1);
  });

  it('is followed to its end', async () => {
    const handle = await startUntaken('followed');
    const seen: string[] = [];
    for await (const { workflowStatus, closedAt } of followExport(temporal.client, handle.workflowId, 10)) {
      seen.push(workflowStatus);
      if (closedAt === null) await handle.terminate();
    }
    expect(seen).toEqual(['RUNNING', 'TERMINATED']);
  });
});
