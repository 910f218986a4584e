/**
 * What is to happen in one run of the storm. A plan is data: made from a seed, and fit to be printed.
 *
 * @module
 */
import type { ExportOptions, FileFormat } from '../../../src/contract';
import type { BusyGuard } from '../../../src/testing';
import { Dice } from '../dice';
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
  /** Whether the cloud itself keeps an image from being exported twice at a time: see `unguarded`. */
  busyGuard: BusyGuard;
  /** How long the read of the image takes: time for something to happen while validating. */
  imageReadMs: number;
  /** How long our first, second … job takes, and every further one as long as the last. */
  jobsMs: number[];
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

/** One kind of trouble after the other, so that any sixty seeds in a row have each of them. */
export function planOf(seed: number): Plan {
  const dice = new Dice(seed);
  const troubles = Object.keys(TROUBLES) as Trouble[];
  const trouble = troubles[seed % troubles.length] ?? 'dropBefore';
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
  const nothing = { posts: [], heads: [], reads: [], imageReadMs: 0, interventions: [] };
  return { format, options, jobsMs, busyGuard: 'on', ...nothing };
}

/** A plan as one line. */
export function describePlan(plan: Plan): string {
  const { seed, trouble, format, options, posts, heads, reads, interventions, jobsMs, busyGuard } = plan;
  const { minInterval: _, maxInterval: __, ...chosen } = options;
  const parts = [
    `seed ${seed} ${trouble}: ${format} ${JSON.stringify(chosen)}`,
    posts.length > 0 && `POSTs ${posts.map(describePost).join(', ')}`,
    heads.length > 0 && `HEADs ${heads.map(describeRead).join(', ')}`,
    reads.length > 0 && `GETs ${reads.map(describeRead).join(', ')}`,
    `jobs ${jobsMs.join(', ')} ms`,
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
