import { beforeAll, describe, expect, it } from 'vitest';
import { type ListOptions, listWorkflows } from '../../src/client/list';
import { EXPORT_IMAGE_WORKFLOW, EXPORT_IMAGES_WORKFLOW, exportWorkflowId } from '../../src/contract';
import { namespaceOfThisFile } from '../rigs/namespace';
import { eventually } from '../rigs/one-export';

const temporal = namespaceOfThisFile();

/** Of which Temporal knows, and which no worker has taken. */
const start = (workflowType: string, key: string, memo: object = {}) =>
  temporal.client.workflow.start(workflowType, {
    ...{ workflowId: exportWorkflowId(`ims-image:${key}`), taskQueue: 'nobody', memo: { ...memo }, args: [{}] },
  });
const listed = async (options: ListOptions) =>
  (await listWorkflows(temporal.client, options)).rows.map(({ workflowId }) => workflowId.split(':').at(-1)).sort();

describe('a list of exports and batches without a worker', () => {
  beforeAll(async () => {
    await start(EXPORT_IMAGE_WORKFLOW, 'open', { jobId: 'job' });
    await start(EXPORT_IMAGES_WORKFLOW, 'batch', { total: 3 });
    await start('orderWorkflow', 'order');
    await (await start(EXPORT_IMAGE_WORKFLOW, 'terminated')).terminate();
    await eventually('Temporal lists all', async () => ((await listed({})).length === 3 ? true : undefined));
  });

  it('has both, the open ones unanswered within three seconds', async () => {
    const startedAtMs = Date.now();
    const { rows, more } = await listWorkflows(temporal.client);
    expect(Date.now() - startedAtMs).toBeLessThan(6_000);
    expect(more).toBe(false);
    const open = { phase: null, outcome: null, percent: null, remainingMs: null, why: null, answered: false };
    const rowOf = (key: string) => rows.find(({ workflowId }) => workflowId.endsWith(key));
    expect(rowOf(':open')).toMatchObject({ ...open, kind: 'export', jobId: 'job', images: null });
    expect(rowOf(':batch')).toMatchObject({ ...open, kind: 'batch', jobId: null, images: 3 });
    expect(rowOf(':terminated')).toMatchObject({ workflowStatus: 'TERMINATED', outcome: null, answered: true });
  });

  it.each([
    [{ status: 'running' }, ['batch', 'open']],
    [{ status: 'terminated' }, ['terminated']],
    [{ status: 'failed' }, []],
    [
      { query: `WorkflowType = '${EXPORT_IMAGES_WORKFLOW}' OR ExecutionStatus = 'Terminated'` },
      ['batch', 'terminated'],
    ],
  ] as const)('is filtered by %j', async (options, keys) => {
    expect(await listed(options)).toEqual(keys);
  });

  it('is none of a phase that no worker has reported', async () => {
    await expect(listWorkflows(temporal.client, { status: 'exporting' })).rejects.toMatchObject({
      code: 'NoWorker',
      message: 'No worker answered in time, so the phase of 2 open workflows is not known.',
    });
  });

  it('says that there are more than its limit', async () => {
    const { rows, more } = await listWorkflows(temporal.client, { status: 'running', limit: 1 });
    expect([rows.length, more]).toEqual([1, true]);
  });

  it('refuses a status and a query that cannot be', async () => {
    const refused = (options: ListOptions, says: string) =>
      expect(listWorkflows(temporal.client, options)).rejects.toMatchObject({
        code: 'InvalidExportRequest',
        message: expect.stringContaining(says),
      });
    await refused({ status: 'toString' }, "--status is 'toString'; expected one of running, succeeded");
    await refused({ query: 'nonsense' }, 'Temporal rejects the query nonsense: ');
  });
});
