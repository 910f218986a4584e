import type { WorkflowOptions } from '@temporalio/client';
import { beforeAll, describe, expect, it } from 'vitest';
import { list } from '../../src/cli/list';
import { type ListOptions, listedExport, listWorkflows } from '../../src/client/list';
import { EXPORT_IMAGE_WORKFLOW, EXPORT_IMAGES_WORKFLOW, type ExportStatus, exportWorkflowId } from '../../src/contract';
import { shellWord } from '../../src/export/quoting';
import { printedBy } from '../rigs/command-here';
import { namespaceOfThisFile } from '../rigs/namespace';
import { eventually } from '../rigs/one-export';
import { exportStatus } from '../rigs/reports';
import { stubTemporal } from '../rigs/stub-temporal';

const temporal = namespaceOfThisFile();

/** Of which Temporal knows, and which no worker has taken. */
const start = (workflowType: string, key: string, memo: object = {}, more: Partial<WorkflowOptions> = {}) =>
  temporal.client.workflow.start(workflowType, {
    ...{ workflowId: exportWorkflowId(`ims-image:${key}`), taskQueue: 'nobody', memo: { ...memo }, args: [{}] },
    ...more,
  });

/** Ends as its worker would have it end, by one command of its first workflow task. */
async function ended(key: string, commandOfTheEnd: object, memo: object, workflowType = EXPORT_IMAGE_WORKFLOW) {
  const { client } = temporal;
  const { namespace } = client.options;
  await start(workflowType, key, memo, { taskQueue: key });
  const { taskToken } = await client.withDeadline(Date.now() + 30_000, () =>
    client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: { name: key } }),
  );
  await client.workflowService.respondWorkflowTaskCompleted({ namespace, taskToken, commands: [commandOfTheEnd] });
}

/** As in Temporal's `CommandType`. */
const COMPLETE = { commandType: 4, completeWorkflowExecutionCommandAttributes: {} };
const FAIL = {
  commandType: 5,
  failWorkflowExecutionCommandAttributes: { failure: { message: 'why', serverFailureInfo: {} } },
};
const CANCEL = { commandType: 7, cancelWorkflowExecutionCommandAttributes: {} };
const listed = async (options: ListOptions) =>
  (await listWorkflows(temporal.client, options)).rows.map(({ workflowId }) => workflowId.split(':').at(-1)).sort();

describe('a list of exports and batches without a worker', () => {
  beforeAll(async () => {
    await start(EXPORT_IMAGE_WORKFLOW, 'open', { jobId: 'job' });
    await start(EXPORT_IMAGES_WORKFLOW, 'batch', { total: 3 });
    await start('orderWorkflow', 'order');
    await (await start(EXPORT_IMAGE_WORKFLOW, 'terminated')).terminate();
    await ended('failed', FAIL, { outcome: 'failed', failure: { type: 'ExportFailed', message: 'why' } });
    await ended('refused', FAIL, { outcome: 'failed', failure: { type: 'ExportNotAllowed', message: 'why' } });
    await ended('unknown', FAIL, { outcome: 'unknown', failure: { type: 'ExportOutcomeUnknown', message: 'why' } });
    await ended('succeeded', COMPLETE, { outcome: 'succeeded' });
    await ended('completed', COMPLETE, { outcome: 'completed' }, EXPORT_IMAGES_WORKFLOW);
    await ended('canceled', CANCEL, { outcome: 'canceled' });
    await start(EXPORT_IMAGE_WORKFLOW, 'timedOut', {}, { workflowExecutionTimeout: '1s' });
    const count = async (query: string) => (await temporal.client.workflow.count(query)).count;
    await eventually('Temporal lists all', async () =>
      (await count('CloseTime IS NOT NULL')) === 8 && (await count('CloseTime IS NULL')) === 3 ? true : undefined,
    );
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
    [{ status: 'failed' }, ['failed', 'refused']],
    [{ status: 'refused' }, ['refused']],
    [{ status: 'unknown' }, ['unknown']],
    [{ status: 'succeeded' }, ['succeeded']],
    [{ status: 'completed' }, ['completed']],
    [{ status: 'canceled' }, ['canceled']],
    [{ status: 'timedOut' }, ['timedOut']],
    [
      { query: `WorkflowType = '${EXPORT_IMAGES_WORKFLOW}' OR ExecutionStatus = 'Terminated'` },
      ['batch', 'completed', 'terminated'],
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

  it('has why a person is waited for, also where only a later worker knows that', () => {
    const attention = 'laterAttention' as NonNullable<ExportStatus['attention']>;
    const facts = {
      workflowId: 'ims-export:b:k',
      runId: 'r',
      workflowStatus: 'RUNNING',
      startedAt: '',
      closedAt: null,
      retrying: null,
    };
    const row = listedExport({ ...facts, memo: {}, status: exportStatus({ attention }) });
    expect(row.why).toBe('laterAttention');
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

describe('a list of a status that Temporal does not distinguish', () => {
  /** Failed exports, by pages as Temporal lists them. */
  function failedExports(count: number, memo: object) {
    const all = Array.from({ length: count }, (_, place) => ({
      ...({ id: `ims-export:ims-image:${place}`, state: 'FAILED', memo } as const),
      ...{
        startedAt: '2026-11-29T10:00:00Z',
        closedAt: new Date(Date.UTC(2026, 10, 29, 12) - place * 1_000).toISOString(),
      },
    }));
    const client = stubTemporal(...all);
    const { listWorkflowExecutions } = client.workflowService;
    let deadlines = 0;
    client.withDeadline = (_at, call) => {
      deadlines += 1;
      return call();
    };
    client.workflowService.listWorkflowExecutions = (async ({
      pageSize,
      nextPageToken,
    }: {
      pageSize: number;
      nextPageToken?: Uint8Array;
    }) => {
      const from = Number(Buffer.from(nextPageToken ?? '').toString() || 0);
      const { executions } = await listWorkflowExecutions({});
      const next = from + pageSize < count ? Buffer.from(String(from + pageSize)) : undefined;
      return { executions: executions.slice(from, from + pageSize), nextPageToken: next };
    }) as unknown as typeof listWorkflowExecutions;
    return { client, deadlines: () => deadlines };
  }
  const refused = { outcome: 'failed', failure: { type: 'ExportNotAllowed', message: 'no', code: 'notIso' } };

  it('says until when it was searched, and has a deadline for each page', async () => {
    const { client, deadlines } = failedExports(1_001, { outcome: 'failed' });
    const found = await listWorkflows(client, { status: 'refused', limit: 50 });
    expect(found).toMatchObject({ rows: [], more: false, searchedUntil: "CloseTime < '2026-11-29T11:43:21.000Z'" });
    expect(deadlines()).toBe(11);
  });

  it('was searched to the end where there are no more', async () => {
    const { client } = failedExports(1_000, refused);
    const found = await listWorkflows(client, { status: 'refused', limit: 50 });
    expect([found.rows.length, found.more, found.searchedUntil]).toEqual([50, true, null]);
  });

  it('offers a query that finds the earlier ones', async () => {
    const { client } = failedExports(1_001, { outcome: 'failed' });
    const { stdout, stderr } = await printedBy(() => list(client, { status: 'refused', query: "StartTime > 'x'" }));
    expect(stdout).toBe('No export or batch matches --status or --query.\n');
    expect(stderr).toBe(
      `Only the latest 1,000 workflows were searched. To search the earlier ones: --query ${shellWord("(StartTime > 'x') AND CloseTime < '2026-11-29T11:43:21.000Z'")}\n`,
    );
  });
});
