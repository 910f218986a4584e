/**
 * Whether a run was as it should be: every verdict is held against the simulator's own record.
 *
 * @module
 */
import type { BatchVerdict } from '../../../src/contract';
import type { JobSummary } from '../../../src/testing';
import { historyFileOf } from './histories';
import type { ChaosRecord, ExportRecord, RunRecord, Verdict } from './record';

/** The counts of a run that must be 0, each with what it counts as sentences. */
export type Findings = { [count in (typeof COUNTS)[number]]: string[] };
export const COUNTS = [
  'jobs started twice',
  'verdicts wrong',
  'stuck',
  'failed workflow tasks',
  'secrets found',
] as const;

export function findingsOf(record: ChaosRecord): Findings {
  return {
    'jobs started twice': record.exports.flatMap((of) => startedTwice(record, of)),
    'verdicts wrong': [...record.exports.flatMap((of) => wrongVerdict(record, of)), ...wrongItems(record)],
    stuck: stuck(record),
    'failed workflow tasks': failedTasks(record),
    'secrets found': record.secretsFound.map(({ what, where }) => `${what} is in ${where}`),
  };
}

/** Everything that is wrong, as sentences; none when all is well. */
export function judge(record: ChaosRecord): string[] {
  return [
    ...Object.entries(findingsOf(record)).flatMap(([count, found]) => found.map((what) => `${count}: ${what}`)),
    ...nothingSearched(record),
  ];
}

/** A search that has nothing to look for finds nothing. */
function nothingSearched({ searched }: ChaosRecord): string[] {
  return searched.secrets > 1 && searched.texts > 1 ? [] : ['no secret was searched for'];
}

// ---------------------------------------------------------------------------------------------------------------------
// Two jobs of one intent

/**
 * A job that began although an earlier one of the same export ran, or had written its object. After one that has failed a
 * further one is right: a probe for a submit whose answer was lost, or another start.
 */
function startedTwice(record: ChaosRecord, of: ExportRecord): string[] {
  return jobsOf(record, of).flatMap((job, index, jobs) => {
    const before = jobs.slice(0, index).find((earlier) => {
      const isOver = earlier.status === 'FAIL' && Date.parse(earlier.endTime ?? '') <= Date.parse(job.beginTime);
      return !isOver && !startedAnewBetween(record, of, earlier, job);
    });
    return before === undefined
      ? []
      : [
          `${of.name} (${of.workflowId}): job ${job.jobId} began at ${job.beginTime}, after ${before.jobId} (${before.status}) at ${before.beginTime}`,
        ];
  });
}

/** A start after the end of the earlier one, as a person may ask for. */
function startedAnewBetween({ runs }: ChaosRecord, of: ExportRecord, one: JobSummary, other: JobSummary): boolean {
  const anew = runs.filter(({ workflowId, runId, firstRunId }) => workflowId === of.workflowId && runId === firstRunId);
  return anew.some(
    ({ startedAtMs }) => startedAtMs > Date.parse(one.beginTime) && startedAtMs <= Date.parse(other.beginTime),
  );
}

/** Those of this export's image to its object, the first one first. */
function jobsOf({ jobs }: ChaosRecord, { imageId, bucketUrl }: ExportRecord): JobSummary[] {
  return jobs
    .filter((job) => job.imageId === imageId && job.bucketUrl === bucketUrl)
    .sort((one, other) => Date.parse(one.beginTime) - Date.parse(other.beginTime));
}

// ---------------------------------------------------------------------------------------------------------------------
// Verdicts

function wrongVerdict(record: ChaosRecord, of: ExportRecord): string[] {
  const problems = [
    ...ofVerdict(record, of),
    ...ofMemo(record, of),
    ...ofToldJobs(record, of),
    ...ofParent(record, of),
  ];
  return problems.map((problem) => `${of.name} (${of.workflowId}): ${problem}`);
}

function ofVerdict(record: ChaosRecord, of: ExportRecord): string[] {
  const { verdict } = of;
  if (of.kind === 'refused' && verdict.kind !== 'open') return ofRefused(record, of);
  switch (verdict.kind) {
    case 'succeeded':
      return ofSuccess(record, of, verdict);
    case 'failed':
      return ofFailure(record, of, verdict);
    case 'unknown':
      return ofUnknown(record, of, verdict);
    case 'canceled':
      return runsOf(record, of).some(({ cancelRequested }) => cancelRequested)
        ? []
        : ['canceled, although nobody asked for it'];
    case 'broken':
      return [`it ended with something else: ${verdict.message}`];
    case 'open':
      return [];
  }
}

function ofRefused(record: ChaosRecord, of: ExportRecord): string[] {
  const { verdict } = of;
  const isRefused =
    verdict.kind === 'failed' && (verdict.type === 'ExportNotAllowed' || isExcused(record, of, verdict));
  const isCanceled = verdict.kind === 'canceled' || verdict.kind === 'unknown';
  const problems = isRefused || isCanceled ? [] : [`an image that may not be exported: ${verdict.kind}`];
  return [...problems, ...jobsOf(record, of).map(({ jobId }) => `an image that may not be exported has job ${jobId}`)];
}

function ofSuccess(
  record: ChaosRecord,
  of: ExportRecord,
  { result }: Extract<Verdict, { kind: 'succeeded' }>,
): string[] {
  const problems: string[] = [];
  const jobs = jobsOf(record, of);
  const job = jobs.find(({ jobId }) => jobId === result.jobId);
  if (result.confirmed && job?.status !== 'SUCCESS')
    problems.push(`succeeded by job ${result.jobId}, which is ${job?.status ?? 'none of its jobs'}`);
  if (!result.confirmed && !of.mayBeUnconfirmed)
    problems.push('succeeded unconfirmed, although acceptUnconfirmed is not set');
  if (!jobs.some(({ status }) => status === 'SUCCESS')) problems.push('succeeded, but none of its jobs has');
  const stored = objectOf(record, of);
  if (stored === undefined) problems.push('succeeded, but there is no object');
  else if (
    result.object !== null &&
    (stored.etag.replaceAll('"', '') !== result.object.etag.replaceAll('"', '') || stored.size !== result.object.size)
  )
    problems.push(
      `its object has ETag ${result.object.etag} and ${result.object.size} bytes, that of the cloud ${stored.etag} and ${stored.size}`,
    );
  if (result.verification.state === 'skipped' && !wasRevoked(record, of))
    problems.push(`its object was not verified: ${result.verification.reason}`);
  return problems;
}

function objectOf({ objects }: ChaosRecord, { bucketUrl }: ExportRecord) {
  return objects.find(({ bucket, key }) => `${bucket}:${key}` === bucketUrl);
}

function ofFailure(record: ChaosRecord, of: ExportRecord, verdict: Extract<Verdict, { kind: 'failed' }>): string[] {
  const { type, message, details } = verdict;
  if (type === 'ExportFailed') {
    const job = jobsOf(record, of).find(({ jobId }) => jobId === details.jobId);
    return job?.status === 'FAIL'
      ? []
      : [`ExportFailed, but job ${details.jobId} is ${job?.status ?? 'none of its jobs'}`];
  }
  if (!SAYS_NOTHING_SUBMITTED.has(type)) return [`${type}, which nothing here calls for: ${message}`];
  const began = jobsOfLastChain(record, of);
  if (began.length > 0 && of.kind !== 'attach')
    return began.map(({ jobId, status }) => `${type}, but job ${jobId} was begun (${status})`);
  return isExcused(record, of, verdict) ? [] : [`${type}, which nothing here calls for: ${message}`];
}

const SAYS_NOTHING_SUBMITTED: ReadonlySet<string> = new Set(['SubmitRejected', 'AccessDenied', 'DestinationExists']);

/** What the network, the credentials and the deadline did is the reason. */
function isExcused(record: ChaosRecord, of: ExportRecord, { type }: Extract<Verdict, { kind: 'failed' }>): boolean {
  switch (type) {
    case 'AccessDenied':
      // A plan revokes for seconds only: not until a refusal could be seen again a minute later.
      return (wasRevoked(record, of) && deadlineHasPassed(of)) || refusedByOthers(record, of) > 1;
    case 'SubmitRejected':
      return wasRevoked(record, of) || deadlineHasPassed(of);
    case 'DestinationExists':
      // Of an earlier start of the same.
      return jobsOf(record, of).length > jobsOfLastChain(record, of).length;
    default:
      return false;
  }
}

/** A key that was refused rests for five minutes, and what needs it waits for a further moment. */
const KEY_RESTS_MS = 330_000;

/** While it went on, keys were refused, or rested for it. */
function wasRevoked({ done }: ChaosRecord, { startedAtMs, endedAtMs }: ExportRecord): boolean {
  return done.some(
    ({ action, fromMs, untilMs }) =>
      action.do === 'revoke' &&
      fromMs <= (endedAtMs ?? Number.POSITIVE_INFINITY) &&
      untilMs + KEY_RESTS_MS >= startedAtMs,
  );
}

/** How often a read was refused by something on the way while it went on; which of them were its own cannot always be told. */
function refusedByOthers({ wrongAnswers }: ChaosRecord, { startedAtMs, endedAtMs }: ExportRecord): number {
  return wrongAnswers.filter(({ atMs, as }) => as === '401' && atMs >= startedAtMs && atMs <= (endedAtMs ?? atMs))
    .length;
}

/** The final try comes a little before it, and one that would come too late is not made. */
const BEFORE_DEADLINE_MS = 20_000;

function deadlineHasPassed({ deadlineAtMs, endedAtMs }: ExportRecord): boolean {
  return deadlineAtMs !== null && endedAtMs !== null && endedAtMs >= deadlineAtMs - BEFORE_DEADLINE_MS;
}

/** Since the last start that was no continue-as-new and no reset. */
function jobsOfLastChain(record: ChaosRecord, of: ExportRecord): JobSummary[] {
  const starts = runsOf(record, of).flatMap(({ runId, firstRunId, startedAtMs }) =>
    runId === firstRunId ? [startedAtMs] : [],
  );
  const lastMs = Math.max(0, ...starts);
  return jobsOf(record, of).filter(({ beginTime }) => Date.parse(beginTime) >= lastMs);
}

function runsOf({ runs }: ChaosRecord, { workflowId }: ExportRecord): RunRecord[] {
  return runs.filter((run) => run.workflowId === workflowId);
}

function ofUnknown(record: ChaosRecord, of: ExportRecord, verdict: Extract<Verdict, { kind: 'unknown' }>): string[] {
  const { details, message } = verdict;
  switch (details.reason) {
    case 'deadline':
      return couldHaveKnown(record, of);
    case 'submitAmbiguous':
      return submitWasTroubled(record, of)
        ? []
        : [`unknown, although the answer to its submit was not lost: ${message}`];
    default:
      return [`unknown by ${details.reason}, which nothing here calls for: ${message}`];
  }
}

/** Time enough for a poll or two, on a machine with other things to do. */
const TIME_TO_SEE_MS = 60_000;

/** When all was well for long enough between the end of the job and the deadline, it was there to be seen. */
function couldHaveKnown(record: ChaosRecord, of: ExportRecord): string[] {
  const { deadlineAtMs } = of;
  if (deadlineAtMs === null) return ['unknown by a deadline that no status tells'];
  const job = jobsOf(record, of).at(-1);
  if (!deadlineHasPassed(of)) return [`unknown by its deadline, ${new Date(deadlineAtMs).toISOString()}, before that`];
  if (job?.endTime == null || wasRevoked(record, of)) return [];
  const sinceMs = Math.max(record.healedAtMs, Date.parse(job.endTime));
  return deadlineAtMs - sinceMs > TIME_TO_SEE_MS
    ? [`unknown by its deadline, although its job had ended (${job.status}) ${deadlineAtMs - sinceMs} ms before`]
    : [];
}

/** Around a submit: what is lost later than this is not its answer. */
const SUBMIT_SPAN_MS = { before: 15_000, after: 310_000 };

/** Its answer did not come through, what carried it was in trouble, or an earlier run may have submitted. */
function submitWasTroubled(record: ChaosRecord, of: ExportRecord): boolean {
  const wasReset = runsOf(record, of).some(({ resetAtMs }) => resetAtMs.length > 0);
  if (wasReset) return true;
  const submits = record.submits.filter(({ path }) => path === `/v1/cloudimages/${of.imageId}/file`);
  // What was lost before it got to the network.
  if (submits.length === 0)
    return (
      record.done.some(({ action }) => action.do === 'loseSubmit' || action.do === 'cut') || record.faults.length > 0
    );
  return submits.some(({ atMs, answeredAtMs }) => {
    if (answeredAtMs === null) return true;
    const isAt = (fromMs: number, untilMs: number) =>
      fromMs <= answeredAtMs + SUBMIT_SPAN_MS.after && untilMs >= atMs - SUBMIT_SPAN_MS.before;
    return (
      record.faults.some((fault) => isAt(fault.atMs, fault.untilMs)) ||
      record.done.some(({ action, fromMs, untilMs }) => AROUND_A_SUBMIT.has(action.do) && isAt(fromMs, untilMs))
    );
  });
}

const AROUND_A_SUBMIT: ReadonlySet<string> = new Set(['cut', 'slow', 'halfOpen', 'loseSubmit']);

/** What can be read of it when there is no result. */
function ofMemo(record: ChaosRecord, of: ExportRecord): string[] {
  const { memo, verdict, endedAtMs } = of;
  if (verdict.kind === 'open' || verdict.kind === 'broken') return [];
  const problems: string[] = [];
  if (memo.outcome !== verdict.kind) problems.push(`${verdict.kind}, and its memo says ${memo.outcome}`);
  const jobs = jobsOf(record, of);
  const job = jobs.find(({ jobId }) => jobId === memo.jobId);
  if (memo.jobId !== undefined && job === undefined)
    problems.push(`its memo names job ${memo.jobId}, which is none of its jobs`);
  const says = `its memo says of the job: ${memo.remoteJob}`;
  if (memo.remoteJob === 'none' && of.kind !== 'attach' && jobsOfLastChain(record, of).length > 0)
    problems.push(`${says}, but there is ${jobs.at(-1)?.jobId}`);
  if (memo.remoteJob === 'running' && job === undefined) problems.push(`${says}, but there is none`);
  if (memo.remoteJob === 'ended' && !(Date.parse(job?.endTime ?? '') <= (endedAtMs ?? 0) + CLOCK_STEP_MS))
    problems.push(`${says}, but it has not (${job?.status} until ${job?.endTime})`);
  if (memo.object === 'discarded' && objectOf(record, of) !== undefined)
    problems.push('its memo says that the object was deleted, but it is there');
  return problems;
}

const CLOCK_STEP_MS = 1;

/** What callers were told while it went on. */
function ofToldJobs(record: ChaosRecord, of: ExportRecord): string[] {
  const known = new Set(jobsOf(record, of).map(({ jobId }) => jobId));
  return of.toldJobs
    .filter((jobId) => !known.has(jobId))
    .map((jobId) => `a caller was told of job ${jobId}, which is none of its jobs`);
}

/** A parent is told what its child ended with; of a child that was reset, that its tracking has ended. */
function ofParent(record: ChaosRecord, of: ExportRecord): string[] {
  const { parent, verdict } = of;
  if (parent === null || parent.kind === 'open' || verdict.kind === 'open') return [];
  const wasReset = runsOf(record, of).some(({ resetAtMs }) => resetAtMs.length > 0);
  if (wasReset && parent.kind === 'unknown' && parent.details.reason === 'trackingEnded') return [];
  const isSame = describeVerdict(parent) === describeVerdict(verdict);
  return isSame ? [] : [`its parent was told: ${describeVerdict(parent)}; it is: ${describeVerdict(verdict)}`];
}

export function describeVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'succeeded':
      return `succeeded by job ${verdict.result.jobId}`;
    case 'failed':
      return verdict.type;
    case 'unknown':
      return `unknown (${verdict.details.reason})`;
    default:
      return verdict.kind;
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The batch

function wrongItems({ batch, exports }: ChaosRecord): string[] {
  const ofBatch = exports.filter(({ kind }) => kind === 'batch');
  const { items } = batch;
  if (items === null) return [];
  const problems =
    items.length === ofBatch.length ? [] : [`the batch gives ${items.length} verdicts on ${ofBatch.length} images`];
  for (const { imageId, verdict, jobId } of items) {
    const of = ofBatch.find((candidate) => candidate.imageId === imageId);
    const expected = of && verdictOfItem(of.verdict);
    if (of === undefined || verdict !== expected)
      problems.push(`the batch says of ${imageId}: ${verdict}; its export: ${expected}`);
    else if (of.memo.jobId !== undefined && jobId !== of.memo.jobId)
      problems.push(`the batch names job ${jobId} of ${imageId}; its export ${of.memo.jobId}`);
  }
  return problems;
}

function verdictOfItem(verdict: Verdict): BatchVerdict | undefined {
  switch (verdict.kind) {
    case 'succeeded':
    case 'unknown':
    case 'canceled':
      return verdict.kind;
    case 'failed':
      return verdict.type === 'ExportFailed' ? 'failed' : 'refused';
    default:
      return undefined;
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// What never ends, and what fails

function stuck({ exports, batch }: ChaosRecord): string[] {
  return [
    ...exports.flatMap(({ name, workflowId, verdict, parent }) => [
      ...(verdict.kind === 'open' ? [`${name} (${workflowId}): ${verdict.seen}`] : []),
      ...(parent?.kind === 'open' ? [`the parent of ${name}: ${parent.seen}`] : []),
    ]),
    ...(batch.items === null ? [`the batch (${batch.workflowId}): ${batch.seen}`] : []),
  ];
}

function failedTasks({ runs }: ChaosRecord): string[] {
  return runs.flatMap((run) =>
    run.failedTasks.map(
      ({ eventId, cause, message }) =>
        `${run.workflowId}, event ${eventId} of ${historyFileOf(run)}: cause ${cause}, ${message}`,
    ),
  );
}
