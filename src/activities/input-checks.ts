/**
 * What activities check of the input of an export or a batch before anything is submitted.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { type CloudErrorInfo, EXPORT_OPTIONS, type ExportSettings, type FailureContext } from '../contract';
import { invalidField } from '../export/failures';
import { notRead } from '../export/failures/before-submit';
import { messageOf } from '../export/quoting';
import { CloudError, CREDENTIALS_HELD_BACK, CREDENTIALS_UNAVAILABLE } from '../huaweicloud';
import { type AccountCloud, type ExportActivityDeps, evidenceWaits, isDenied, mayPass, retryLater } from './cloud';
import { READ_AGAIN, seenAgain } from './evidence';

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
 * What an activity that submits nothing fails with: a failure that Temporal retries where the cloud may answer later, and where
 * it has refused only once. What is no answer at all, such as Temporal being away or a bug, is given up when an outage would be.
 *
 * An endpoint that is wrong (an unknown host, a certificate that is not trusted) is given up as soon as it was seen again.
 * A key that rests, since the circuit breaker holds it back, is no refusal: the next attempt comes when the key may be tried
 * again, if that is within `budgetMs`. Only a key that the cloud has refused again meanwhile, after a rest, is refused.
 */
export function notSubmitted(
  deps: ExportActivityDeps,
  error: unknown,
  { account, context, budgetMs, outageMs }: Patience & { account: string; context: FailureContext },
): unknown {
  if (!(error instanceof CloudError)) {
    const isOver = !isVerdict(error) && leftOf(outageMs) <= 0;
    return isOver ? notRead(context, account, ownError(error), false) : error;
  }
  const { code, operation, retryAfterMs } = error;
  const denied = isDenied(error);
  const refusal = () => notRead(context, account, error.info(), denied);
  const { contradictedMs, refusedMs, wrongEndpointMs } = evidenceWaits(deps);
  if (error.isWrongEndpoint) {
    seenAgain(['The cloud cannot be reached as it is configured'], wrongEndpointMs, error.info(), describeError(error));
    return notRead(context, account, error.info(), false);
  }
  if (mayPass(error)) {
    const patienceMs = isHeldBack(error) ? budgetMs : outageMs;
    const isOver = (retryAfterMs ?? 0) > leftOf(patienceMs) || wasRefusedAgain(error);
    return isOver ? refusal() : retryLater(error);
  }
  // Whatever was asked and whichever code it was answered with: it is the account that is refused.
  if (denied) seenAgain([`Account ${account} was refused`], refusedMs, error.info(), describeError(error));
  else seenAgain([`${operation} was refused: ${code}`], contradictedMs, error.info());
  return refusal();
}

function describeError({ operation, code, message }: CloudError): string {
  return `${operation}: ${code}: ${message}`;
}

/** How long the cloud may be away before an export is given up that has not begun, in ms. */
export const OUTAGE_MS = 900_000;

/** How long an activity is tried again, in ms. */
interface Patience {
  /** While the key rests: `submitBudget`. */
  budgetMs: number;
  /** While the cloud cannot be reached, or anything else goes wrong. */
  outageMs: number;
}

/** Whether an error says by itself what is next: a final failure, another reading, or a cancel. */
function isVerdict(error: unknown): boolean {
  if (error instanceof ApplicationFailure) return error.nonRetryable === true || error.type === READ_AGAIN;
  return error instanceof TemporalFailure;
}

function ownError(error: unknown): CloudErrorInfo {
  const code = (error instanceof ApplicationFailure && error.type) || 'ACTIVITY_FAILED';
  return {
    code,
    message: messageOf(error),
    httpStatus: null,
    requestId: null,
    operation: Context.current().info.activityType,
  };
}

/** A key that rests, or a password or key by which the keys are had. */
function isHeldBack({ code, retryAfterMs }: CloudError): boolean {
  return code === CREDENTIALS_HELD_BACK || (code === CREDENTIALS_UNAVAILABLE && retryAfterMs !== null);
}

/** Since this activity was scheduled. By no clock but that of the server: the other time is a length, and none too short. */
function wasRefusedAgain({ refusedAgainMsAgo }: CloudError): boolean {
  return refusedAgainMsAgo !== null && refusedAgainMsAgo < triedForMs();
}

/** Temporal tries no longer than the activity has in all. */
function leftOf(patienceMs: number): number {
  const { scheduleToCloseTimeoutMs } = Context.current().info;
  return Math.min(patienceMs, scheduleToCloseTimeoutMs || patienceMs) - triedForMs();
}

/** From the first attempt to this one, by the clock of the server. */
function triedForMs(): number {
  const { scheduledTimestampMs, currentAttemptScheduledTimestampMs } = Context.current().info;
  return currentAttemptScheduledTimestampMs - scheduledTimestampMs;
}
