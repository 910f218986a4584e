import { ApplicationFailure } from '@temporalio/common';
import { atLeast } from '../export/time';
import { type CloudClient, type CloudError, CREDENTIALS_HELD_BACK } from '../huaweicloud';
import { EVIDENCE_WAITS, type EvidenceWaits, heartbeatFailure } from './evidence';

/** One of the worker's accounts, ready to be called. */
export interface AccountCloud {
  region: string;
  client: CloudClient;
}

/** What the activities need from the worker that runs them. */
export interface ExportActivityDeps {
  /** The worker's accounts by name; `default` serves inputs that name none. */
  accounts: ReadonlyMap<string, AccountCloud>;
  /** When a reading that would be a verdict is made again. Tests have shorter ones. @default EVIDENCE_WAITS */
  evidence?: EvidenceWaits;
}

export function evidenceWaits({ evidence = EVIDENCE_WAITS }: Pick<ExportActivityDeps, 'evidence'>): EvidenceWaits {
  return evidence;
}

/** The account of a request. It was there when the request was validated; a worker without it is not set up alike. */
export function accountOf(deps: ExportActivityDeps, name: string): AccountCloud {
  const account = deps.accounts.get(name);
  if (account !== undefined) return account;
  throw new Error(noSuchAccount(deps, name));
}

/** Why a worker cannot serve a request that another one validated. */
export function noSuchAccount(deps: ExportActivityDeps, name: string): string {
  const known = [...deps.accounts.keys()].join(', ');
  return `This worker has no account ${name} (it has ${known}); workers of one task queue need the same accounts`;
}

/** True when the cloud refused the credentials or their permissions. */
export function isDenied(error: CloudError): boolean {
  return error.class === 'unauthorized' || error.class === 'forbidden';
}

/**
 * True when the same call may succeed later; so may one that had no credentials to sign with, or found a wrong endpoint: a job that runs
 * waits until that was fixed.
 */
export function mayPass(error: CloudError): boolean {
  const unsigned = error.class === 'unauthorized' && error.httpStatus === null;
  return ['transient', 'throttled', 'wrongEndpoint'].includes(error.class) || unsigned;
}

/** A key that rests may be replaced at any time. An attempt that finds the same one sends nothing. */
const LOOK_FOR_NEW_KEY_MS = 30_000;

/** How long to wait before the next attempt: as long as the cloud has asked for, and for a key that rests a moment only. */
export function retryAfterMs(error: CloudError): number | null {
  if (error.retryAfterMs === null || error.code !== CREDENTIALS_HELD_BACK) return error.retryAfterMs;
  return Math.min(error.retryAfterMs, LOOK_FOR_NEW_KEY_MS);
}

/**
 * A failure that Temporal retries, after the delay that the cloud asked for or a little later. Carries the cloud error as details,
 * and leaves it in a heartbeat.
 */
export function retryLater(error: CloudError): ApplicationFailure {
  heartbeatFailure(error.info());
  const waitMs = retryAfterMs(error);
  return ApplicationFailure.create({
    type: 'CloudUnavailable',
    message: `${error.operation}: ${error.code}: ${error.message}`,
    details: [error.info()],
    // Callers that were throttled together should not come back together.
    nextRetryDelay: waitMs === null ? undefined : atLeast(waitMs),
  });
}
