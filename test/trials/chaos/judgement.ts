/**
 * Whether a run was as it should be: every verdict is held against the simulator's own record.
 *
 * @module
 */
import type { BatchVerdict } from '../../../src/contract';
import type { JobSummary } from '../../../src/testing';
import { historyFileOf } from './histories';
import { SHORT_MINUTES } from './plan';
import type { ChaosRecord, ExportRecord, RunRecord, Verdict } from './record';
import {
  activitiesOf,
  carrierOf,
  isRefusal,
  longestQuietMs,
  ofKeys,
  ofNetwork,
  ofProcesses,
  overlaps,
  requestsFor,
  submitsFor,
  type Trouble,
  troublesOf,
} from './troubles';

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
    ...tooFewSuccesses(record),
  ];
}

/** Verdicts other than what the export was due, for which something that was done to it is the reason. One sentence each. */
export function excusesOf(record: ChaosRecord): string[] {
  return record.exports.flatMap((of) =>
    ofVerdict(record, of).flatMap(({ isExcused, what }) => (isExcused ? [`${of.name}: ${what}`] : [])),
  );
}

/** A run of seconds is nearly all trouble. */
const shareDue = ({ minutes }: ChaosRecord['plan']) => (minutes < SHORT_MINUTES ? 1 / 4 : 1 / 3);

/** Where nearly nothing succeeds, the verdicts say nothing. */
function tooFewSuccesses({ exports, runs, done, plan }: ChaosRecord): string[] {
  const due = exports.filter(
    ({ kind, workflowId }) =>
      kind !== 'refused' &&
      !runs.some((run) => run.workflowId === workflowId && run.cancelRequested) &&
      !done.some(({ action, workflowId: to }) => action.do === 'failJob' && to === workflowId),
  );
  const succeeded = due.filter(({ verdict }) => verdict.kind === 'succeeded').length;
  return succeeded >= shareDue(plan) * due.length
    ? []
    : [`only ${succeeded} of ${due.length} exports succeeded that nobody canceled or made to fail`];
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

/**
 * Another start, as a person may ask for when the export before has ended without its object. After a success no job may begin,
 * and none while the export of the earlier one goes on.
 */
function startedAnewBetween({ runs }: ChaosRecord, of: ExportRecord, one: JobSummary, other: JobSummary): boolean {
  const ofExport = runs.filter(({ workflowId }) => workflowId === of.workflowId);
  return ofExport.some(({ runId, firstRunId, startedAtMs }) => {
    if (runId !== firstRunId) return false;
    if (startedAtMs <= Date.parse(one.beginTime) || startedAtMs > Date.parse(other.beginTime)) return false;
    const before = ofExport
      .filter((run) => run.startedAtMs < startedAtMs)
      .sort((left, right) => left.startedAtMs - right.startedAtMs)
      .at(-1);
    return before?.closedAs === 'failed' || before?.closedAs === 'canceled';
  });
}

/** Those of this export's image to its object, the first one first. */
function jobsOf({ jobs }: ChaosRecord, { imageId, bucketUrl }: ExportRecord): JobSummary[] {
  return jobs
    .filter((job) => job.imageId === imageId && job.bucketUrl === bucketUrl)
    .sort((one, other) => Date.parse(one.beginTime) - Date.parse(other.beginTime));
}

// ---------------------------------------------------------------------------------------------------------------------
// Verdicts

/** Something that is not as the export was due: wrong, or with a reason. */
interface Finding {
  isExcused: boolean;
  what: string;
}

const wrong = (what: string): Finding[] => [{ isExcused: false, what }];
const excused = (what: string): Finding[] => [{ isExcused: true, what }];

function wrongVerdict(record: ChaosRecord, of: ExportRecord): string[] {
  const problems = [
    ...ofVerdict(record, of).flatMap(({ isExcused, what }) => (isExcused ? [] : [what])),
    ...ofMemo(record, of),
    ...ofToldJobs(record, of),
    ...ofParent(record, of),
  ];
  return problems.map((problem) => `${of.name} (${of.workflowId}): ${problem}`);
}

function ofVerdict(record: ChaosRecord, of: ExportRecord): Finding[] {
  const { verdict, kind } = of;
  const refused = kind === 'refused' ? ofRefused(record, of) : [];
  switch (verdict.kind) {
    case 'succeeded':
      return [...refused, ...ofSuccess(record, of, verdict)];
    case 'failed':
      return [...refused, ...ofFailure(record, of, verdict)];
    case 'unknown':
      return [...refused, ...ofUnknown(record, of, verdict)];
    case 'canceled':
      return [...refused, ...(wasCanceled(record, of) ? [] : wrong('canceled, although nobody asked for it'))];
    case 'broken':
      return wrong(`it ended with something else: ${verdict.message}`);
    case 'open':
      return [];
  }
}

function ofRefused(record: ChaosRecord, of: ExportRecord): Finding[] {
  const { verdict } = of;
  return [
    ...(verdict.kind === 'succeeded' ? wrong('an image that may not be exported: succeeded') : []),
    ...jobsOf(record, of).flatMap(({ jobId }) => wrong(`an image that may not be exported has job ${jobId}`)),
  ];
}

function wasCanceled(record: ChaosRecord, of: ExportRecord): boolean {
  return runsOf(record, of).some(({ cancelRequested }) => cancelRequested);
}

function ofSuccess(
  record: ChaosRecord,
  of: ExportRecord,
  { result }: Extract<Verdict, { kind: 'succeeded' }>,
): Finding[] {
  const findings: Finding[] = [];
  const jobs = jobsOf(record, of);
  const job = jobs.find(({ jobId }) => jobId === result.jobId);
  if (result.confirmed && job?.status !== 'SUCCESS')
    findings.push(...wrong(`succeeded by job ${result.jobId}, which is ${job?.status ?? 'none of its jobs'}`));
  if (!result.confirmed)
    findings.push(
      ...(of.mayBeUnconfirmed
        ? ofLostSubmit(record, of, 'succeeded, unconfirmed')
        : wrong('succeeded unconfirmed, although acceptUnconfirmed is not set')),
    );
  if (!jobs.some(({ status }) => status === 'SUCCESS')) findings.push(...wrong('succeeded, but none of its jobs has'));
  const stored = objectOf(record, of);
  if (stored === undefined) findings.push(...wrong('succeeded, but there is no object'));
  else if (
    result.object !== null &&
    (stored.etag.replaceAll('"', '') !== result.object.etag.replaceAll('"', '') || stored.size !== result.object.size)
  )
    findings.push(
      ...wrong(
        `its object has ETag ${result.object.etag} and ${result.object.size} bytes, that of the cloud ${stored.etag} and ${stored.size}`,
      ),
    );
  if (result.verification.state === 'skipped')
    findings.push(
      ...(troubleOfVerifying(record, of) === undefined
        ? wrong(`its object was not verified: ${result.verification.reason}`)
        : excused('not verified, while its keys were refused')),
    );
  return findings;
}

/** Refused keys are the only reason. */
function troubleOfVerifying(record: ChaosRecord, of: ExportRecord): Trouble | undefined {
  const keys = ofKeys(record, of);
  return activitiesOf(record, of, 'imsVerifyObject')
    .map(({ scheduledAtMs, endedAtMs }) => overlaps(keys, scheduledAtMs, endedAtMs ?? scheduledAtMs))
    .find((trouble) => trouble !== undefined);
}

function objectOf({ objects }: ChaosRecord, { bucketUrl }: ExportRecord) {
  return objects.find(({ bucket, key }) => `${bucket}:${key}` === bucketUrl);
}

function ofFailure(record: ChaosRecord, of: ExportRecord, verdict: Extract<Verdict, { kind: 'failed' }>): Finding[] {
  const { type, message, details } = verdict;
  if (type === 'ExportNotAllowed' && of.kind === 'refused') return [];
  if (type === 'ExportFailed') {
    const job = jobsOf(record, of).find(({ jobId }) => jobId === details.jobId);
    return job?.status === 'FAIL'
      ? []
      : wrong(`ExportFailed, but job ${details.jobId} is ${job?.status ?? 'none of its jobs'}`);
  }
  if (!SAYS_NOTHING_SUBMITTED.has(type)) return wrong(`${type}, which nothing here calls for: ${message}`);
  const began = jobsOfLastChain(record, of);
  if (began.length > 0 && of.kind !== 'attach')
    return began.flatMap(({ jobId, status }) => wrong(`${type}, but job ${jobId} was begun (${status})`));
  const reason = reasonOf(record, of, type);
  return reason === null ? wrong(`${type}, which nothing here calls for: ${message}`) : excused(`${type}, ${reason}`);
}

const SAYS_NOTHING_SUBMITTED: ReadonlySet<string> = new Set(['SubmitRejected', 'AccessDenied', 'DestinationExists']);

/** A refusal of credentials counts after it was seen again about a minute later. */
const REFUSED_AGAIN_MS = 45_000;
const AT_ITS_END_MS = 30_000;
/** Time enough to submit, or for a poll or two, on a machine with other things to do. */
const quietMsOf = ({ minutes }: ChaosRecord['plan']) => (minutes < SHORT_MINUTES ? 8_000 : 60_000);

/** What was done to it that it may end so; null when there is nothing. */
function reasonOf(record: ChaosRecord, of: ExportRecord, type: string): string | null {
  switch (type) {
    case 'AccessDenied': {
      const refusals = refusalsAtMs(record, of);
      const last = refusals.at(-1) ?? 0;
      const isAtItsEnd = decidedAtMs(record, of) - last <= AT_ITS_END_MS;
      const isSeenAgain = isAtItsEnd && last - (refusals[0] ?? 0) >= REFUSED_AGAIN_MS;
      if (isSeenAgain) return 'its keys were refused, and again a minute later';
      return refusals.length > 0 && deadlineHasPassed(of) ? 'its keys were refused until its deadline' : null;
    }
    case 'SubmitRejected': {
      if (!deadlineHasPassed(of)) return null;
      const quietMs = longestQuietMs(troublesOf(record, of), startOfLastChainMs(record, of), of.endedAtMs ?? 0);
      return quietMs < quietMsOf(record.plan) ? 'troubled until its deadline' : null;
    }
    case 'DestinationExists':
      return objectOfEarlierChain(record, of) ? 'the object of an earlier start' : null;
    default:
      return null;
  }
}

/** When the activity ended that its verdict is of. Its workflow may have had no worker for a while then. */
function decidedAtMs(record: ChaosRecord, of: ExportRecord): number {
  const activities = ['imsValidateExport', 'imsSubmitExport'].flatMap((type) => activitiesOf(record, of, type));
  return Math.max(...activities.map(({ endedAtMs }) => endedAtMs ?? 0), 0) || (of.endedAtMs ?? 0);
}

/** When requests for it were refused while it went on. */
function refusalsAtMs(record: ChaosRecord, of: ExportRecord): number[] {
  const { startedAtMs, endedAtMs } = of;
  return requestsFor(record, of)
    .filter(({ status }) => isRefusal(status))
    .flatMap(({ answeredAtMs }) => answeredAtMs ?? [])
    .filter((atMs) => atMs >= startedAtMs && atMs <= (endedAtMs ?? atMs))
    .sort((one, other) => one - other);
}

function objectOfEarlierChain(record: ChaosRecord, of: ExportRecord): boolean {
  const last = new Set(jobsOfLastChain(record, of).map(({ jobId }) => jobId));
  return jobsOf(record, of).some(
    ({ jobId, status, endTime }) =>
      !last.has(jobId) && status === 'SUCCESS' && Date.parse(endTime ?? '') <= (of.endedAtMs ?? 0),
  );
}

/** The final try comes a little before it, and one that would come too late is not made. */
const BEFORE_DEADLINE_MS = 20_000;

function deadlineHasPassed({ deadlineAtMs, endedAtMs }: ExportRecord): boolean {
  return deadlineAtMs !== null && endedAtMs !== null && endedAtMs >= deadlineAtMs - BEFORE_DEADLINE_MS;
}

/** The last start that was no continue-as-new and no reset. */
function startOfLastChainMs(record: ChaosRecord, of: ExportRecord): number {
  const starts = runsOf(record, of).flatMap(({ runId, firstRunId, startedAtMs }) =>
    runId === firstRunId ? [startedAtMs] : [],
  );
  return Math.max(0, ...starts);
}

function jobsOfLastChain(record: ChaosRecord, of: ExportRecord): JobSummary[] {
  const lastMs = startOfLastChainMs(record, of);
  return jobsOf(record, of).filter(({ beginTime }) => Date.parse(beginTime) >= lastMs);
}

function runsOf({ runs }: ChaosRecord, { workflowId }: ExportRecord): RunRecord[] {
  return runs.filter((run) => run.workflowId === workflowId);
}

function ofUnknown(record: ChaosRecord, of: ExportRecord, verdict: Extract<Verdict, { kind: 'unknown' }>): Finding[] {
  const { details, message } = verdict;
  switch (details.reason) {
    case 'deadline':
      return ofDeadline(record, of);
    case 'submitAmbiguous':
      return ofLostSubmit(record, of, 'unknown');
    default:
      return wrong(`unknown by ${details.reason}, which nothing here calls for: ${message}`);
  }
}

/** When all was well for long enough between the end of the job and the deadline, it was there to be seen. */
function ofDeadline(record: ChaosRecord, of: ExportRecord): Finding[] {
  const { deadlineAtMs, endedAtMs, memo } = of;
  if (deadlineAtMs === null || endedAtMs === null) return wrong('unknown by a deadline that no status tells');
  if (!deadlineHasPassed(of))
    return wrong(`unknown by its deadline, ${new Date(deadlineAtMs).toISOString()}, before that`);
  if (memo.jobId === undefined && of.kind !== 'attach') return ofLostSubmit(record, of, 'unknown at its deadline');
  const job = jobsOf(record, of).at(-1);
  const jobEndedAtMs = Date.parse(job?.endTime ?? '');
  if (!(jobEndedAtMs <= endedAtMs)) return excused('unknown at its deadline, its job had not ended');
  const quietMs = longestQuietMs(troublesOf(record, of), jobEndedAtMs, endedAtMs);
  return quietMs < quietMsOf(record.plan)
    ? excused('unknown at its deadline, troubled since its job had ended')
    : wrong(
        `unknown by its deadline, although its job had ended (${job?.status}) ${endedAtMs - jobEndedAtMs} ms before, and for ${quietMs} ms nothing was in its way`,
      );
}

/** Its answer did not come through, what carried it was in trouble, or an earlier run may have submitted. */
function ofLostSubmit(record: ChaosRecord, of: ExportRecord, verdict: string): Finding[] {
  const startMs = startOfLastChainMs(record, of);
  if (runsOf(record, of).some(({ resetAtMs }) => resetAtMs.length > 0)) return excused(`${verdict}, it was reset`);
  const isLost = submitsFor(record, of).some(({ status, atMs }) => status === null && atMs >= startMs);
  if (isLost) return excused(`${verdict}, the answer to its submit was lost`);
  const inItsWay = [
    ...ofProcesses(record, ['temporal', 'worker', 'simulator', carrierOf(of)]),
    ...ofNetwork(record).filter(({ what }) => what !== 'slow'),
  ];
  const trouble = activitiesOf(record, of, 'imsSubmitExport')
    .filter(({ outcome }) => outcome === null || outcome === 'timedOut' || outcome === 'ambiguous')
    .map(({ scheduledAtMs, endedAtMs }) => overlaps(inItsWay, scheduledAtMs, endedAtMs ?? scheduledAtMs))
    .find((found) => found !== undefined);
  return trouble === undefined
    ? wrong(`${verdict}, although the answer to its submit was not lost`)
    : excused(`${verdict}, during its submit: ${trouble.what}`);
}

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
