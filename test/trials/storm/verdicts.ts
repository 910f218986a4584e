/**
 * Whether the verdict agrees with the simulator's own record.
 *
 * @module
 */
import {
  attemptsOfLastRun,
  fateOf,
  ourJobs,
  outageMs,
  postsByAttempt,
  sawDestinationFree,
  seenAt,
  standings,
} from './evidence';
import { couldHaveKnown } from './observer';
import type { Job, Read, Record, Verdict } from './record';

/** What of the verdict is not so. */
export function verdictAgrees(record: Record): string[] {
  const { verdict } = record;
  return [...ofVerdict(record, verdict), ...ofMemo(record, verdict), ...ofCancel(record, verdict)];
}

function ofVerdict(record: Record, verdict: Verdict): string[] {
  switch (verdict.kind) {
    case 'succeeded':
      return verdict.result.confirmed ? ofConfirmed(record, verdict) : ofUnconfirmed(record, verdict);
    case 'failed':
      return ofFailed(record, verdict);
    case 'unknown': {
      const told = couldHaveKnown(record);
      return told === null ? [] : [`unknown, although ${told} (${verdict.message})`];
    }
    case 'canceled':
      return record.cancel === null ? ['canceled, although nobody asked for it'] : [];
    case 'broken':
      return [`the workflow ended with something else: ${verdict.message}`];
  }
}

/** The job ended with SUCCESS. It is ours, or one of our image that a person named: no query tells it from ours. */
function ofConfirmed(record: Record, { result }: Extract<Verdict, { kind: 'succeeded' }>): string[] {
  const job = jobNamed(record, result.jobId);
  const broken: string[] = [];
  if (job?.status !== 'SUCCESS')
    broken.push(`confirmed, but job ${result.jobId} is ${job?.status ?? 'none of this image'}`);
  if (job !== undefined && !job.ours && !namedByAPerson(record, job))
    broken.push('confirmed by a job that is not ours');
  const told = result.warnings.some((warning) => warning.startsWith('The answer to an earlier submit was lost'));
  const byPerson = job !== undefined && namedByAPerson(record, job);
  const warned = result.warnings.some((warning) => warning.startsWith(`Job ${result.jobId} was named by resolveSub`));
  if (byPerson && !warned && !acceptedAsAnswer(record, job))
    broken.push('no warning that the job of a person may export to another object');
  if (result.submissions > 1 && !told && !byPerson) broken.push('no warning of the submit before this one');
  return broken;
}

/**
 * Without a job, the object at rest is taken as ours, if that is allowed. Right when one of our jobs wrote it. Somebody
 * else's new object with the first bytes of our format cannot be told from it by anything that OBS answers.
 */
function ofUnconfirmed(record: Record, { result }: Extract<Verdict, { kind: 'succeeded' }>): string[] {
  const broken: string[] = [];
  if (record.plan.options.acceptUnconfirmed !== true) broken.push('unconfirmed, although acceptUnconfirmed is not set');
  const looksRight = standings(record).some(({ fits, fromMs }) => fits && fromMs <= record.endedAtMs);
  if (!looksRight) broken.push('unconfirmed, but no object that looks like ours was there');
  if (!sawDestinationFree(record)) broken.push('unconfirmed, but nobody saw the destination free before');
  if (result.jobId !== null) broken.push('unconfirmed, and yet with a job');
  return broken;
}

function ofFailed(record: Record, { type, details }: Extract<Verdict, { kind: 'failed' }>): string[] {
  const job = jobNamed(record, details.jobId ?? null);
  switch (type) {
    case 'ExportFailed':
      return job?.status === 'FAIL' ? [] : [`ExportFailed, but job ${details.jobId} is ${job?.status}`];
    case 'ExportedObjectInvalid':
      return ofInvalidObject(record, job);
    default:
      // A refusal says that nothing was submitted, in no run.
      return [
        ...ourJobs(record).map(({ jobId, status }) => `${type}, but job ${jobId} of ours was begun (${status})`),
        ...(submittedMaybe(record) ? [`${type}, although a submit may have been executed`] : []),
        ...(isCalledFor(record, type) ? [] : [`${type}, although nothing that was answered calls for it`]),
      ];
  }
}

/** By what the cloud really answered, more than once where it may pass, or by the time that is over. */
function isCalledFor(record: Record, type: string): boolean {
  const { posts, heads, reads } = record;
  const refusedWith = (kind: string) => posts.filter(({ trouble }) => trouble?.kind === kind).length;
  switch (type) {
    case 'DestinationExists':
      return seenAt(record).length > 0 || posts.some(({ note }) => note.includes('IMG.0070'));
    case 'AccessDenied':
      return refusedWith('401') > 1 || refusedWith('403') > 0 || [...heads, ...reads].some(isForbidden);
    case 'SubmitRejected':
      return posts.some(({ httpStatus }) => httpStatus !== null && httpStatus >= 400) || timeToSubmitIsOver(record);
    default:
      // Every plan asks for what may be exported.
      return false;
  }
}

function isForbidden({ httpStatus }: Read): boolean {
  return httpStatus === 403;
}

function timeToSubmitIsOver({ plan, deadlineFromMs, endedAtMs }: Record): boolean {
  const { deadline, submitBudget } = plan.options;
  const limitMs = Math.min(Number(deadline), Number(submitBudget ?? Number.POSITIVE_INFINITY));
  // A try that would come too late is not waited for.
  return endedAtMs >= deadlineFromMs + limitMs - 1_500;
}

/** The job succeeded, and yet its object was taken away or replaced, or it wrote another one. */
function ofInvalidObject(record: Record, job: Job | undefined): string[] {
  if (job?.status !== 'SUCCESS') return [`ExportedObjectInvalid, but the job is ${job?.status}`];
  const ours = standings(record).find(({ jobId }) => jobId === job.jobId);
  const stoodToTheEnd = ours !== undefined && (ours.untilMs === null || ours.untilMs > record.endedAtMs);
  return stoodToTheEnd ? ['ExportedObjectInvalid, but the object of the job was there all the time'] : [];
}

/** What a canceled, failed or reset export leaves behind to be read. */
function ofMemo(record: Record, verdict: Verdict): string[] {
  const { memo, status } = record;
  const broken: string[] = [];
  if (verdict.kind !== 'broken' && memo.outcome !== verdict.kind) broken.push(`the memo says ${memo.outcome}`);
  if (memo.remoteJob !== status.remoteJob) broken.push(`remoteJob is ${memo.remoteJob} and ${status.remoteJob}`);
  const job = jobNamed(record, memo.jobId ?? null);
  const wrong = `the memo says of the remote job: ${memo.remoteJob}`;
  switch (memo.remoteJob) {
    case 'none':
      if (ourJobs(record).length > 0) broken.push(`${wrong}, but there is one`);
      if (submittedMaybe(record)) broken.push(`${wrong}, but a submit may have been executed`);
      break;
    case 'running':
      if (job === undefined) broken.push(`${wrong}, but job ${memo.jobId} is none of this image`);
      break;
    case 'ended':
      if (job === undefined || job.endMs === null || job.endMs > record.endedAtMs)
        broken.push(`${wrong}, but it has not`);
      break;
    case 'unknown':
      if (!submittedMaybe(record) && memo.jobId === undefined) broken.push(`${wrong}, but surely there is none`);
      break;
    default:
      broken.push(wrong);
  }
  return broken;
}

/** A cancel that came in time is obeyed. */
function ofCancel(record: Record, verdict: Verdict): string[] {
  const { cancel, endedAtMs, restartsAtMs } = record;
  if (cancel === null || verdict.kind === 'canceled' || restartsAtMs.length > 0) return [];
  const { requestedAtMs } = cancel;
  const leadMs = endedAtMs - requestedAtMs - outageMs(record, requestedAtMs, endedAtMs);
  return leadMs > OBEYED_WITHIN_MS ? [`${verdict.kind} ${leadMs} ms after a cancel`] : [];
}

/** A workflow task that is under way when the cancel comes may end the workflow all the same. */
const OBEYED_WITHIN_MS = 1_000;

/** By all that the runs could see, some submit was executed or may have been. */
function submittedMaybe(record: Record): boolean {
  const owned = postsByAttempt(record);
  return (
    attemptsOfLastRun(record).some(
      (attempt) => (attempt.end === 'ambiguous' && !attempt.sent) || fateOf(attempt, owned.get(attempt)?.[0]) !== 'no',
    ) || record.restartsAtMs.length > 0
  );
}

function jobNamed({ jobs }: Record, jobId: string | null): Job | undefined {
  return jobs.find((job) => job.jobId === jobId);
}

/** It is known to be ours, by the answer to a POST. */
function acceptedAsAnswer(record: Record, { jobId }: Job): boolean {
  const owned = postsByAttempt(record);
  return attemptsOfLastRun(record).some(
    (attempt) => attempt.end === 'accepted' && owned.get(attempt)?.some((post) => post.jobId === jobId),
  );
}

function namedByAPerson({ answers }: Record, { jobId }: Job): boolean {
  return answers.some((answer) => answer.jobId === jobId && answer.refusal === null);
}
