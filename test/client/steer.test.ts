import { Client, type WorkflowClientInterceptor, type WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { cancelExport, pauseBatch, pausePolling, pollNow, resumePolling, retuneExport } from '../../src/client';
import { untilChecked } from '../../src/client/steer';
import { EXPORT_IMAGE_WORKFLOW, exportWorkflowId } from '../../src/contract';
import { namespaceOfThisFile } from '../rigs/namespace';
import { errorCodeOf } from '../rigs/rig';
import { ofRun } from '../rigs/strict-codec';

const temporal = namespaceOfThisFile();

/** An export that no worker takes. */
function startExport(key: string): Promise<WorkflowHandle> {
  const options = { workflowId: exportWorkflowId(`ims-image:${key}`), taskQueue: 'nobody' };
  return temporal.client.workflow.start(EXPORT_IMAGE_WORKFLOW, { ...options, args: [{}] });
}

describe('what became of a job that was named', () => {
  const JOB = 'a'.repeat(32);
  const endedWith = async (key: string, memo: { jobId?: string }) => {
    const workflowId = exportWorkflowId(`ims-image:${key}`);
    const options = { workflowId, taskQueue: 'nobody', args: [{}], memo };
    const handle = await temporal.client.workflow.start(EXPORT_IMAGE_WORKFLOW, options);
    await handle.terminate();
    return await untilChecked(temporal.client, workflowId, JOB, 0);
  };

  it.each([
    ['taken', 'named-taken', { jobId: JOB }, { taken: true, objection: null }],
    [
      'not taken',
      'named-other',
      { jobId: 'b'.repeat(32) },
      { taken: false, objection: expect.stringContaining('bbb') },
    ],
    ['not known', 'named-unknown', {}, { taken: null, objection: null }],
  ])('is %s where the export has ended and no worker answers, by its memo', async (_what, key, memo, expected) => {
    expect(await endedWith(key, memo)).toEqual({ jobId: JOB, ended: true, ...expected });
  });
});

describe('a message by the client', () => {
  it.each([
    ['pollNow', pollNow],
    ['pausePolling', pausePolling],
    ['resumePolling', resumePolling],
  ])('%s is a signal in the history', async (signal, send) => {
    const handle = await startExport(signal);
    await send(temporal.client, handle.workflowId);
    const { events } = await handle.fetchHistory();
    const signals = (events ?? []).map(({ workflowExecutionSignaledEventAttributes: event }) => event?.signalName);
    expect(signals).toContain(signal);
  });

  it('is refused to an export that has ended, and to one that is not there', async () => {
    const handle = await startExport('ended');
    await handle.terminate();
    for (const send of [pollNow, cancelExport]) {
      expect(await errorCodeOf(send(temporal.client, handle.workflowId))).toBe('ExportEnded');
      expect(await errorCodeOf(send(temporal.client, 'ims-export:ims-image:nowhere'))).toBe('NoSuchExport');
    }
  });

  it.each<[what: string, send: (client: Client, workflowId: string) => Promise<unknown>]>([
    ['a cancel', cancelExport],
    ['an update', (replacing, workflowId) => retuneExport(replacing, workflowId, { deadline: '2h' })],
  ])('%s by a client never reaches a later export with the same workflow id', async (what, send) => {
    const key = what.replace(' ', '-');
    const { workflowId } = await startExport(key);
    let later: WorkflowHandle | undefined;
    const replace = async () => {
      await temporal.client.workflow.getHandle(workflowId).terminate();
      later = await startExport(key);
    };
    const replaced: WorkflowClientInterceptor = {
      cancel: (cancel, next) => replace().then(() => next(cancel)),
      startUpdate: (update, next) => replace().then(() => next(update)),
    };
    const { connection, namespace } = temporal.client.options;
    const replacing = new Client({ connection, namespace, ...ofRun(), interceptors: { workflow: [replaced] } });
    expect(await errorCodeOf(send(replacing, workflowId))).toBe('ExportEnded');
    const { status, raw } = (await later?.describe()) ?? {};
    expect(status?.name).toBe('RUNNING');
    expect(raw?.workflowExtendedInfo?.cancelRequested).toBe(false);
  });

  it.each<[what: string, send: (client: Client, workflowId: string) => Promise<unknown>]>([
    ['pollNow', pollNow],
    ['pausePolling', pausePolling],
    ['resumePolling', resumePolling],
    ['cancelExport', cancelExport],
    ['pauseBatch', pauseBatch],
    ['retuneExport', (client, workflowId) => retuneExport(client, workflowId, { deadline: '2h' })],
  ])('%s never reaches a workflow that is no export and no batch', async (what, send) => {
    const options = { workflowId: `order-${what}`, taskQueue: 'nobody' };
    const handle = await temporal.client.workflow.start('orderWorkflow', options);
    await expect(send(temporal.client, handle.workflowId)).rejects.toMatchObject({
      code: 'InvalidExportRequest',
      message: `${handle.workflowId} is a workflow of type orderWorkflow, not an export or a batch. \`ims-export list\` shows both.`,
    });
    const { historyLength, raw } = await handle.describe();
    expect([historyLength, raw.workflowExtendedInfo?.cancelRequested]).toEqual([2, false]);
  });
});
