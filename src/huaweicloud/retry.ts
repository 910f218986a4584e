import { setTimeout as delay } from 'node:timers/promises';
import { CloudError } from './errors';

/** How a read is repeated. The defaults end a read within 12 s, so that it fits an activity of 15 s. */
export interface RetryOptions {
  /** @default 4 */
  maxTries?: number;
  /** For all tries and the waits between them. @default 12000 */
  budgetMs?: number;
  /** Longest single try, so that one that hangs leaves time for another; and longest wait in it for a key that rests. @default 8000 */
  tryLimitMs?: number;
  /** Mean of the first wait; each further one doubles. @default 250 */
  firstDelayMs?: number;
  /** How long an access key rests after the second refusal in a row; its other rests are in proportion. See CircuitBreaker. @default 300000, as the cloud's lock */
  refusedKeyRestMs?: number;
}

export const TRY_LIMIT_MS = 8_000;

/** A longer wait is the caller's: it waits durably, and here it would only occupy a slot of the worker. */
const MAX_RETRY_AFTER_MS = 3_000;

/**
 * Repeats a read on transport errors, on 5xx, and on throttling with a short Retry-After. Throttling without Retry-After is left
 * to the caller, since throttled calls count toward the quota as well.
 *
 * @param attempt one try, which must end within `limitMs`
 * @param startedAt when the budget began to run, by `performance.now()`; now, unless something was fetched before
 * @throws the error of the last try
 */
export async function retryBriefly<T>(
  attempt: (limitMs: number) => Promise<T>,
  { signal, startedAt = performance.now() }: { signal?: AbortSignal; startedAt?: number },
  { maxTries = 4, budgetMs = 12_000, tryLimitMs = TRY_LIMIT_MS, firstDelayMs = 250 }: RetryOptions = {},
): Promise<T> {
  const endsAt = startedAt + budgetMs;
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt(Math.max(1, Math.min(tryLimitMs, endsAt - performance.now())));
    } catch (error) {
      if (tries >= maxTries || !isWorthRepeating(error)) throw error;
      const backoffMs = firstDelayMs * 2 ** (tries - 1) * (0.5 + Math.random());
      const waitMs = Math.max(backoffMs, error.retryAfterMs ?? 0);
      if (performance.now() + waitMs >= endsAt) throw error;
      try {
        await delay(waitMs, undefined, { signal });
      } catch {
        throw error;
      }
    }
  }
}

/** These would only come out the same again, or were wanted. */
const FINAL_CODES = new Set([
  ...['Aborted', 'InvalidResponse', 'NotSent', 'PlainHttpRefused', 'ResponseTooLarge'],
  ...['ProxyAuthenticationRequired', 'UnusableProxy'],
]);

function isWorthRepeating(error: unknown): error is CloudError {
  if (!(error instanceof CloudError) || FINAL_CODES.has(error.code)) return false;
  const { class: errorClass, httpStatus, retryAfterMs } = error;
  if (retryAfterMs !== null && retryAfterMs > MAX_RETRY_AFTER_MS) return false;
  if (errorClass === 'throttled') return retryAfterMs !== null;
  if (errorClass === 'wrongEndpoint') return true;
  return errorClass === 'transient' && (httpStatus === null || httpStatus >= 500);
}
