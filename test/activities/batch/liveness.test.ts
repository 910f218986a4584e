import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createExportActivities } from '../../../src/activities';
import { EXPORT_IMAGE_WORKFLOW, type ExportMemo, exportWorkflowId } from '../../../src/contract';
import { QUICK_EVIDENCE } from '../../rigs/activity-rig';
import { namespaceOfThisFile } from '../../rigs/namespace';

const temporal = namespaceOfThisFile();
const { imsLookAtExports } = createExportActivities({ accounts: new Map(), evidence: QUICK_EVIDENCE });

const TOLD = { runId: 'run-before', outcome: 'canceled', remoteJob: 'running', jobId: 'a'.repeat(32) } as const;
const EARLIER = { ...TOLD, fileFormat: null, object: null, finishedAt: null };

/** What the check says of an export that has ended with this memo. */
async function endedWith(key: string, memo: ExportMemo) {
  const workflowId = exportWorkflowId(`ims-image:${key}`);
  const options = { workflowId, taskQueue: 'nobody', args: [{}], memo: { ...memo, earlier: EARLIER } };
  const handle = await temporal.client.workflow.start(EXPORT_IMAGE_WORKFLOW, options);
  await handle.terminate();
  const environment = new MockActivityEnvironment({}, { client: temporal.client });
  const found = (await environment.run(imsLookAtExports, { exports: [{ workflowId, firstRunId: null }] })) as unknown[];
  return { found: found[0], runId: handle.firstExecutionRunId };
}

describe('an export that has ended, as the next run of its id is told of it', () => {
  it('F45 is the run before it where it began nothing', async () => {
    const { found } = await endedWith('began-nothing', { outcome: 'failed', remoteJob: 'none' });
    expect(found).toMatchObject({ kind: 'ended', earlier: TOLD });
  });

  it.each([
    ['its own job is not known', 'unknown', { outcome: 'unknown', remoteJob: 'unknown' }, null],
    [
      'a person named a job',
      'named',
      { outcome: 'unknown', remoteJob: 'unknown', namedJobId: 'b'.repeat(32) },
      'b'.repeat(32),
    ],
    ['it left a job', 'left', { outcome: 'canceled', remoteJob: 'running', jobId: 'c'.repeat(32) }, 'c'.repeat(32)],
  ] as const)('F45 is itself where %s', async (_what, key, memo, jobId) => {
    const { found, runId } = await endedWith(key, memo);
    expect(found).toMatchObject({ kind: 'ended', earlier: { runId, outcome: memo.outcome, jobId } });
  });
});

it('F55 an export that has ended with a failure of no known kind has ended, unread', async () => {
  const { client } = temporal;
  const { namespace } = client.options;
  const workflowId = exportWorkflowId('ims-image:odd');
  const taskQueue = 'a-worker-of-others';
  const { firstExecutionRunId } = await client.workflow.start(EXPORT_IMAGE_WORKFLOW, {
    workflowId,
    taskQueue,
    args: [{}],
  });
  const { taskToken } = await client.withDeadline(Date.now() + 30_000, () =>
    client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: { name: taskQueue } }),
  );
  const failure = { message: 'odd', serverFailureInfo: {} };
  const fails = { commandType: FAIL_WORKFLOW_EXECUTION, failWorkflowExecutionCommandAttributes: { failure } };
  await client.workflowService.respondWorkflowTaskCompleted({ namespace, taskToken, commands: [fails] });
  const environment = new MockActivityEnvironment({}, { client });
  const found = await environment.run(imsLookAtExports, { exports: [{ workflowId, firstRunId: null }] });
  expect(found).toMatchObject([{ kind: 'notRead', closed: { firstRunId: firstExecutionRunId } }]);
});

/** Of Temporal's `CommandType`. */
const FAIL_WORKFLOW_EXECUTION = 5;
