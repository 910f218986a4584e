/**
 * What activities check of the input of an export or a batch before anything is submitted.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import { EXPORT_OPTIONS, type ExportSettings, type FailureContext } from '../contract';
import { invalidField } from '../export/failures';
import { notRead } from '../export/failures/before-submit';
import { CloudError } from '../huaweicloud';
import {
  type AccountCloud,
  type ExportActivityDeps,
  evidenceWaits,
  HELD_BACK,
  isDenied,
  mayPass,
  retryLater,
} from './cloud';
import { heartbeatProgress, seenAgain } from './evidence';

/**
 * The account that an input names.
 *
 * @throws ApplicationFailure InvalidExportRequest when the worker has no such account
 */
export function accountOfInput({ accounts }: ExportActivityDeps, name: string): AccountCloud {
  const account = accounts.get(name);
  if (account !== undefined) return account;
  throw invalidField('account', name, `one of the worker's accounts: ${[...accounts.keys()].join(', ')}`);
}

/** An option whose behaviour is not in this version. Better refused than silently ignored. */
export function refuseReservedOptions(settings: ExportSettings): void {
  for (const [option, spec] of Object.entries(EXPORT_OPTIONS)) {
    if (!('reserved' in spec)) continue;
    const value = settings[option as keyof ExportSettings];
    if (value === spec.default) continue;
    throw invalidField(`options.${option}`, value, `${spec.default}; this version does not have it yet`);
  }
}

/**
 * Why the cloud could not be read, as a failure: one that Temporal retries where the cloud may answer later, and where it
 * has refused only once. Anything but a cloud error as it is.
 *
 * A key that rests, since the circuit breaker holds it back, is no refusal: further attempts look whether there is another key,
 * until this one may be tried again, if that is within `budgetMs`. Only when it rests again by then has the cloud refused it meanwhile.
 *
 * @param outageMs how long the cloud may be away
 */
export function notSubmitted(
  deps: ExportActivityDeps,
  error: unknown,
  { account, context, budgetMs, outageMs }: Patience & { account: string; context: FailureContext },
): unknown {
  if (!(error instanceof CloudError)) return error;
  const { code, operation, retryAfterMs } = error;
  const denied = isDenied(error);
  const refusal = () => notRead(context, account, error.info(), denied);
  if (mayPass(error)) {
    const rests = code === HELD_BACK;
    const isOver =
      (retryAfterMs ?? 0) > leftOf(rests ? budgetMs : outageMs) || (rests && restsAgain(retryAfterMs ?? 0));
    return isOver ? refusal() : retryLater(error);
  }
  const { contradictedMs, refusedMs } = evidenceWaits(deps);
  if (denied) seenAgain([`Account ${account} was refused by ${operation}: ${code}`], refusedMs, error.info());
  else seenAgain([`${operation} was refused: ${code}`], contradictedMs, error.info());
  return refusal();
}

/** How long the cloud may be away before an export is given up that has not begun, in ms. */
export const OUTAGE_MS = 900_000;

/** How long an activity is tried again, in ms. */
interface Patience {
  /** While the key rests: `submitBudget`. */
  budgetMs: number;
  /** While the cloud cannot be reached. */
  outageMs: number;
}

/** Whether a rest that an earlier attempt has seen is over, and the key rests again. Late answers may prolong one that goes on. */
function restsAgain(restMs: number): boolean {
  const before = Context.current().info.heartbeatDetails as { restsUntilMs?: number } | undefined;
  const nowMs = Date.now();
  heartbeatProgress({ restsUntilMs: nowMs + restMs });
  return before?.restsUntilMs !== undefined && nowMs >= before.restsUntilMs;
}

/** By the clock of the server, which both times are of. Temporal tries no longer than the activity has in all. */
function leftOf(patienceMs: number): number {
  const { scheduledTimestampMs, currentAttemptScheduledTimestampMs, scheduleToCloseTimeoutMs } = Context.current().info;
  return (
    Math.min(patienceMs, scheduleToCloseTimeoutMs || patienceMs) -
    (currentAttemptScheduledTimestampMs - scheduledTimestampMs)
  );
}
