/**
 * Runs in which the cloud itself does not keep an image from being exported twice at a time.
 *
 * With its guard (IMG.0148) the simulator refuses a second export of an image that is being exported, so that a wrong POST
 * would never become a second live job. Nobody has published when the real guard begins to hold. So a third of the runs go
 * without it, and there a wrong POST is a second job that can be counted.
 *
 * One right POST would be as well: a probe after a lost POST that has settled, while its job goes on. Without the guard and
 * without an object there is nothing by which anybody could know of that job; it is the limit of the API, not a mistake of
 * the workflow. So no plan here has it: where a further submit may rightly follow a lost one, every job is over, and its
 * object there to be seen, before the lost one has settled.
 *
 * @module
 */

import type { Dice } from '../dice';
import type { Plan } from './plan';
import { SUBMIT_LIMITS } from './scaled-limits';

/** From the moment of the loss; a POST that is slower than its activity (2 s) begins its job 150 ms after that. */
const OVER_WHEN_SETTLED_MS = SUBMIT_LIMITS.settleMs / 2;

/** About a third of all runs: those that are about a busy image keep the guard. */
export function mayGoUnguarded(plan: Plan, dice: Dice): void {
  const chance = plan.trouble === 'unguarded' ? 1 : ABOUT_A_BUSY_IMAGE.has(plan.trouble) ? 0 : 0.4;
  if (dice.chance(chance)) goUnguarded(plan, dice);
}

const ABOUT_A_BUSY_IMAGE: ReadonlySet<Plan['trouble']> = new Set([
  'foreignJob',
  'cancelWatching',
  'toldDuringProbe',
  'shortSubmitBudget',
  'startedAgain',
  // These choose for themselves.
  'grantedAndReset',
]);

function goUnguarded(plan: Plan, dice: Dice): void {
  plan.busyGuard = 'off';
  // A job that is still going on is where a second one shows.
  if (isFinal(plan)) plan.jobsMs = [dice.between(2_000, 5_000), dice.between(2_000, 5_000)];
  else plan.jobsMs = plan.jobsMs.map((ms) => Math.min(ms, OVER_WHEN_SETTLED_MS));
}

/** No POST is right after one that was executed or may have been: nobody may probe, or no answer is lost. */
function isFinal({ options, posts, interventions, retried }: Plan): boolean {
  const isAllowedByAPerson = interventions.some((action) => action.do === 'answer' && MAY_ALLOW.has(action.answer));
  const mayProbe = options.onAmbiguousSubmit !== 'ask' && options.maxProbes !== 0;
  if (!mayProbe && !isAllowedByAPerson) return true;
  const mayLose =
    posts.some(({ kind, delayMs = 0 }) => !CLEAR.has(kind) || delayMs >= SUBMIT_LIMITS.heartbeatTimeoutMs) ||
    retried !== null ||
    interventions.some((action) => MAY_LOSE.has(action.do));
  return !mayLose;
}

const MAY_LOSE: ReadonlySet<Plan['interventions'][number]['do']> = new Set([
  'kill',
  'freeze',
  'reset',
  'takeActivityWorkersAway',
  'stopTemporal',
  'cutTemporal',
  'troubleClocks',
]);

/** `truth` is that nothing was submitted, as long as no job has begun. */
const MAY_ALLOW: ReadonlySet<string> = new Set(['truth', 'notSubmitted']);
/** Answers that tell for sure whether a job was begun. */
const CLEAR: ReadonlySet<string> = new Set(['none', '429', 'IMG.0060', '401', '403']);
