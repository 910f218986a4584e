import { Context } from '@temporalio/activity';
import {
  ActivityNotFoundError,
  type Client,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import {
  ActivityCancellationDetails,
  ApplicationFailure,
  defaultDataConverter,
  defaultPayloadConverter,
  mapToPayloads,
} from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { offerJob } from '../../src/activities/job-offer';
import type { ExportRequest, SubmissionResolution, SubmitInput } from '../../src/contract';
import { nothingToResolve } from '../../src/export/failures';

const JOB_ID = 'ff8080828945e3a1018947f0d8b30001';
const REQUEST = {
  imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64',
  bucketUrl: 'ims-image:a.qcow2',
  bucket: 'ims-image',
  objectKey: 'a.qcow2',
  fileFormat: 'qcow2',
  isQuickExport: false,
} as ExportRequest;
const INPUT: SubmitInput = { request: REQUEST, mayPost: true, runId: 'run', firstRunId: 'first', offerForMs: 60_000 };

const AWAY = new Error('UNAVAILABLE');
const GIVEN_UP = new ActivityNotFoundError('not found');
const refused = (cause: ApplicationFailure) => new WorkflowUpdateFailedError('refused', cause);
const knows = (jobId: string | null) => refused(nothingToResolve(jobId, 'submitting'));

/** What Temporal answers, one after the other; `taken` in the end. */
interface Answers {
  heartbeats?: unknown[];
  updates?: unknown[];
  memo?: object;
}

/** An offer to a Temporal that answers so. */
async function offer(
  { heartbeats = [], updates = [], memo = {} }: Answers,
  { input = INPUT, shutdown = false }: { input?: SubmitInput; shutdown?: boolean } = {},
) {
  const asked: { heartbeats: unknown[]; updates: SubmissionResolution[]; updateIds: string[]; handles: unknown[][] } = {
    heartbeats: [],
    updates: [],
    updateIds: [],
    handles: [],
  };
  const next = async (answers: unknown[]) => {
    const answer = answers.shift();
    if (answer !== undefined) throw answer;
  };
  const call = <T>(_limit: unknown, ask: () => T): T => ask();
  const client = {
    withDeadline: call,
    withAbortSignal: call,
    activity: {
      heartbeat: (_token: unknown, details: unknown) => {
        asked.heartbeats.push(details);
        return next(heartbeats);
      },
    },
    options: { namespace: 'default', loadedDataConverter: defaultDataConverter },
    workflowService: {
      describeWorkflowExecution: async () => ({
        workflowExecutionInfo: { memo: { fields: mapToPayloads(defaultPayloadConverter, { ...memo }) }, startTime: {} },
      }),
    },
    workflow: {
      getHandle: (...args: unknown[]) => {
        asked.handles.push(args);
        return {
          executeUpdate: (_name: string, options: { args: [SubmissionResolution]; updateId: string }) => {
            asked.updates.push(options.args[0]);
            asked.updateIds.push(options.updateId);
            return next(updates);
          },
        };
      },
    },
  } as unknown as Client;
  const entries: LogEntry[] = [];
  const logger = new DefaultLogger('INFO', (entry) => entries.push(entry));
  const environment = new MockActivityEnvironment({}, { client, logger });
  if (shutdown) environment.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
  await environment.run(() => offerJob(Context.current(), input, JOB_ID));
  return { ...asked, log: entries.map(({ level, message, meta }) => ({ level, message, meta })) };
}

describe('a job id', () => {
  it('is logged at once, with image and destination, and offered by a heartbeat', async () => {
    const { heartbeats, updates, log } = await offer({});
    expect(heartbeats).toEqual([{ jobId: JOB_ID }]);
    expect(updates).toEqual([]);
    const { imageId, bucket, objectKey } = REQUEST;
    expect(log).toEqual([
      {
        level: 'INFO',
        message: 'The cloud has accepted the export',
        meta: expect.objectContaining({ jobId: JOB_ID, imageId, bucket, objectKey }),
      },
    ]);
  });

  it('is offered again while Temporal does not answer', async () => {
    const { heartbeats, log } = await offer({ heartbeats: [AWAY, AWAY] });
    expect(heartbeats).toEqual([{ jobId: JOB_ID }, { jobId: JOB_ID }, { jobId: JOB_ID }]);
    expect(log.map(({ level }) => level)).toEqual(['INFO', 'WARN']);
  });

  it('goes to the workflow once the activity was given up, as the answer to the submit of its run', async () => {
    const { updates, handles, log } = await offer({ heartbeats: [GIVEN_UP] });
    expect(updates).toEqual([{ jobId: JOB_ID, runId: 'run' }]);
    expect(handles).toEqual([['test', undefined, { firstExecutionRunId: 'first' }]]);
    expect(log.map(({ level }) => level)).toEqual(['INFO']);
  });

  it('goes to the run that asked where the first one is not known', async () => {
    const { handles } = await offer({ heartbeats: [GIVEN_UP] }, { input: { ...INPUT, firstRunId: undefined } });
    expect(handles).toEqual([['test', 'run']]);
  });

  it('is offered again until the workflow has learnt that the answer was lost', async () => {
    const { updates } = await offer({
      heartbeats: [GIVEN_UP, GIVEN_UP, GIVEN_UP],
      updates: [knows(null), knows(null)],
    });
    expect(updates).toHaveLength(3);
  });

  it('is offered under the same update id while there is no answer, and under a new one after an answer', async () => {
    const { updateIds } = await offer({
      heartbeats: [GIVEN_UP, GIVEN_UP, GIVEN_UP],
      updates: [AWAY, knows(null)],
    });
    expect(updateIds[1]).toBe(updateIds[0]);
    expect(updateIds[2]).not.toBe(updateIds[1]);
  });

  it('has arrived when the workflow knows this job', async () => {
    const { updates, log } = await offer({ heartbeats: [GIVEN_UP], updates: [knows(JOB_ID)] });
    expect(updates).toHaveLength(1);
    expect(log.map(({ level }) => level)).toEqual(['INFO']);
  });

  it('has arrived when the export has ended with it in its memo', async () => {
    const ended = new WorkflowNotFoundError('completed', 'test', undefined);
    const { log } = await offer({ heartbeats: [GIVEN_UP], updates: [ended], memo: { jobId: JOB_ID } });
    expect(log.map(({ level }) => level)).toEqual(['INFO']);
  });

  it('F40 is offered again when the server has taken the update back, since its worker did not process it', async () => {
    const takenBack = ApplicationFailure.nonRetryable('it was not processed by the worker', 'UnprocessedUpdate');
    const { updates, updateIds, log } = await offer({
      heartbeats: [GIVEN_UP, GIVEN_UP],
      updates: [refused(takenBack)],
    });
    expect(updates).toEqual([
      { jobId: JOB_ID, runId: 'run' },
      { jobId: JOB_ID, runId: 'run' },
    ]);
    expect(updateIds[1]).not.toBe(updateIds[0]);
    expect(log.map(({ level }) => level)).not.toContain('ERROR');
  });

  it('goes to a workflow of an older version without the run', async () => {
    const unknownField = ApplicationFailure.nonRetryable('unknown field', 'InvalidExportRequest');
    const { updates } = await offer({ heartbeats: [GIVEN_UP, GIVEN_UP], updates: [refused(unknownField)] });
    expect(updates).toEqual([{ jobId: JOB_ID, runId: 'run' }, { jobId: JOB_ID }]);
  });

  it.each([
    ['the export has ended', new WorkflowNotFoundError('completed', 'test', undefined)],
    ['the export tracks job other', knows('other')],
  ])('is reported with the command that tracks it when %s', async (reason, answer) => {
    const { log } = await offer({ heartbeats: [GIVEN_UP], updates: [answer] });
    expect(log.at(-1)).toMatchObject({ level: 'ERROR', message: expect.stringContaining(reason) });
    expect(log.at(-1)?.message).toContain(
      `ims-export attach --job ${JOB_ID} --image ${REQUEST.imageId} --to ims-image:a.qcow2 --format qcow2`,
    );
  });

  it('is given up, and reported, when the time for the offer is over', async () => {
    const { heartbeats, log } = await offer(
      { heartbeats: Array(20).fill(AWAY) },
      { input: { ...INPUT, offerForMs: 1_000 } },
    );
    expect(heartbeats).toHaveLength(2);
    expect(log.at(-1)).toMatchObject({
      level: 'ERROR',
      message: expect.stringContaining('job id could not be stored'),
    });
  });

  it('is still offered for a while when the worker shuts down without a time of grace', async () => {
    const { heartbeats, updates, log } = await offer(
      { heartbeats: [AWAY, GIVEN_UP, GIVEN_UP], updates: [knows(null)] },
      { shutdown: true },
    );
    expect([heartbeats.length, updates.length]).toEqual([3, 2]);
    expect(log.some(({ level }) => level === 'ERROR')).toBe(false);
  });
});
