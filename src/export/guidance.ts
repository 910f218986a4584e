/**
 * What a person reads of an export: where it stands, why, and what can be done. The one phrasebook of the Web UI, the command
 * line and the log. A phase, an attention or a remote job without its words does not compile.
 *
 * @module
 */
import type {
  DiscardOutcome,
  ExportAttention,
  ExportPhase,
  ExportRequest,
  ExportStatus,
  MESSAGES,
  RemoteJob,
} from '../contract';
import { codeSpan, command, inMarkdown, workflowCommand } from './quoting';
import { describeFormat, percent, type StartedWith } from './summaries';
import { formatDuration } from './time';

/** Something that a person can do, as data: each reader writes it in the form in which it is done there. */
export interface Action {
  /** What it does, as a button would say it. */
  say: string;
  /** What does it in the Web UI; without either, Request Cancellation or nothing. */
  signal?: keyof typeof MESSAGES.signals;
  update?: keyof typeof MESSAGES.updates;
  /** Of the update. */
  argument?: string;
  /** What a cancel does, going on from its name. */
  effect?: string;
  /** Of `ims-export`: its name, and the flags that follow the workflow id; or the whole, where it takes no workflow id. */
  command: string;
}

const poll = (say: string): Action => ({ say, signal: 'pollNow', command: 'poll-now' });

const PAUSE: Action = { say: 'Pause polling', signal: 'pausePolling', command: 'pause-polling' };

export const RESUME: Action = { say: 'Resume polling', signal: 'resumePolling', command: 'resume-polling' };

const retune = (say: string, argument: string, deadline: string): Action => ({
  say,
  update: 'retune',
  argument,
  command: `retune --deadline ${deadline}`,
});

const WAIT_LONGER = retune('Wait longer', '`{"deadline": "+6h"}`', '+6h');

const WAIT_LESS = retune('Wait less', 'a shorter `deadline`', 'DURATION');

const answer = (say: string, argument: string, flag: string): Action => ({
  say,
  update: 'resolveSubmission',
  argument,
  command: `resolve ${flag}`,
});

const WAS_SUBMITTED = answer('If a job was started', '`{"jobId": "…"}`', '--job JOB_ID');

const WAS_NOT_SUBMITTED = answer('If no job was started', '`{"notSubmitted": true}`', '--not-submitted');

export const GIVE_UP: Action = { say: 'Cancel', command: 'cancel' };

const giveUp = (effect: string): Action => ({ ...GIVE_UP, effect });

const giveUpJob = (onCancel?: string): Action =>
  giveUp(
    onCancel === 'drain'
      ? ' follows the job to its end and deletes its object'
      : ' stops the tracking; the job in the cloud continues',
  );

/** As an item of a list in Markdown, for the Web UI. */
export function inWebUi({ say, signal, update, argument, effect, command: offered }: Action): string {
  const how =
    (signal && `signal ${codeSpan(signal)}`) ??
    (update && `update ${codeSpan(update)} with ${argument}`) ??
    (effect === undefined ? codeSpan(offered) : `Request Cancellation${effect}`);
  return `- **${say}**: ${how}`;
}

/** Ready to be pasted. */
export function commandOf(action: Action, workflowId: string): string {
  if (action.command.startsWith('ims-export ')) return action.command;
  const [name = '', ...flags] = action.command.split(' ');
  return workflowCommand(name, workflowId, ...flags);
}

/** The command that tracks a job again, ready to be pasted. */
export function attachCommand(
  jobId: string,
  { imageId, bucketUrl }: Pick<ExportRequest, 'imageId' | 'bucketUrl'>,
  { isQuickExport, fileFormat }: { [key in 'isQuickExport' | 'fileFormat']?: ExportRequest[key] | null } = {},
): string {
  const known = fileFormat ? ['--format', fileFormat] : [];
  const format = isQuickExport ? ['--quick'] : known;
  return command('ims-export', 'attach', '--job', jobId, '--image', imageId, '--to', bucketUrl, ...format);
}

export interface Guidance {
  headline: string;
  /** What is waited for and why; null where the headline says it all. */
  why: string | null;
  /** The likeliest first. */
  actions: Action[];
}

/** What only the workflow knows beside its status. Without it the words are less exact. */
export interface Insight {
  /** Code of `lastError`. */
  errorCode?: string;
  /** What is known of an ambiguous submit: an object that may be ours is there, or the image is busy, or neither. */
  found?: 'object' | 'busyImage' | 'nothing';
  /** The job that the input names. */
  attachedJobId?: string;
}

export function guidanceOf(status: ExportStatus, insight: Insight = {}): Guidance {
  // A worker of a later version may answer with a phase that this one does not know.
  const [headline, why, ...actions] = PHASES[status.phase]?.(status, insight) ?? [status.phase, null];
  return { headline, why: status.attention === 'noWorker' ? ATTENTION.noWorker[0] : why, actions };
}

type Words = [headline: string, why: string | null, ...Action[]];

const PHASES: { [phase in ExportPhase]: (status: ExportStatus, insight: Insight) => Words } = {
  validating: ({ imageId, remoteJob, lastError }) =>
    imageId === null
      ? ['Validating the request and the image', remoteJob === 'none' ? 'Nothing was submitted yet.' : null]
      : [
          'Checking the job before it is tracked',
          lastError === null ? null : 'It cannot be read now. The next try is automatic.',
          poll('Check now'),
          giveUp('; the job in the cloud continues'),
        ],
  waitingToSubmit: (status, { errorCode }) => [
    `Waiting to submit${errorCode ? ` - ${inMarkdown(errorCode)}` : ''}`,
    status.remoteJob === 'none' ? 'No job is started yet. The next try is automatic.' : null,
    poll('Try now'),
    ...waitOrGiveUp(status),
  ],
  submitting: () => ['Submitting the export', 'The cloud has not answered the submit yet.'],
  reconciling: (status, { found }) => [
    'The answer to the submit was lost - searching for its job',
    checkOfJob(status) ?? (found ? SEARCH[found] : null),
    ...answers(found),
    ...waitOrGiveUp(status),
  ],
  needsAnswer: (status) => [
    'Needs an answer - did the submit start a job?',
    ATTENTION.needsAnswer[0],
    ...answers(),
    ...waitOrGiveUp(status),
  ],
  exporting: (status) => [
    `Exporting - ${howFar(status)}`,
    status.stalled ? ATTENTION.stalled[0] : null,
    poll('Check now'),
    PAUSE,
    ...waitOrGiveUp(status),
  ],
  parked: (status, { found, attachedJobId }) => [
    `Parked - the cloud denies access to the ${(status.jobId ?? attachedJobId) == null && checkOfJob(status) === null ? 'destination' : 'job'}`,
    [checkOfJob(status), 'A running job continues.', ATTENTION.parked[0]].filter(Boolean).join(' '),
    poll('Check again'),
    ...((status.jobId ?? attachedJobId) == null ? answers(found) : []),
    ...waitOrGiveUp(status),
  ],
  paused: (status) => [
    `Polling is paused${percent(status.progress, ' - last seen at ')}`,
    NOT_POLLED,
    RESUME,
    poll('Check once'),
    ...waitOrGiveUp(status),
  ],
  draining: (status) => {
    const { jobId, pollingPaused } = status;
    const until = jobId === null ? 'the submit is resolved' : 'the job has ended and its object is deleted';
    return [
      `Canceled, draining - ${jobId === null ? 'watching the destination' : howFar(status)}`,
      `${pollingPaused ? `${NOT_POLLED} ` : ''}The export ends once ${until}.`,
      ...(pollingPaused ? [RESUME] : []),
      WAIT_LESS,
    ];
  },
  verifying: () => ['Job succeeded - verifying the object', null],
  ended: (status, { attachedJobId }) => {
    const { outcome, startedAt, endedAt, discard } = status;
    const lastedMs = Date.parse(`${endedAt}`) - Date.parse(startedAt);
    const isRefused = status.remoteJob === 'none' && attachedJobId !== undefined;
    const left = isRefused
      ? `The job ${codeSpan(attachedJobId)} is not tracked; no other job was started.`
      : remainsOf({ ...status, jobId: status.jobId ?? attachedJobId });
    const isEarlier = outcome === 'succeeded' && status.submissions === 0 && status.jobId === null;
    const remains = isEarlier ? `${BY_EARLIER} ${left}` : left;
    return [
      `Ended: ${outcome} after ${formatDuration(lastedMs)}`,
      discard === null ? remains : `${remains} ${objectAfterDrain(discard)}`,
      ...toTrackAgain(status),
    ];
  },
};

/** Null while no job that was named is to be checked. */
function checkOfJob({ resolution }: ExportStatus): string | null {
  if (resolution?.taken !== null) return null;
  const { jobId, objection } = resolution;
  return `Job ${codeSpan(jobId)} was named; it is checked until the cloud confirms or contradicts it${objection === null ? '' : `. The last check: ${inMarkdown(objection)}`}.`;
}

const NOT_POLLED = 'The job is not polled now. The job and the deadline continue.';

const BY_EARLIER = 'An earlier export succeeded; this is its result.';

const SEARCH = {
  nothing: 'It waits until the submit can no longer take effect, then checks for the object.',
  object: 'An object is there. It is checked for changes; nothing more is submitted.',
  busyImage: 'This or another export of the image is running, so the destination is watched.',
};

/** An object that may be ours rules a further submit out, unless a person is asked for. */
function answers(found?: Insight['found']): Action[] {
  return found === 'object' ? [WAS_SUBMITTED] : [WAS_SUBMITTED, WAS_NOT_SUBMITTED];
}

function waitOrGiveUp({ jobId, options }: ExportStatus): Action[] {
  return [WAIT_LONGER, jobId === null ? giveUp('; nothing more is submitted') : giveUpJob(options?.onCancel)];
}

/** `37 % done, 3 h 10 min left`; after a failed check, how far the job was before. */
function howFar({ lastError, stalled, progress, remainingMs }: ExportStatus): string {
  if (lastError !== null) return `the last check failed${percent(progress, ', ')}${progress === null ? '' : ' before'}`;
  if (stalled) return `stalled${percent(progress, ' at ')}`;
  if (progress === null) return 'just started';
  return `${percent(progress)} done${remainingMs === null ? '' : `, ${formatDuration(remainingMs)} left`}`;
}

/** What `nextPollAt` is the time of. */
export function nextPollLabel({ phase, jobId }: ExportStatus): string {
  return jobId === null && (phase === 'waitingToSubmit' || phase === 'validating') ? 'Next try' : 'Next check';
}

const ATTENTION: { [attention in ExportAttention]: [advice: string, ...Action[]] } = {
  needsAnswer: ['Check the IMS console for an export of this image, then answer.', ...answers()],
  parked: ["Fix the worker's credentials or permissions.", poll('Then check again')],
  noWorker: [
    'No worker takes the activities of this export from their task queue. Start a worker, or check those that run.',
  ],
  stalled: ['The job makes no progress. Ask Huawei Cloud support about it.'],
  outcomeUnknown: ['The outcome is unknown. Before you export again, check for the object.'],
};

/** What a person should do, with the commands for it; null while nothing calls for one. */
export function attentionText(status: ExportStatus, workflowId: string): string | null {
  const { attention, outcome } = status;
  if (attention === null) return null;
  const [advice, ...actions] = ATTENTION[attention] ?? [attention];
  if (outcome !== null) actions.push(...toTrackAgain(status));
  return [advice, ...actionTexts(actions, workflowId)].join(' ');
}

/** A sentence for each, with its command. */
export function actionTexts(actions: readonly Action[], workflowId: string): string[] {
  return actions.map((action) => `${action.say}: \`${commandOf(action, workflowId)}\`.`);
}

/** A job that nothing tracks any more can be tracked again. */
function toTrackAgain({ jobId, imageId, bucketUrl, remoteJob, ...format }: ExportStatus): Action[] {
  if (!jobId || !imageId || !bucketUrl || remoteJob === 'ended') return [];
  return [{ say: 'Track the job again', command: attachCommand(jobId, { imageId, bucketUrl }, format) }];
}

/** What an export that has ended leaves in the cloud. */
export function remainsOf({ remoteJob, jobId }: { remoteJob: RemoteJob; jobId: string | undefined }): string {
  return (REMAINS[remoteJob] ?? REMAINS.unknown)(jobId && `The job ${codeSpan(jobId)}`);
}

const REMAINS: { [remoteJob in RemoteJob]: (job: string | undefined) => string } = {
  none: () => 'No job was started in the cloud.',
  ended: (job = 'The job') => `${job} has ended in the cloud.`,
  running: (job = 'The job') => `${job} is still running in the cloud; nothing tracks it.`,
  unknown: (job) =>
    job === undefined
      ? 'A job may be running in the cloud. Check for the object before you export again.'
      : `${job} may still be running in the cloud; nothing tracks it.`,
};

/** What became of the object after a cancel that was drained. */
export function objectAfterDrain({ kind, reason }: { kind: DiscardOutcome['kind']; reason?: string }): string {
  return `${DISCARDED[kind]}${reason === undefined ? '' : `: ${inMarkdown(reason)}`}.`;
}

const DISCARDED: { [kind in DiscardOutcome['kind']]: string } = {
  discarded: 'Its object was deleted',
  alreadyGone: 'There was no object to delete',
  kept: 'Its object was kept',
};

/** Details of the workflow, which its starter gives it; the current details beside them say what can be done now. */
export function startDetails(request: StartedWith): string {
  const { imageId, bucketUrl, attach, options } = request;
  const what = `the private image ${codeSpan(imageId)} to OBS as ${codeSpan(bucketUrl)} (${describeFormat(request)})`;
  return [
    attach === null
      ? `Exports ${what}.`
      : `Tracks the job ${codeSpan(attach.jobId)}, started elsewhere. It exports ${what}.`,
    '',
    'Under More Actions, Send a Signal or Send an Update:',
    '',
    ...[poll('Check now'), PAUSE, RESUME, WAIT_LONGER, giveUpJob(options.onCancel)].map(inWebUi),
    '- **After the end**: Memo, and the query `exportStatus`',
  ].join('\n');
}
