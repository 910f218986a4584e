/**
 * Starting an export, or joining the one that runs.
 *
 * @module
 */
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import {
  DEFAULT_TASK_QUEUE,
  type ExportImageInput,
  type ExportImageResult,
  type ExportMemo,
  type ExportRequest,
  exportWorkflowId,
} from '../contract';
import { describeEarlier, leftJob } from '../export/earlier';
import { type ClosedRun, earlierRun, toldOf } from '../export/earlier-run';
import { saysNothingSubmitted } from '../export/failures';
import { decide } from '../export/joining';
import { parseExportStart } from '../request/export';
import { type DescribedRun, describeRun } from '../temporal/runs';
import { startAndAwaitJob } from './await-job';
import { ExportError, toExportError } from './errors';
import { readExport } from './follow';
import { MAX_STARTS, refuseTakenId, refuseToJoin, wantedBy } from './joining';
import { exportResult } from './result';
import { reportStartProgress, startProgress } from './start-progress';
import { findRun, requireReadable, shortCall, throughOutages } from './temporal-calls';
import { requireWorker } from './workers';

export interface StartOptions {
  /** @default 'ims-export' */
  taskQueue?: string;
  /**
   * Called with a sentence on what the start waits for, after some seconds and when that changes: a start can
   * wait for hours, for an image that is being exported, say.
   */
  onWaiting?: (why: string) => void;
}

export interface StartedExport {
  workflowId: string;
  /** The run that was started or joined. */
  runId: string;
  /** Null when it has succeeded without its job ever being seen (`acceptUnconfirmed`). */
  jobId: string | null;
  /** How this call came to its export: it began it, joined one that runs, or found that one had succeeded before. */
  how: 'started' | 'joined' | 'alreadySucceeded';
  /** Things to know, such as a job that an earlier run left in the cloud. */
  notes: string[];
  /**
   * The result, once the export has ended.
   *
   * @throws ExportError as {@link exportResult}
   */
  result(): Promise<ExportImageResult>;
}

/**
 * Starts an export under the id of its destination and waits until the cloud has accepted the job.
 *
 * The same intent joins a running export. After a success its result is given as long as its object is there: it is compared first,
 * and exported again when it is gone.
 *
 * @throws ExportError InvalidExportRequest and the other failure types; DestinationBusy when another image or format is
 *   being exported there, or a workflow that is no export has its id; DestinationExists when another object is there; NoWorker;
 *   Unreadable when what runs there cannot be decoded here; TemporalUnreachable; TemporalConfigurationError
 * @example
 * ```ts
 * const started = await startExport(client, { imageId, bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' });
 * const { object } = await started.result();
 * ```
 */
export async function startExport(
  client: Client,
  input: ExportImageInput,
  options: StartOptions = {},
): Promise<StartedExport> {
  const read = async () => startProgress(await readExport(client, workflowIdOf(input)));
  return await reportStartProgress(begin(client, input, options), read, options.onWaiting);
}

async function begin(
  client: Client,
  input: ExportImageInput,
  { taskQueue = DEFAULT_TASK_QUEUE }: StartOptions,
  startsLeft = MAX_STARTS,
): Promise<StartedExport> {
  const workflowId = workflowIdOf(input);
  let notes: string[] = [];
  try {
    const request = parseExportStart(input);
    const before = await findRun<ExportMemo>(client, workflowId);
    const joins = before !== undefined && before.closeTime === undefined;
    if (joins) await requireReadable(client, before);
    if (joins) refuseToJoin('client', request, { state: 'running', workflowType: before.type });
    if (before?.status === 'COMPLETED') refuseTakenId('client', request, before.type);
    if (before !== undefined && !joins) notes = await notesOf(client, before, request);
    // What runs already may run on a task queue of its own.
    if (!joins) await requireWorker(client, taskQueue);
    const { jobId, runId, result } = await startAndAwaitJob(client, input, request, { taskQueue, before });
    const started = { workflowId, runId, jobId, notes, result: () => exportResult(client, workflowId, runId) };
    if (result !== undefined && (await isOfEarlierRun(client, started, result))) {
      return { ...started, how: 'alreadySucceeded' };
    }
    if (!joins) return { ...started, how: 'started' };
    const joined = await stillJoined(client, before, runId);
    if (joined === true) return { ...started, how: 'joined' };
    // It has started: what cannot be read for a moment is no reason to say that it has not.
    return { ...started, how: 'started', notes: await throughOutages(() => notesOf(client, joined, request)) };
  } catch (error) {
    // Another caller was quicker to end it.
    if (error instanceof WorkflowExecutionAlreadyStartedError && startsLeft > 1) {
      return await begin(client, input, { taskQueue }, startsLeft - 1);
    }
    throw withNotes(toExportError(error, workflowId), notes);
  }
}

function workflowIdOf(input: ExportImageInput): string {
  const { bucketUrl } = (input ?? {}) as { bucketUrl?: unknown };
  return exportWorkflowId(String(bucketUrl));
}

/** True, or the export that was found running, which ended before it could be joined: this call has begun another one. */
async function stillJoined(
  client: Client,
  before: DescribedRun,
  runId: string,
): Promise<true | (ClosedRun & { workflowId: string })> {
  if (runId === before.runId) return true;
  const { workflowId, firstRunId } = before;
  const answered = await throughOutages(() => shortCall(client, () => describeRun(client, workflowId, runId)));
  // The same export may have gone on in a new run.
  if (answered.firstRunId === firstRunId) return true;
  return (await throughOutages(() => findRun<ExportMemo>(client, workflowId, before.runId))) ?? before;
}

/** A run ends after its own start: a result that is older is that of an earlier success, which the run has answered with. */
async function isOfEarlierRun(
  client: Client,
  { workflowId, runId }: Pick<StartedExport, 'workflowId' | 'runId'>,
  { finishedAt }: ExportImageResult,
): Promise<boolean> {
  const run = await throughOutages(() => shortCall(client, () => describeRun(client, workflowId, runId)));
  return Date.parse(finishedAt) < run.startTime.getTime();
}

const UNDECODABLE_BEFORE =
  'An earlier run to this destination cannot be decoded here. It may have left a job in the cloud. Read it with the data converter of its starter: `--data-converter MODULE`.';

/** What runs before this one have left in the cloud. */
async function notesOf(
  client: Client,
  before: ClosedRun & { workflowId: string },
  request: ExportRequest,
): Promise<string[]> {
  if (before.unreadable) return [UNDECODABLE_BEFORE];
  const own = earlierRun(before);
  const told = toldOf(before, own);
  const older = told?.jobId === own?.earlier.jobId ? null : told;
  const found = [own, older && { earlier: older, imageId: await imageOf(client, before.workflowId, older.runId) }];
  return found.flatMap((run) => {
    if (run === null) return [];
    const { earlier, imageId } = run;
    const answer = decide('client', wantedBy(request), { state: 'ended', leftJob: leftJob(earlier) });
    if (answer !== 'startWithNote') return [];
    // A caller that attaches to that job has had that advice.
    const isNamed = request.attach?.jobId === earlier.jobId;
    const { bucketUrl } = request;
    return [describeEarlier(earlier, imageId === null || isNamed ? null : { imageId, bucketUrl })];
  });
}

/** Of a run that may be long gone. */
async function imageOf(client: Client, workflowId: string, runId: string): Promise<string | null> {
  const run = await findRun<ExportMemo>(client, workflowId, runId);
  return run?.memo.imageId ?? null;
}

/** A failure is better understood with what an earlier run left behind. One that says that nothing was submitted has said that. */
function withNotes(error: unknown, notes: string[]): unknown {
  if (!(error instanceof ExportError) || notes.length === 0 || saysNothingSubmitted(error.code)) return error;
  return new ExportError(error.code, [error.message, ...notes].join(' '), error.details, { cause: error.cause });
}
