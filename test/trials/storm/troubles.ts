/**
 * The kinds of trouble, each as what it does to a plan.
 *
 * @module
 */
import type { Dice } from '../dice';
import type { ClockTrouble } from './clocks';
import type { Action, Answer, Moment, Plan, PostTrouble, WrongAnswer, WrongRead } from './plan';

type Change = (plan: Plan, dice: Dice) => void;

/** A POST that arrives and whose activity times out (2 s) before it is answered: the cloud acts all the same. */
const PAST_THE_TIMEOUT = { kind: 'none', delayMs: 2_150 } as const;

export const TROUBLES = {
  // The first POST.
  dropBeforeOrTruncated: withPosts((dice) => [{ kind: dice.pick(['dropBefore', 'truncated']) }]),
  dropAfter: withPosts(() => [{ kind: 'dropAfter' }]),
  delayPastTimeout: withPosts(() => [PAST_THE_TIMEOUT]),
  throttled: withPosts((dice) => [{ kind: dice.pick(['429', 'IMG.0060']) }]),
  errorThatSaysNothing: withPosts((dice) => [
    { kind: dice.pick(['IMG.0061', 'IMG.0018', '502', '504']), acts: dice.chance(0.5) },
  ]),
  severalInARow: withPosts((dice) => Array.from({ length: dice.between(2, 5) }, () => anyFault(dice))),

  // The cloud around it.
  jobFailsBeforeProbe(plan, dice) {
    mayProbe(plan);
    plan.posts = [{ kind: 'dropAfter' }];
    plan.jobsMs[0] = 4_000;
    intervene(plan, 'job 1', dice.between(50, 1_300), { do: 'failJob' });
  },
  foreignJob(plan, dice) {
    if (dice.chance(0.5)) {
      if (dice.chance(0.4)) plan.posts = [lost(dice)];
      intervene(plan, 'beforeStart', 0, { do: 'beginForeignJob', forMs: dice.between(300, 2_500) });
      return;
    }
    mayProbe(plan);
    plan.posts = [{ kind: 'dropBefore' }];
    intervene(plan, 'post 1', dice.between(50, 1_200), { do: 'beginForeignJob', forMs: dice.between(700, 6_000) });
  },
  foreignObjectBeforePost(plan, dice) {
    const isThere = dice.chance(0.4);
    const delayMs = 200;
    if (!isThere) plan.posts = [{ kind: dice.pick(['none', 'dropAfter']), delayMs }];
    intervene(plan, isThere ? 'beforeStart' : 'validated', 0, { do: 'putForeignObject', fits: dice.chance(0.5) });
  },
  foreignObjectAfterPost(plan, dice) {
    const fits = dice.chance(0.5);
    plan.posts = [lost(dice)];
    if (!fits) plan.format = dice.pick(['qcow2', 'vhd', 'vmdk']);
    intervene(plan, 'post 1', dice.between(100, 1_900), { do: 'putForeignObject', fits });
  },
  objectMovedAway(plan, dice) {
    plan.posts = dice.chance(0.8) ? [lostButExecuted(dice)] : [];
    intervene(plan, 'jobEnd 1', dice.between(0, 900), { do: 'takeObjectAway' });
  },

  // The probe.
  probeDelayed: withProbe((dice) =>
    dice.chance(0.5)
      ? [{ kind: '504', acts: dice.chance(0.5) }]
      : Array.from({ length: dice.between(1, 3) }, () => ({ kind: '429' })),
  ),
  probeRefused: withProbe((dice) =>
    dice.chance(0.5) ? [{ kind: '403' }] : Array.from({ length: dice.between(1, 2) }, () => ({ kind: '401' })),
  ),
  // The object, and who may read it.
  headRefused(plan, dice) {
    plan.posts = [lost(dice)];
    plan.heads = [{ nth: 2, times: dice.between(1, 6), status: dice.pick([503, 403]) }];
  },
  head503RetryAfter(plan, dice) {
    plan.posts = [lost(dice)];
    const retryAfterSeconds = dice.pick([1, 300]);
    plan.heads = [{ nth: 2, times: dice.between(1, 4), status: 503, retryAfterSeconds }];
  },
  readRefused(plan, dice) {
    plan.posts = [lostButExecuted(dice)];
    if (dice.chance(0.4)) {
      plan.options.acceptUnconfirmed = true;
      plan.reads = [{ nth: 1, times: dice.between(1, 4), status: 403 }];
      return;
    }
    plan.jobsMs[0] = dice.between(200, 2_500);
    plan.options.acceptUnconfirmed = dice.chance(0.8);
    plan.options.deadline = dice.between(9_000, 12_000);
    // To the very end, now and then.
    plan.reads = [{ nth: 1, times: dice.chance(0.2) ? 1_000 : dice.between(1, 16), status: 503 }];
  },
  objectMovedAwayUnread(plan, dice) {
    mayProbe(plan);
    plan.posts = [lostButExecuted(dice)];
    plan.jobsMs[0] = dice.between(200, 1_200);
    plan.options.acceptUnconfirmed = true;
    plan.reads = [{ nth: 1, times: 1_000, status: 503 }];
    // The looks after the one that saw it cannot be had either, now and then.
    const retryAfterSeconds = dice.pick([0, 1, 300]);
    if (dice.chance(0.6))
      plan.heads = [{ nth: 3, times: dice.between(1, 4), status: dice.pick([503, 403]), retryAfterSeconds }];
    intervene(plan, 'seen', dice.between(0, 2_500), { do: 'takeObjectAway' });
  },

  // The workers.
  frozenAndSoonBack(plan, dice) {
    frozen(dice.pick<Moment>(['validated', 'post 1']), [100, 700])(plan, dice);
  },
  frozenBeforePostForLong: frozen('validated', [2_600, 4_200]),
  frozenInPostForLong: frozen('post 1', [2_600, 4_200]),
  killedInPost: killed('post 1', 5),
  killedAroundPost(plan, dice) {
    if (dice.chance(0.5)) killed('validated', 40)(plan, dice);
    else killed('answered 1', 20)(plan, dice);
  },
  activityWorkersAbsent(plan, dice) {
    plan.splitQueues = { activities: true, submits: dice.chance(0.5) };
    plan.options.pollErrorBudget = dice.between(800, 2_000);
    plan.options.deadline = dice.between(12_000, 15_000);
    plan.jobsMs = [dice.between(500, 6_000), 500];
    if (dice.chance(0.2)) plan.posts = [lost(dice)];
    const at = dice.pick<Moment>(['beforeStart', 'validated', 'exporting', 'exporting', 'verifying']);
    intervene(plan, at, dice.between(0, 300), { do: 'takeActivityWorkersAway', forMs: dice.between(500, 5_000) });
  },
  submitWorkersAbsent(plan, dice) {
    plan.splitQueues = { activities: false, submits: true };
    plan.options.deadline = dice.between(9_000, 12_000);
    plan.posts = [{ kind: dice.pick(['none', 'none', 'dropAfter', 'dropBefore']), delayMs: dice.pick([0, 600]) }];
    const at = dice.pick<Moment>(['beforeStart', 'validating', 'post 1', 'answered 1']);
    if (at === 'validating') plan.imageReadMs = 300;
    intervene(plan, at, dice.between(0, 50), { do: 'takeActivityWorkersAway', forMs: dice.between(500, 4_000) });
  },

  // Their clocks.
  suspendedBeforePost(plan, dice) {
    // As a machine that is suspended: its monotonic clock stands still with it.
    const standsStillMs = dice.between(300, 4_000);
    troubleClocks(plan, dice, { standsStillMs, wallMs: 0, monotonicMs: -standsStillMs });
  },
  clockJumps(plan, dice) {
    const standsStillMs = dice.between(300, 4_000);
    const jumpMs = dice.between(500, 60_000);
    troubleClocks(
      plan,
      dice,
      dice.pick<ClockTrouble>([
        { standsStillMs: 0, wallMs: jumpMs, monotonicMs: 0 },
        { standsStillMs: 0, wallMs: -jumpMs, monotonicMs: 0 },
        { standsStillMs: 0, wallMs: 0, monotonicMs: jumpMs },
        // Set back while it stood still: by this clock no time has passed.
        { standsStillMs, wallMs: -standsStillMs, monotonicMs: 0 },
      ]),
    );
  },

  // Temporal.
  temporalStoppedInPost: withoutTemporal('post 1', (_, forMs) => ({ do: 'stopTemporal', forMs })),
  temporalStopped: withoutTemporal('any', (_, forMs) => ({ do: 'stopTemporal', forMs })),
  temporalCutInPost: withoutTemporal('post 1', (dice, forMs) => ({
    do: 'cutTemporal',
    forMs,
    how: dice.pick(['reset', 'silent']),
  })),
  temporalCut: withoutTemporal('any', (dice, forMs) => ({
    do: 'cutTemporal',
    forMs,
    how: dice.pick(['reset', 'silent']),
  })),

  // Runs that do not know what was before them.
  resetToFirstTask(plan, dice) {
    const at = dice.pick<Moment>(['exporting', 'reconciling', 'ended']);
    if (at === 'reconciling' || dice.chance(0.3)) plan.posts = [lost(dice)];
    plan.jobsMs = [dice.between(200, 4_000), 500];
    intervene(plan, at, dice.between(0, 400), { do: 'reset', to: 'firstTask' });
  },
  resetInSubmit(plan, dice) {
    plan.posts = [{ kind: dice.pick(['none', 'dropAfter', 'dropBefore']), delayMs: 600 }];
    plan.jobsMs = [dice.between(200, 4_000), 500];
    intervene(plan, 'post 1', 50, { do: 'signal' });
    // While the POST is under way, or after its answer.
    intervene(plan, 'post 1', dice.pick([300, 500, 800, 1_200]), { do: 'reset', to: 'submit' });
  },
  resetInReconcile(plan, dice) {
    plan.posts = [lost(dice)];
    mayProbe(plan);
    intervene(plan, 'reconciling', 50, { do: 'signal' });
    intervene(plan, dice.pick<Moment>(['reconciling', 'ended']), dice.between(300, 1_300), {
      do: 'reset',
      to: 'reconcile',
    });
  },

  resetNearDeadline(plan, dice) {
    const deadline = dice.between(2_500, 3_500);
    plan.options.deadline = deadline;
    plan.jobsMs = [deadline + dice.between(-1_500, 3_000), 500];
    if (dice.chance(0.2)) plan.posts = [lost(dice)];
    intervene(plan, 'post 1', deadline - dice.between(200, 1_500), { do: 'reset', to: 'firstTask' });
  },
  resetAfterDeadline(plan, dice) {
    plan.options.deadline = dice.between(1_500, 2_500);
    plan.jobsMs = [dice.between(4_000, 8_000), 500];
    if (dice.chance(0.3)) plan.posts = [lost(dice)];
    for (let times = dice.chance(0.2) ? 2 : 1; times > 0; times -= 1)
      intervene(plan, 'ended', dice.between(0, 600), { do: 'reset', to: 'firstTask' });
  },
  retriedByPolicy(plan, dice) {
    const runTimeoutMs = dice.between(4_500, 5_500);
    plan.retried = { runTimeoutMs };
    plan.options.deadline = runTimeoutMs - 1_500;
    if (dice.chance(0.4)) plan.posts = [lost(dice)];
    plan.jobsMs = [dice.between(500, 9_000), 500];
    const at = dice.pick<Moment>(['validated', 'post 1', 'answered 1', 'exporting']);
    // No workflow task of the first run ends any more.
    intervene(plan, at, dice.between(0, 400), { do: 'kill', anotherAfterMs: runTimeoutMs - dice.between(0, 300) });
  },
  startedAgain(plan, dice) {
    plan.before = { endsBy: dice.pick(['deadline', 'cancel', 'terminate']), jobMs: dice.between(2_500, 6_000) };
    plan.options.whenImageBusy = dice.pick(['fail', 'wait']);
    plan.options.submitBudget = dice.between(300, 4_000);
  },

  // One answer that is not so.
  wrongReadBeforeSubmit: withWrongRead((dice) => ({
    ...dice.pick<Pick<WrongRead, 'of' | 'as'>>([
      { of: 'image', as: dice.pick([...WRONG_ANSWERS, 'empty']) },
      { of: 'image', as: 'empty' },
      { of: 'bucket', as: dice.pick(WRONG_ANSWERS) },
      { of: 'object', as: dice.pick(WRONG_ANSWERS) },
    ]),
    nth: 1,
  })),
  wrongReadOfDestination(plan, dice) {
    plan.posts = [lostButExecuted(dice)];
    plan.jobsMs[0] = dice.between(200, 3_000);
    plan.options.acceptUnconfirmed = dice.chance(0.8);
    const read = dice.pick<Pick<WrongRead, 'of' | 'nth'>>([
      { of: 'object', nth: dice.between(2, 5) },
      { of: 'object', nth: dice.between(2, 5) },
      { of: 'bytes', nth: dice.between(1, 2) },
    ]);
    plan.wrongReads = [{ ...read, as: dice.pick(WRONG_ANSWERS) }];
  },
  wrongReadOfJob: withWrongRead((dice) => ({ of: 'job', nth: dice.between(1, 3), as: dice.pick(WRONG_ANSWERS) })),
  wrongReadAtVerify: withWrongRead((dice) => ({
    ...dice.pick<Pick<WrongRead, 'of' | 'nth'>>([
      { of: 'object', nth: 2 },
      { of: 'object', nth: 2 },
      { of: 'bytes', nth: 1 },
    ]),
    as: dice.pick(WRONG_ANSWERS),
  })),

  // Cancel, at each step.
  cancelValidating(plan, dice) {
    plan.imageReadMs = 300;
    cancel(plan, 'validating', dice.between(0, 350));
  },
  cancelWaiting(plan, dice) {
    plan.posts = Array.from({ length: 5 }, () => ({ kind: '429' }));
    cancel(plan, 'waitingToSubmit', dice.between(0, 500));
  },
  cancelSubmitting(plan, dice) {
    plan.posts = [{ ...anyFault(dice), delayMs: dice.between(200, 1_300) }];
    cancel(plan, 'post 1', dice.between(0, 200));
  },
  cancelSettling(plan, dice) {
    plan.posts = [lost(dice)];
    mayProbe(plan);
    cancel(plan, 'reconciling', dice.between(0, 1_600));
  },
  cancelWatching(plan, dice) {
    plan.posts = [{ kind: 'dropAfter' }];
    plan.jobsMs[0] = 6_000;
    mayProbe(plan);
    cancel(plan, 'watching', dice.between(0, 1_200));
  },
  cancelExporting(plan, dice) {
    if (dice.chance(0.3)) plan.posts = [{ kind: 'dropBefore' }];
    plan.jobsMs = [2_000, 2_000];
    mayProbe(plan);
    cancel(plan, 'exporting', dice.between(0, 800));
  },
  cancelProbing(plan, dice) {
    plan.posts = [{ kind: 'dropBefore' }, { ...anyFault(dice), delayMs: dice.between(200, 1_300) }];
    mayProbe(plan);
    cancel(plan, 'post 2', dice.between(0, 200));
  },

  cancelNeedsAnswerOrParked(plan, dice) {
    plan.posts = [lost(dice)];
    if (dice.chance(0.5)) {
      plan.options.onAmbiguousSubmit = 'ask';
      cancel(plan, 'needsAnswer', dice.between(0, 300));
      return;
    }
    mayProbe(plan);
    plan.options.onAmbiguousSubmit = 'probe';
    plan.heads = [{ nth: 2, times: 1_000, status: 403 }];
    cancel(plan, 'parked', dice.between(0, 800));
  },
  cancelRestingOrVerifying(plan, dice) {
    if (dice.chance(0.5)) {
      plan.heads = [{ nth: 2, times: 1, status: 'slow', delayMs: dice.between(600, 1_500) }];
      cancel(plan, 'verifying', dice.between(0, 400));
      return;
    }
    plan.posts = [{ kind: 'dropAfter' }];
    plan.jobsMs[0] = dice.between(200, 1_200);
    plan.options.acceptUnconfirmed = true;
    cancel(plan, 'seen', dice.between(0, 450));
  },

  // A person.
  askedAndToldTheJob(plan, dice) {
    plan.posts = [lostButExecuted(dice)];
    plan.jobsMs[0] = dice.between(200, 5_000);
    asked(plan, dice, 'truth');
  },
  askedAndToldWrongly(plan, dice) {
    const answer = dice.pick<Answer>(['unknownJob', 'otherImagesJob', 'foreignJob']);
    plan.posts = [answer === 'foreignJob' ? { kind: 'dropBefore' } : lost(dice)];
    if (answer === 'foreignJob') {
      intervene(plan, 'post 1', 100, { do: 'beginForeignJob', forMs: dice.between(500, 4_000) });
    }
    asked(plan, dice, answer);
    if (dice.chance(0.6)) intervene(plan, 'needsAnswer', 1_500, { do: 'answer', answer: 'truth' });
  },
  askedAndToldNotSubmitted(plan, dice) {
    plan.posts = [lost(dice)];
    plan.jobsMs[0] = dice.between(200, 4_000);
    asked(plan, dice, 'notSubmitted');
  },
  toldDuringLook(plan, dice) {
    plan.posts = [lostButExecuted(dice)];
    plan.jobsMs[0] = dice.between(200, 6_000);
    mayProbe(plan);
    plan.options.onAmbiguousSubmit = dice.pick(['ask', 'probe']);
    const delayMs = dice.between(600, 1_800);
    plan.heads = [{ nth: 2, times: 1, status: 'slow', delayMs }];
    intervene(plan, 'head 2', dice.between(0, delayMs - 300), { do: 'answer', answer: 'truth' });
  },
  toldDuringProbe(plan, dice) {
    plan.posts = [{ kind: 'dropAfter' }, { kind: dice.pick(['none', '429', '403', '504']), delayMs: 900 }];
    plan.jobsMs[0] = 5_000;
    mayProbe(plan);
    intervene(plan, 'post 2', dice.between(0, 800), { do: 'answer', answer: 'truth' });
  },
  grantedTwice(plan, dice) {
    plan.posts = [lostAndNotExecuted(dice), lostAndNotExecuted(dice)];
    plan.options.onAmbiguousSubmit = 'ask';
    plan.options.deadline = 12_000;
    plan.options.submitBudget = dice.between(300, 1_500);
    intervene(plan, 'needsAnswer', dice.between(0, 300), { do: 'answer', answer: 'notSubmitted' });
    intervene(plan, 'post 2', dice.between(1_700, 4_000), { do: 'answer', answer: 'notSubmitted' });
  },
  grantedAndReset(plan, dice) {
    // What allowed a submit before the reset is sent to the new run, too, while the job of that submit goes on.
    plan.posts = [lostAndNotExecuted(dice)];
    plan.options.onAmbiguousSubmit = 'ask';
    plan.options.deadline = dice.between(9_000, 12_000);
    plan.jobsMs = [dice.between(4_000, 9_000), dice.between(4_000, 9_000)];
    if (dice.chance(0.7)) plan.busyGuard = 'off';
    intervene(plan, 'needsAnswer', dice.between(0, 300), { do: 'answer', answer: 'notSubmitted' });
    intervene(plan, 'exporting', dice.between(0, 1_000), { do: 'reset', to: dice.pick(['firstTask', 'reconcile']) });
  },
  messageDuringCheck(plan, dice) {
    plan.posts = [lostButExecuted(dice)];
    plan.jobsMs[0] = dice.between(200, 6_000);
    // Every try of one read.
    plan.wrongReads = [1, 2, 3, 4].map((nth) => ({ of: 'job', nth, as: '503' }));
    asked(plan, dice, 'truth');
    for (let times = 3; times > 0; times -= 1) {
      const again = dice.pick<Action>([{ do: 'signal' }, { do: 'answer', answer: 'truth' }]);
      intervene(plan, 'needsAnswer', dice.between(100, 2_500), again);
    }
  },
  askedInVain(plan, dice) {
    plan.posts = [lost(dice)];
    plan.options.onAmbiguousSubmit = 'ask';
    plan.options.deadline = dice.between(2_500, 4_500);
  },

  // Little time.
  shortDeadline(plan, dice) {
    plan.options.deadline = dice.between(300, 3_500);
    if (dice.chance(0.6)) plan.posts = [lost(dice)];
    plan.jobsMs = [dice.between(200, 5_000), 1_000];
  },
  shortSubmitBudget(plan, dice) {
    plan.options.submitBudget = dice.between(200, 2_500);
    const throttled = Array.from({ length: dice.between(1, 8) }, (): PostTrouble => ({ kind: '429' }));
    plan.posts = dice.chance(0.5) ? [lost(dice), ...throttled] : throttled;
    if (dice.chance(0.6)) return;
    // The probe finds the image busy, and there is no time for the next one.
    plan.posts = [{ kind: 'dropAfter' }, { kind: 'none' }, ...(dice.chance(0.5) ? throttled : [])];
    plan.jobsMs[0] = dice.between(2_500, 5_000);
    mayProbe(plan);
  },

  // Without the cloud's own guard: more than the few that come to it by chance, and each with a job that goes on.
  unguarded(plan, dice) {
    const at = dice.pick<Moment>(['validated', 'post 1', 'answered 1', 'exporting']);
    plan.posts = [{ kind: dice.pick(['none', 'none', 'dropAfter', '504']), acts: true, delayMs: dice.pick([0, 300]) }];
    if (dice.chance(0.5)) plan.options.maxProbes = 0;
    else plan.options.onAmbiguousSubmit = 'ask';
    plan.options.deadline = dice.between(7_000, 9_000);
    const afterMs = dice.between(0, 60);
    dice.pick<() => void>([
      () =>
        intervene(plan, at, afterMs, { do: 'freeze', forMs: dice.between(300, 4_200), withAnother: dice.chance(0.75) }),
      () => intervene(plan, at, afterMs, { do: 'kill', anotherAfterMs: dice.between(0, 400) }),
      () => intervene(plan, 'exporting', dice.between(0, 900), { do: 'reset', to: 'firstTask' }),
    ])();
  },
} satisfies { [trouble: string]: Change };

export type Trouble = keyof typeof TROUBLES;

/** A second trouble, in every third run. */
export function sprinkle(plan: Plan, dice: Dice): void {
  if (!dice.chance(0.35)) return;
  dice.pick<Change>([
    () => plan.posts.push(anyFault(dice)),
    () => plan.posts.push(anyFault(dice)),
    () => plan.heads.push({ nth: dice.between(1, 4), times: dice.between(1, 5), status: dice.pick([503, 403]) }),
    () => intervene(plan, 'post 1', dice.between(0, 2_000), { do: 'putForeignObject', fits: dice.chance(0.5) }),
    () => intervene(plan, 'jobEnd 1', dice.between(0, 900), { do: 'takeObjectAway' }),
    () => intervene(plan, 'job 1', dice.between(50, 1_500), { do: 'failJob' }),
    () => intervene(plan, 'reconciling', dice.between(0, 1_500), { do: 'answer', answer: 'truth' }),
    () => plan.wrongReads.push(anyWrongRead(dice)),
  ])(plan, dice);
}

function withPosts(posts: (dice: Dice) => PostTrouble[]): Change {
  return (plan, dice) => {
    plan.posts = posts(dice);
  };
}

/** Trouble on the further submits that follow a lost one. Where the lost one has begun a job it runs until after them. */
function withProbe(probes: (dice: Dice) => PostTrouble[]): Change {
  return (plan, dice) => {
    mayProbe(plan);
    if (dice.chance(0.3)) {
      plan.posts = [{ kind: 'dropAfter' }, ...probes(dice)];
      plan.jobsMs[0] = 5_000;
    } else {
      plan.posts = [{ kind: 'dropBefore' }, ...probes(dice)];
    }
  };
}

function withWrongRead(wrongRead: (dice: Dice) => WrongRead): Change {
  return (plan, dice) => {
    plan.wrongReads = [wrongRead(dice)];
  };
}

function anyWrongRead(dice: Dice): WrongRead {
  const of = dice.pick<WrongRead['of']>(['image', 'bucket', 'object', 'object', 'bytes', 'job', 'job']);
  return { of, nth: of === 'image' || of === 'bucket' ? 1 : dice.between(1, 4), as: dice.pick(WRONG_ANSWERS) };
}

/** Of all reads. A 503 is asked again at once, so the others come more often. */
const WRONG_ANSWERS = [
  '404',
  '404',
  'page404',
  'page404',
  'page200',
  'page200',
  '401',
  '401',
  '503',
] as const satisfies readonly WrongAnswer[];

/** Seconds in which the workers and Temporal do not reach each other, and after them time enough to go on. */
function withoutTemporal(when: 'post 1' | 'any', outage: (dice: Dice, forMs: number) => Action): Change {
  return (plan, dice) => {
    plan.options.deadline = dice.between(10_000, 13_000);
    plan.jobsMs = [dice.between(300, 5_000), 500];
    const at = when === 'any' ? dice.pick<Moment>(ANY_MOMENT) : when;
    if (at === 'validating') plan.imageReadMs = 300;
    if (at === 'reconciling' || dice.chance(0.2)) plan.posts = [lost(dice)];
    else plan.posts = [{ kind: 'none', delayMs: dice.pick([0, 300, 900]) }];
    const afterMs = at === 'post 1' ? dice.between(0, 1_000) : dice.between(0, 300);
    intervene(plan, at, afterMs, outage(dice, dice.between(200, 4_000)));
  };
}

const ANY_MOMENT = [
  'validating',
  'validated',
  'answered 1',
  'reconciling',
  'exporting',
  'jobEnd 1',
  'verifying',
] as const satisfies readonly Moment[];

/** At the first POST, or at the one after a lost one. */
function troubleClocks(plan: Plan, dice: Dice, clocks: ClockTrouble): void {
  plan.options.deadline = dice.between(9_000, 12_000);
  plan.jobsMs = [dice.between(300, 5_000), dice.between(300, 1_500)];
  const atProbe = dice.chance(0.3);
  if (atProbe) {
    mayProbe(plan);
    plan.posts = [lostAndNotExecuted(dice)];
  } else {
    plan.posts = [{ kind: dice.pick(['none', 'none', 'dropAfter', 'dropBefore']) }];
  }
  const withAnother = clocks.standsStillMs > 0 && dice.chance(0.6);
  intervene(plan, atProbe ? 'answered 1' : 'beforeStart', 0, { do: 'troubleClocks', clocks, withAnother });
}

function frozen(at: Moment, [least, most]: [number, number]): Change {
  return (plan, dice) => {
    const answers = dice.pick<PostTrouble>([
      { kind: 'none' },
      { kind: 'none', delayMs: 400 },
      { kind: 'dropAfter' },
      { kind: 'dropBefore' },
    ]);
    plan.posts = [answers];
    const afterMs = at === 'validated' ? dice.between(0, 40) : 0;
    intervene(plan, at, afterMs, { do: 'freeze', forMs: dice.between(least, most), withAnother: dice.chance(0.75) });
    if (dice.chance(0.2)) cancel(plan, at, dice.between(300, 1_500));
  };
}

function killed(at: Moment, withinMs: number): Change {
  return (plan, dice) => {
    plan.posts = [{ kind: dice.pick(['none', 'none', 'dropBefore']), delayMs: at === 'post 1' ? 600 : 0 }];
    plan.jobsMs = [dice.between(200, 4_000), 500];
    intervene(plan, at, dice.between(0, withinMs), { do: 'kill', anotherAfterMs: dice.between(0, 400) });
    if (dice.chance(0.15)) cancel(plan, at, dice.between(100, 1_500));
  };
}

function cancel(plan: Plan, at: Moment, afterMs: number): void {
  intervene(plan, at, afterMs, { do: 'cancel' });
}

function asked(plan: Plan, dice: Dice, answer: Answer): void {
  plan.options.onAmbiguousSubmit = 'ask';
  plan.options.deadline = 6_500;
  // Also before the workflow asks: an answer is taken as soon as one was lost.
  const at = dice.pick<Moment>(['needsAnswer', 'needsAnswer', 'reconciling']);
  intervene(plan, at, dice.between(0, 500), { do: 'answer', answer });
}

function mayProbe({ options }: Plan): void {
  options.maxProbes = Math.max(1, options.maxProbes ?? 1);
}

function intervene(plan: Plan, at: Moment, afterMs: number, action: Action): void {
  plan.interventions.push({ at, afterMs, ...action });
}

/** Sent, without an answer that tells. */
function lost(dice: Dice): PostTrouble {
  return dice.chance(0.5) ? lostButExecuted(dice) : lostAndNotExecuted(dice);
}

function lostButExecuted(dice: Dice): PostTrouble {
  return dice.pick<PostTrouble>([
    { kind: 'dropAfter' },
    { kind: 'dropAfter' },
    { kind: 'truncated' },
    { kind: '504', acts: true },
    { kind: 'IMG.0061', acts: true },
    PAST_THE_TIMEOUT,
  ]);
}

function lostAndNotExecuted(dice: Dice): PostTrouble {
  return dice.pick<PostTrouble>([{ kind: 'dropBefore' }, { kind: '502' }, { kind: 'IMG.0018' }]);
}

function anyFault(dice: Dice): PostTrouble {
  return dice.chance(0.6)
    ? lost(dice)
    : dice.pick<PostTrouble>([
        { kind: '429' },
        { kind: 'IMG.0060' },
        { kind: '401' },
        { kind: '403' },
        { kind: 'none' },
      ]);
}
