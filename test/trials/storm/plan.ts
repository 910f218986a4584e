/**
 * What is to happen in one run of the storm. A plan is data: made from a seed, and fit to be printed.
 *
 * @module
 */
import type { ExportOptions, FileFormat } from '../../../src/contract';
import type { BusyGuard } from '../../../src/testing';
import { Dice } from '../dice';
import type { ClockTrouble } from './clocks';
import type { Cut } from './link';
import { sprinkle, TROUBLES, type Trouble } from './troubles';
import { mayGoUnguarded } from './unguarded';

export interface Plan {
  seed: number;
  /** The trouble that the run is about. More of it may come along. */
  trouble: Trouble;
  format: FileFormat | 'quick';
  options: ExportOptions;
  /** What the first, second … POST of our workers meets. Further ones meet nothing. */
  posts: PostTrouble[];
  /** What the HEADs of our object meet. */
  heads: ReadTrouble[];
  /** What the GETs of its bytes meet. */
  reads: ReadTrouble[];
  /** Single answers to our workers' GETs and HEADs that are not so. */
  wrongReads: WrongRead[];
  /** Whether the cloud itself keeps an image from being exported twice at a time: see `unguarded`. */
  busyGuard: BusyGuard;
  /** How long the read of the image takes: time for something to happen while validating. */
  imageReadMs: number;
  /** How long our first, second … job takes, and every further one as long as the last. */
  jobsMs: number[];
  /** The activities, or the submits alone, have a task queue and workers of their own; null for one queue. */
  splitQueues: { activities: boolean; submits: boolean } | null;
  /** A retry policy, and the time that each run of the workflow has; null for none. A run that times out is retried. */
  retried: { runTimeoutMs: number } | null;
  /** An export to the same destination that began a job and has ended before this one starts; null for none. */
  before: { endsBy: 'deadline' | 'cancel' | 'terminate'; jobMs: number } | null;
  interventions: Intervention[];
}

export interface PostTrouble {
  /** `none`: it is only slow. The others are answers, or the lack of one. */
  kind: 'none' | 'dropBefore' | 'dropAfter' | 'truncated' | PostStatus;
  /** Whether the cloud acts before it answers one of the statuses that say nothing: 502, 504, IMG.0061, IMG.0018. */
  acts?: boolean;
  /** Before the cloud acts and answers. */
  delayMs?: number;
}

/** Statuses by the code of their answer. */
export type PostStatus = '429' | 'IMG.0060' | 'IMG.0061' | 'IMG.0018' | '502' | '504' | '401' | '403';

export interface ReadTrouble {
  /** The first one that meets it. The first HEAD of all is that of the validation. */
  nth: number;
  times: number;
  /** `slow`: it is answered as ever, after `delayMs`. */
  status: 503 | 403 | 'slow';
  delayMs?: number;
  retryAfterSeconds?: number;
}

export interface WrongRead {
  /** `image`: the list of images, by which the image is read · `bytes`: those of the object. */
  of: 'image' | 'bucket' | 'object' | 'bytes' | 'job';
  /** The one that meets it. The first HEAD of the object is that of the validation. */
  nth: number;
  as: WrongAnswer;
}

/**
 * `404`, `401`: in the words of the service, with its request id · `empty`: a list of images without the image · `page404`,
 * `page200`, `503`: of an nginx on the way, which is no answer of the service.
 */
export type WrongAnswer = '404' | '401' | 'empty' | 'page404' | 'page200' | '503';

/** Something that the harness does, some time after a moment of the run. */
export type Intervention = { at: Moment; afterMs: number } & Action;

/**
 * `post 2`: the second POST of our workers has arrived · `answered 2`: and was answered, or dropped · `job 1`: our first job
 * has begun · `jobEnd 1`: and ended with its object · `head 2`: the second HEAD of our object has arrived · `seen`: one of
 * them was answered that it is there · `watching`: a probe found the image busy · the others are phases.
 */
export type Moment =
  | 'beforeStart'
  | 'validating'
  | 'validated'
  | `post ${number}`
  | `answered ${number}`
  | `job ${number}`
  | `jobEnd ${number}`
  | `head ${number}`
  | 'seen'
  | 'waitingToSubmit'
  | 'reconciling'
  | 'needsAnswer'
  | 'parked'
  | 'watching'
  | 'exporting'
  | 'verifying'
  | 'ended';

export type Action =
  | { do: 'cancel' }
  /** SIGKILL to the worker; another one comes up. */
  | { do: 'kill'; anotherAfterMs: number }
  /** SIGSTOP to the worker, and SIGCONT later. `withAnother`: a second worker is there meanwhile. */
  | { do: 'freeze'; forMs: number; withAnother: boolean }
  /** The workers of the split queues are killed; others come up later. */
  | { do: 'takeActivityWorkersAway'; forMs: number }
  /** SIGSTOP to the Temporal server, and SIGCONT later. */
  | { do: 'stopTemporal'; forMs: number }
  /** Nothing gets through between the workers and the Temporal server. */
  | { do: 'cutTemporal'; forMs: number; how: Cut }
  /** The clocks of the worker go wrong at its next POST. `withAnother`: a second worker is there while it stands still. */
  | { do: 'troubleClocks'; clocks: ClockTrouble; withAnother: boolean }
  /** A `pollNow`, for the sake of the workflow task that it makes: one can be reset to it. */
  | { do: 'signal' }
  | { do: 'reset'; to: 'firstTask' | 'submit' | 'reconcile' }
  /** Somebody else's object at our key. `fits`: its first bytes are those of our format. */
  | { do: 'putForeignObject'; fits: boolean }
  | { do: 'takeObjectAway' }
  | { do: 'failJob' }
  /** Somebody exports our image to another object. */
  | { do: 'beginForeignJob'; forMs: number }
  /** What a person answers: see {@link Answer}. */
  | { do: 'answer'; answer: Answer };

/**
 * `truth`: our newest job that did not fail, or that nothing was submitted · `foreignJob`: somebody else's export of our
 * image, which no query can tell from ours · `notSubmitted`: whether that is so or not.
 */
export type Answer = 'truth' | 'unknownJob' | 'otherImagesJob' | 'foreignJob' | 'notSubmitted';

/** One kind of trouble after the other, so that as many seeds in a row as there are kinds have each of them. */
export function planOf(seed: number): Plan {
  const dice = new Dice(seed);
  const troubles = Object.keys(TROUBLES) as Trouble[];
  const trouble = troubles[seed % troubles.length] ?? 'dropAfter';
  const plan: Plan = { seed, trouble, ...calm(dice) };
  TROUBLES[trouble](plan, dice);
  sprinkle(plan, dice);
  mayGoUnguarded(plan, dice);
  return plan;
}

/** An export that nothing happens to. Times are seconds where those of the cloud are minutes and hours. */
function calm(dice: Dice): Omit<Plan, 'seed' | 'trouble'> {
  const options: ExportOptions = {
    minInterval: 100,
    maxInterval: 500,
    deadline: dice.between(7_000, 9_000),
    maxProbes: dice.pick([0, 1, 1, 1, 1, 2, 2, 2, 3, 3]),
    acceptUnconfirmed: dice.chance(0.4),
    whenImageBusy: dice.pick(['wait', 'wait', 'wait', 'fail']),
  };
  const format = dice.pick<Plan['format']>(['qcow2', 'qcow2', 'qcow2', 'vhd', 'vmdk', 'zvhd', 'quick']);
  const jobsMs = [dice.between(200, 1_500), dice.between(200, 1_500)];
  const nothing = { posts: [], heads: [], reads: [], wrongReads: [], imageReadMs: 0, interventions: [] };
  return { format, options, jobsMs, busyGuard: 'on', splitQueues: null, retried: null, before: null, ...nothing };
}

/** A plan as one line. */
export function describePlan(plan: Plan): string {
  const { seed, trouble, format, options, posts, heads, reads, interventions, jobsMs, busyGuard } = plan;
  const { wrongReads, splitQueues, retried, before } = plan;
  const { minInterval: _, maxInterval: __, ...chosen } = options;
  const parts = [
    `seed ${seed} ${trouble}: ${format} ${JSON.stringify(chosen)}`,
    posts.length > 0 && `POSTs ${posts.map(describePost).join(', ')}`,
    heads.length > 0 && `HEADs ${heads.map(describeRead).join(', ')}`,
    reads.length > 0 && `GETs ${reads.map(describeRead).join(', ')}`,
    wrongReads.length > 0 && `wrong reads ${wrongReads.map(({ of, nth, as }) => `#${nth} of ${of}: ${as}`).join(', ')}`,
    `jobs ${jobsMs.join(', ')} ms`,
    splitQueues !== null && `queues of their own ${JSON.stringify(splitQueues)}`,
    retried !== null && `retried when a run takes ${retried.runTimeoutMs} ms`,
    before !== null && `after an export that ended by ${before.endsBy}, whose job takes ${before.jobMs} ms`,
    busyGuard === 'off' && 'a busy image is not guarded',
    ...interventions.map(({ at, afterMs, ...action }) => `${at} + ${afterMs} ms: ${JSON.stringify(action)}`),
  ];
  return parts.filter(Boolean).join(' · ');
}

function describePost({ kind, acts, delayMs }: PostTrouble): string {
  return `${kind}${acts ? ' although it acts' : ''}${delayMs ? ` after ${delayMs} ms` : ''}`;
}

function describeRead({ nth, times, status, delayMs, retryAfterSeconds }: ReadTrouble): string {
  const details = [delayMs && `after ${delayMs} ms`, retryAfterSeconds && `Retry-After ${retryAfterSeconds}`];
  return [`#${nth} ${times}x ${status}`, ...details].filter(Boolean).join(' ');
}
