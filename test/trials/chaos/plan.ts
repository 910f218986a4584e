/**
 * What happens in one run of the chaos: which exports are started when, and what is done to them, to the processes, to the
 * network and to the credentials. Data, made from a seed.
 *
 * @module
 */
import type { ExportOptions, FileFormat } from '../../../src/contract';
import { Dice } from '../dice';
import type { WrongAnswer, WrongRead } from '../storm/plan';

export interface ChaosPlan {
  seed: number;
  minutes: number;
  /** Everything is well again from then on. */
  healAtMs: number;
  /** An export that has not ended this long after that is stuck. */
  boundMs: number;
  exports: PlannedExport[];
  batch: PlannedBatch;
  actions: PlannedAction[];
}

/**
 * `client`, `quick`: by `startExport` · `child`: of a workflow of an application · `attach`: to a job that was begun elsewhere ·
 * `drain`: with `onCancel: 'drain'`, and canceled · `refused`: of an image that may not be exported.
 */
export type ExportKind = 'client' | 'quick' | 'child' | 'attach' | 'drain' | 'refused';

export interface PlannedExport {
  kind: ExportKind;
  atMs: number;
  account: Account;
  /** Null for a quick export. */
  format: FileFormat | null;
  /** Whether its activities, or its submits alone, are of the worker that runs activities only. */
  queues: 'own' | 'activities' | 'submits';
  options: ExportOptions;
}

export interface PlannedBatch {
  atMs: number;
  images: number;
  maxConcurrent: number;
  options: ExportOptions;
}

/** Each has a source of credentials of its own: a profile file, the metadata service, a password. */
export const ACCOUNTS = ['default', 'metadata', 'password'] as const;
export type Account = (typeof ACCOUNTS)[number];

/** `worker`: of workflows and activities · `activities`: of activities only · `application`: of the parents of child exports. */
export const PROCESSES = ['worker', 'activities', 'application', 'temporal', 'simulator'] as const;
export type ProcessName = (typeof PROCESSES)[number];

export type Action =
  | { do: 'kill'; who: ProcessName; downMs: number }
  | { do: 'freeze'; who: ProcessName; forMs: number }
  /** SIGTERM; another one is started when it has ended. */
  | { do: 'restart'; who: ProcessName; downMs: number }
  /** `reset`: connections break, and so does each new one · `silent`: nothing comes through, and nothing breaks. */
  | { do: 'cut'; link: 'cloud' | 'temporal'; how: 'reset' | 'silent'; forMs: number }
  /** On the way to the cloud, of every request and every answer. */
  | { do: 'slow'; requestMs: number; answerMs: number; forMs: number }
  /** The connections to the cloud that there are stay open, and nothing comes through any more. */
  | { do: 'halfOpen' }
  | { do: 'wrongRead'; of: WrongRead['of']; as: WrongAnswer }
  /** Of the next submit: its request is lost, or its answer. */
  | { do: 'loseSubmit'; what: 'request' | 'answer' }
  | { do: 'rotate' }
  | { do: 'expireTokens' }
  | { do: 'revoke'; what: 'credentials' | 'permissions'; forMs: number }
  | { do: 'message'; to: number; message: Message }
  | { do: 'cancel'; to: number }
  /** @param share which of its workflow tasks: 0 the first, 1 the last */
  | { do: 'reset'; to: number; share: number }
  | { do: 'startAgain'; to: number }
  /** Of the job that it has, or has after so long. */
  | { do: 'failJob'; to: number; withinMs: number }
  | { do: 'messageToBatch'; message: BatchMessage };

/** `resolve`: with the job that there is · `resolveWrongly`: with that of another image. */
export type Message =
  | 'pollNow'
  | 'pausePolling'
  | 'resumePolling'
  | 'retuneIntervals'
  | 'retuneDeadline'
  | 'resolve'
  | 'resolveWrongly';
export type BatchMessage = 'pauseStarting' | 'resumeStarting' | 'retune';

export type PlannedAction = { atMs: number } & Action;

export interface ChaosFlags {
  [flag: string]: number;
  minutes: number;
  exports: number;
}

/** Below this there is no time for what takes an activity's timeout to heal. */
export const SHORT_MINUTES = 0.5;
const SHORT_WAIT_MS = 2_000;
const IMAGES_OF_BATCH = 8;
/** A key that was refused rests for five minutes, and a validation until then. */
const KEY_RESTS_MS = 330_000;
/** A POST in a connection that is dead is given up after this, however early the deadline is. */
const SUBMIT_MS = 270_000;

export function planOf(seed: number, { minutes, exports: count }: ChaosFlags): ChaosPlan {
  const dice = new Dice(seed);
  const healAtMs = Math.round(minutes * 60_000);
  const isShort = minutes < SHORT_MINUTES;
  const imagesOfBatch = Math.min(IMAGES_OF_BATCH, Math.ceil(count / 4));
  const exports = kindsOf(count - imagesOfBatch, dice).map((kind) => exportOf(kind, { healAtMs, isShort }, dice));
  const batch: PlannedBatch = {
    atMs: Math.round(0.15 * healAtMs),
    images: imagesOfBatch,
    maxConcurrent: dice.between(2, 4),
    options: optionsOf(0.15 * healAtMs, { healAtMs, isShort }, dice),
  };
  const actions = (isShort ? shortActions : longActions)({ healAtMs, exports, minutes }, dice).sort(
    (one, other) => one.atMs - other.atMs,
  );
  const revokedUntilMs = Math.max(0, ...actions.map((action) => (action.do === 'revoke' ? endOf(action) : 0)));
  // A reading that was refused at the change of the key is made again after a minute.
  const boundMs = isShort ? 100_000 : Math.max(SUBMIT_MS + 90_000, revokedUntilMs + KEY_RESTS_MS + 60_000 - healAtMs);
  return { seed, minutes, healAtMs, boundMs, exports, batch, actions };
}

function endOf({ atMs, forMs }: { atMs: number; forMs: number }): number {
  return atMs + forMs;
}

function kindsOf(count: number, dice: Dice): ExportKind[] {
  // Each kind in any run, then by the dice.
  const all: ExportKind[] = ['client', 'quick', 'child', 'attach', 'drain', 'refused'];
  return Array.from({ length: count }, (_, index) => {
    const byTurn = all[index];
    return byTurn ?? dice.pick(['client', 'client', 'client', 'quick', 'child', 'child', 'attach', 'drain']);
  });
}

interface Frame {
  healAtMs: number;
  isShort: boolean;
}

function exportOf(kind: ExportKind, frame: Frame, dice: Dice): PlannedExport {
  const atMs = dice.between(0, Math.round((frame.isShort ? 0.4 : 0.75) * frame.healAtMs));
  return {
    kind,
    atMs,
    // Keys of the others cannot be replaced by a person, so that they rest for long after a refusal.
    account: dice.pick<Account>(['default', 'default', 'default', 'default', 'metadata', 'password']),
    format: kind === 'quick' ? null : dice.pick(['qcow2', 'vhd', 'zvhd', 'vmdk'] as const),
    queues: dice.pick(['own', 'activities', 'submits'] as const),
    options: {
      ...optionsOf(atMs, frame, dice),
      ...(kind === 'drain' ? { onCancel: 'drain' } : {}),
      ...(dice.chance(0.15) ? { onAmbiguousSubmit: 'ask' } : {}),
      ...(dice.chance(0.3) ? { acceptUnconfirmed: true } : {}),
      ...(dice.chance(0.2) ? { maxProbes: 0 } : {}),
    },
  };
}

/** Deadlines come before the bound of the run; half of them only after everything is well again. */
function optionsOf(atMs: number, { healAtMs, isShort }: Frame, dice: Dice): ExportOptions {
  const leftMs = healAtMs - atMs;
  if (isShort)
    return { minInterval: 300, maxInterval: 1_000, deadline: Math.round(leftMs + dice.between(8_000, 12_000)) };
  const deadline = dice.chance(0.5) ? leftMs + dice.between(90_000, 180_000) : dice.between(30_000, leftMs + 60_000);
  return { minInterval: '1s', maxInterval: `${dice.between(3, 8)}s`, deadline: Math.round(deadline) };
}

interface Scene {
  healAtMs: number;
  minutes: number;
  exports: readonly PlannedExport[];
}

function longActions({ healAtMs, minutes, exports }: Scene, dice: Dice): PlannedAction[] {
  const between = (from: number, to: number) => dice.between(Math.round(from * healAtMs), Math.round(to * healAtMs));
  const times = (perMinute: number, make: () => Action): PlannedAction[] =>
    Array.from({ length: Math.max(1, Math.round(perMinute * minutes)) }, () => ({
      atMs: between(0.02, 0.97),
      ...make(),
    }));
  /** Exports last for seconds: later, it would be too late for most of what is done to them. */
  const whileItRuns = (action: PlannedAction, withinMs: number): PlannedAction => {
    const beganAtMs = 'to' in action ? (exports[action.to]?.atMs ?? 0) : 0;
    const atMs = Math.min(healAtMs, beganAtMs + dice.between(500, withinMs));
    // With everything else in its way, a job may begin minutes after its export.
    return action.do === 'failJob' ? { ...action, atMs, withinMs: healAtMs - atMs } : { ...action, atMs };
  };
  const drains = exports.flatMap(({ kind }, to): PlannedAction[] =>
    kind === 'drain' ? [whileItRuns({ atMs: 0, do: 'cancel', to }, 30_000)] : [],
  );
  return [
    ...drains,
    ...times(7, () => ofProcess(dice)),
    ...times(5, () => ofNetwork(dice)),
    ...times(8, () => wrongRead(dice)),
    ...times(1.5, () => ({ do: 'loseSubmit', what: dice.pick(['request', 'answer']) })),
    ...times(0.6, () => ({ do: 'rotate' })),
    ...times(0.4, () => ({ do: 'expireTokens' })),
    // Early, so that a key that rests for it is tried again within the bound.
    ...times(0.25, () => revoke(dice)).map((action) => ({ ...action, atMs: between(0.05, 0.35) })),
    ...times(14, () => toExport(exports.length, dice)).map((action) => whileItRuns(action, 30_000)),
    ...times(0.6, () => ({ do: 'messageToBatch', message: dice.pick(['pauseStarting', 'resumeStarting', 'retune']) })),
  ];
}

function ofProcess(dice: Dice): Action {
  const who = dice.pick<ProcessName>([
    'worker',
    'worker',
    'worker',
    'activities',
    'activities',
    'application',
    'temporal',
    'simulator',
  ]);
  const isServer = who === 'temporal' || who === 'simulator';
  const downMs = dice.between(200, 5_000);
  return dice.pick<Action>([
    { do: 'kill', who, downMs },
    { do: 'freeze', who, forMs: dice.between(500, isServer ? 8_000 : 25_000) },
    { do: 'restart', who, downMs },
  ]);
}

function ofNetwork(dice: Dice): Action {
  const forMs = dice.between(500, 12_000);
  const how = dice.pick<'reset' | 'silent'>(['reset', 'silent']);
  return dice.pick<Action>([
    { do: 'cut', link: 'cloud', how, forMs },
    { do: 'cut', link: 'temporal', how, forMs },
    { do: 'slow', requestMs: dice.between(0, 3_000), answerMs: dice.between(0, 3_000), forMs: 2 * forMs },
    { do: 'halfOpen' },
  ]);
}

function wrongRead(dice: Dice): Action {
  return {
    do: 'wrongRead',
    of: dice.pick(['image', 'bucket', 'object', 'bytes', 'job', 'job']),
    as: dice.pick(['page404', 'page200', '503', '401']),
  };
}

function revoke(dice: Dice): { do: 'revoke'; what: 'credentials' | 'permissions'; forMs: number } {
  return { do: 'revoke', what: dice.pick(['credentials', 'permissions']), forMs: dice.between(2_000, 15_000) };
}

function toExport(exports: number, dice: Dice): Action {
  const to = dice.between(0, exports - 1);
  return dice.pick<Action>([
    { do: 'message', to, message: 'pollNow' },
    { do: 'message', to, message: 'pausePolling' },
    { do: 'message', to, message: 'resumePolling' },
    { do: 'message', to, message: dice.pick(['retuneIntervals', 'retuneDeadline']) },
    { do: 'message', to, message: dice.pick(['resolve', 'resolve', 'resolveWrongly']) },
    { do: 'reset', to, share: dice.next() },
    { do: 'startAgain', to },
    dice.pick<Action>([
      { do: 'cancel', to },
      { do: 'failJob', to, withinMs: SHORT_WAIT_MS },
      { do: 'failJob', to, withinMs: SHORT_WAIT_MS },
    ]),
  ]);
}

/** Nothing that takes longer than seconds to heal. */
function shortActions({ healAtMs, exports }: Scene, dice: Dice): PlannedAction[] {
  const at = (share: number, action: Action): PlannedAction => ({ atMs: Math.round(share * healAtMs), ...action });
  const some = (count: number, make: () => Action) =>
    Array.from({ length: count }, () => at(0.2 + 0.75 * dice.next(), make()));
  const drains = exports.flatMap(({ kind, atMs }, to): PlannedAction[] =>
    kind === 'drain' ? [{ atMs: Math.round((atMs + healAtMs) / 2), do: 'cancel', to }] : [],
  );
  return [
    ...drains,
    at(0.3, { do: 'restart', who: 'activities', downMs: 100 }),
    at(0.45, { do: 'kill', who: 'simulator', downMs: 200 }),
    at(0.7, { do: 'freeze', who: dice.pick(['worker', 'temporal']), forMs: 800 }),
    at(0.55, { do: 'cut', link: 'cloud', how: dice.pick(['reset', 'silent']), forMs: 600 }),
    at(0.6, { do: 'slow', requestMs: 100, answerMs: 200, forMs: 1_000 }),
    at(0.8, { do: 'cut', link: 'temporal', how: dice.pick(['reset', 'silent']), forMs: 400 }),
    ...some(3, () => ({ do: 'wrongRead', of: 'job', as: dice.pick(['page404', 'page200', '503']) })),
    ...some(10, () => toExport(exports.length, dice)),
  ];
}

export function describePlan({ seed, minutes, exports, batch, actions }: ChaosPlan): string {
  const counts = new Map<string, number>();
  for (const action of actions) counts.set(action.do, (counts.get(action.do) ?? 0) + 1);
  const planned = [...counts].map(([what, times]) => `${what} ${times}`).join(', ');
  return `seed ${seed}: ${exports.length + batch.images} exports in ${minutes} min, ${actions.length} actions (${planned})`;
}
