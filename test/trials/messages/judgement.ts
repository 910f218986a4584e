/**
 * Whether a performance was as it should be: by what was sent, what was answered, and what the histories say.
 *
 * @module
 */
import {
  EXPORT_CANCELED,
  EXPORT_ENDED,
  EXPORT_UNCONFIRMED,
  type ExportStatus,
  FAILURE_TYPES,
  NOT_VALIDATED_YET,
  NOTHING_TO_RESOLVE,
} from '../../../src/contract';
import { type HistoryEvent, stateCarriedBy, timeOf } from '../../rigs/history';
import { judgePolls } from './judgement-of-polls';
import { after, disagreements, type Model, mayTune } from './model';
import type { Record, SentMessage, StepDone } from './record';
import { describeMessage, type Message } from './script';

/** What is wrong, a sentence each; nothing when all is well. */
export function judge(record: Record): string[] {
  return [
    ...judgeTasks(record),
    ...judgeMessages(record),
    ...judgeDelivery(record),
    ...judgeStatuses(record),
    ...judgeCarriedState(record),
    ...judgePolls(record),
    ...judgeSubmissions(record),
    ...judgeVerdict(record),
  ];
}

/** UNHANDLED_COMMAND: something came while the run was closing, so the server gives the task once more. Nothing is lost. */
const UNHANDLED_COMMAND = 1;

/**
 * No task fails, and none is stuck. One may time out, as after a crash of its worker, when its second attempt completes: the
 * time-skipping server gives a task to a worker that has just stopped, and now and then leaps over one that is under way.
 */
function judgeTasks({ runs }: Record): string[] {
  return runs.flatMap(({ events }, run) =>
    events.flatMap((event, index) => {
      const { workflowTaskFailedEventAttributes: failed, workflowTaskTimedOutEventAttributes: late } = event;
      const where = `run ${run + 1}, event ${event.eventId}`;
      if (failed && failed.cause !== UNHANDLED_COMMAND)
        return [`${where}: a workflow task failed: ${failed.failure?.message ?? failed.cause}`];
      return late && !nextTaskCompletes(events.slice(index + 1)) ? [`${where}: a workflow task is stuck`] : [];
    }),
  );
}

function nextTaskCompletes(events: readonly HistoryEvent[]): boolean {
  const closed = events.find(
    (event) =>
      event.workflowTaskCompletedEventAttributes ||
      event.workflowTaskFailedEventAttributes ||
      event.workflowTaskTimedOutEventAttributes,
  );
  return closed?.workflowTaskCompletedEventAttributes != null;
}

/** Each message is answered, and as it must be at that moment. */
function judgeMessages({ steps, settings, startedAtMs, afterTheEnd, runs }: Record): string[] {
  const problems: string[] = [];
  let model: Model = { startedAtMs, paused: false, settings };
  const jobId = runs.at(-1)?.status.jobId ?? null;
  /** Steps since a person has answered: until that was followed, another answer may be refused. */
  let answeredAgo = Number.POSITIVE_INFINITY;
  for (const done of steps) {
    answeredAgo += 1;
    for (const sent of done.messages) {
      const told = `step ${done.step}, ${describeMessage(sent.message)}`;
      problems.push(...judgeAnswer(model, done, sent, jobId, answeredAgo <= 1).map((problem) => `${told}: ${problem}`));
      model = after(model, sent);
      if (sent.message.send === 'resolveSubmission' && sent.answer.kind === 'taken') answeredAgo = 0;
    }
  }
  for (const { message, answer } of afterTheEnd) {
    if (answer.kind !== 'tooLate') problems.push(`${message.send} after the end was ${answer.kind}`);
  }
  return problems;
}

function judgeAnswer(
  model: Model,
  { before, after: seen }: StepDone,
  sent: SentMessage,
  jobId: string | null,
  isAnswered: boolean,
): string[] {
  const { message, answer, argument, atMs } = sent;
  if (answer.kind === 'none') return [`it was never answered${answer.why ? `: ${answer.why}` : ''}`];
  if (answer.kind === 'tooLate') return seen.outcome === null ? ['it was too late, but the export goes on'] : [];
  if (answer.kind === 'refused' && (!answer.isTyped || answer.type === null)) return ['the refusal has no type'];
  const told = answer.kind === 'taken' ? 'taken' : (answer.type ?? '');
  if (told === EXPORT_ENDED && seen.outcome !== null) return [];
  const expected = expectedAnswers(model, { before, seen, message, argument, atMs, isAnswered });
  if (!expected.includes(told)) return [`it was ${told}; expected ${expected.join(' or ')}`];
  if (message.send === 'awaitSubmitted' && answer.kind === 'taken' && answer.value !== jobId)
    return [`it told job ${answer.value}, and the job is ${jobId}`];
  if (message.send === 'retune' && answer.kind === 'taken') {
    const { deadlineAt, options } = answer.value as { deadlineAt: string; options: unknown };
    const { settings, startedAtMs } = after(model, sent);
    const isSame = Object.entries(settings).every(
      ([name, value]) => JSON.stringify((options as { [name: string]: unknown })[name]) === JSON.stringify(value),
    );
    if (!isSame || Date.parse(deadlineAt) !== startedAtMs + settings.deadlineMs)
      return [`it told ${JSON.stringify(answer.value)}, and ${JSON.stringify(settings)} is in force`];
  }
  return [];
}

interface Asked {
  before: ExportStatus;
  seen: ExportStatus;
  message: Message;
  argument?: unknown;
  atMs: number;
  isAnswered: boolean;
}

function expectedAnswers(model: Model, { before, seen, message, argument, atMs, isAnswered }: Asked): string[] {
  switch (message.send) {
    case 'retune': {
      // Validation can end between the look and the message.
      if (before.options === null && seen.options === null) return [NOT_VALIDATED_YET];
      const early = before.options === null ? [NOT_VALIDATED_YET] : [];
      const may = mayTune(model, argument, atMs);
      return [...early, ...(may !== false ? ['taken'] : []), ...(may !== true ? ['InvalidExportRequest'] : [])];
    }
    case 'resolveSubmission': {
      if (message.answer === 'unreadable') return ['InvalidExportRequest'];
      const isLost = (status: ExportStatus) => LOST.includes(status.phase) && status.jobId === null;
      if (isLost(before) && isLost(seen)) return isAnswered ? ['taken', NOTHING_TO_RESOLVE] : ['taken'];
      return before.jobId !== null ? [NOTHING_TO_RESOLVE] : ['taken', NOTHING_TO_RESOLVE];
    }
    case 'awaitSubmitted':
      if (message.intent === 'unreadable') return ['InvalidExportRequest'];
      if (message.intent === 'otherImage') return ['DestinationBusy'];
      return ['taken', EXPORT_CANCELED, EXPORT_UNCONFIRMED, ...FAILURE_TYPES];
    default:
      return ['taken'];
  }
}

const LOST = ['reconciling', 'needsAnswer', 'parked'];

/** Every message that was acknowledged is in a history, once; and every continue-as-new of a waiting caller was told. */
function judgeDelivery({ steps, runs }: Record): string[] {
  const sent = new Map<string, number>();
  const found = new Map<string, number>();
  const add = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const { message, answer } of steps.flatMap(({ messages }) => messages)) {
    if (answer.kind === 'taken' && message.send !== 'awaitSubmitted') add(sent, message.send);
  }
  for (const { workflowExecutionSignaledEventAttributes: signaled, ...event } of runs.flatMap(({ events }) => events)) {
    if (signaled) add(found, signaled.signalName ?? '');
    if (event.workflowExecutionCancelRequestedEventAttributes) add(found, 'cancel');
    const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name;
    if (update && update !== 'awaitSubmitted') add(found, update);
  }
  // A second cancel is none.
  if (sent.has('cancel')) sent.set('cancel', 1);
  return [...new Set([...sent.keys(), ...found.keys()])].flatMap((name) =>
    sent.get(name) === found.get(name)
      ? []
      : [`${sent.get(name) ?? 0} ${name} were taken, and ${found.get(name) ?? 0} are in the histories`],
  );
}

/** Each status agrees with all that was sent before it; and what only grows never falls. */
function judgeStatuses({ steps, settings, startedAtMs, runs }: Record): string[] {
  const problems: string[] = [];
  let model: Model = { startedAtMs, paused: false, settings };
  let last: ExportStatus | null = null;
  const look = (status: ExportStatus, what: string) => {
    const found = [...disagreements(model, status), ...(last === null ? [] : regressions(last, status))];
    problems.push(...found.map((problem) => `${what}: ${problem}`));
    last = status;
  };
  for (const { step, before, messages, after: seen } of steps) {
    look(before, `before step ${step}`);
    model = messages.reduce(after, model);
    look(seen, `after step ${step}`);
  }
  const end = runs.at(-1)?.status;
  if (end) look(end, 'at the end');
  return problems;
}

function regressions(before: ExportStatus, now: ExportStatus): string[] {
  const problems: string[] = [];
  if (now.polls < before.polls) problems.push(`polls fell from ${before.polls} to ${now.polls}`);
  if (now.submissions < before.submissions)
    problems.push(`submissions fell from ${before.submissions} to ${now.submissions}`);
  if ((now.progress ?? 0) < (before.progress ?? 0))
    problems.push(`progress fell from ${before.progress} to ${now.progress}`);
  if (before.jobId !== null && now.jobId !== before.jobId)
    problems.push(`the job was ${before.jobId} and is ${now.jobId}`);
  if (before.outcome !== null && now.outcome !== before.outcome)
    problems.push(`the outcome was ${before.outcome} and is ${now.outcome}`);
  for (const [jobStatus, times] of Object.entries(before.observations)) {
    if ((now.observations[jobStatus] ?? 0) < times) problems.push(`observations of ${jobStatus} fell`);
  }
  const lost = before.warnings.filter((warning) => !now.warnings.includes(warning));
  return [...problems, ...lost.map((warning) => `a warning was lost: ${warning}`)];
}

/** A run hands on what its status told at its end. */
function judgeCarriedState({ runs }: Record): string[] {
  return runs.flatMap(({ events, status }, run) => {
    const carried = stateCarriedBy(events);
    if (carried === null) return [];
    const told = [
      status.pollingPaused,
      status.options,
      status.polls,
      status.submissions,
      status.jobId,
      status.warnings,
    ];
    const handed = [
      carried.paused,
      carried.request?.options ?? null,
      carried.polls,
      carried.submissions,
      carried.jobId,
      carried.warnings,
    ];
    const isSame = JSON.stringify(told) === JSON.stringify(handed);
    return isSame ? [] : [`run ${run + 1} told ${JSON.stringify(told)} and handed on ${JSON.stringify(handed)}`];
  });
}

/** One job for one intent: another only after the first has failed, and a POST more only where one may probe. */
function judgeSubmissions({ script, steps, posts, jobs }: Record): string[] {
  const problems: string[] = [];
  jobs.forEach((job, index) => {
    const before = jobs
      .slice(0, index)
      .find(({ endMs, status }) => endMs === null || endMs > job.beginMs || status !== 'FAIL');
    if (before) problems.push(`job ${job.jobId} was begun although job ${before.jobId} is ${before.status}`);
  });
  const surelyNone = script.world.posts.slice(0, posts.length).filter((post) => post === 'throttled').length;
  const granted = steps
    .flatMap(({ messages }) => messages)
    .filter(
      ({ argument, answer }) => answer.kind === 'taken' && JSON.stringify(argument) === '{"notSubmitted":true}',
    ).length;
  const wasLost = script.world.posts.slice(0, posts.length).some((post) => post !== 'throttled');
  const own = script.options.onAmbiguousSubmit === 'probe' ? (script.options.maxProbes ?? 1) : 0;
  const most = 1 + surelyNone + (wasLost ? own + granted : 0);
  if (posts.length > most) problems.push(`${posts.length} POSTs where ${most} are allowed`);
  return problems;
}

/** Longest time of what may follow the deadline: a last look, and a look at the object. */
const LAST_LOOK_MS = 60_000;
const VERIFY_MS = 10 * 60_000;

function judgeVerdict({ verdict, runs, jobs, steps, settings, startedAtMs }: Record): string[] {
  const problems: string[] = [];
  const status = runs.at(-1)?.status;
  const job = jobs.find(({ jobId }) => jobId === status?.jobId);
  const isCancelSent = steps.some(({ messages }) =>
    messages.some(({ message, answer }) => message.send === 'cancel' && answer.kind === 'taken'),
  );
  if (verdict.kind === 'other') problems.push(`it ended otherwise: ${verdict.error}`);
  if (verdict.kind === 'canceled' && !isCancelSent) problems.push('it was canceled by nobody');
  if (verdict.kind === 'succeeded' && verdict.jobId !== null && job?.status !== 'SUCCESS')
    problems.push(`succeeded, and its job is ${job?.status}`);
  if (verdict.kind === 'failed' && verdict.type === 'ExportFailed' && job?.status !== 'FAIL')
    problems.push(`failed, and its job is ${job?.status}`);
  const events = runs.flatMap((run) => run.events);
  if (isCancelSent && verdict.kind !== 'canceled' && cancelWasSeenInTime(runs)) problems.push('a cancel was lost');

  const model = steps
    .flatMap(({ messages }) => messages)
    .reduce(after, { startedAtMs, paused: false, settings } as Model);
  const verified = events.some((event) => {
    const type = event.activityTaskScheduledEventAttributes?.activityType?.name;
    return type === 'imsVerifyObject' || type === 'imsDiscardObject';
  });
  const lateMs = timeOf(events.at(-1)) - (startedAtMs + model.settings.deadlineMs);
  if (lateMs > LAST_LOOK_MS + (verified ? 2 * VERIFY_MS : 0))
    problems.push(`it ended ${Math.round(lateMs / 1_000)} s after the deadline`);
  return problems;
}

/** Whether a workflow task before the last one of all saw the cancel: one that comes with the end may be too late. */
function cancelWasSeenInTime(runs: Record['runs']): boolean {
  return runs.some(({ events }, run) => {
    const requested = events.findIndex((event) => event.workflowExecutionCancelRequestedEventAttributes);
    if (requested < 0) return false;
    const tasks = events.slice(requested).filter((event) => event.workflowTaskCompletedEventAttributes).length;
    return run < runs.length - 1 || tasks > 1;
  });
}
