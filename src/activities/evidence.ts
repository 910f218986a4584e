/**
 * One reading is no verdict. What would end an export, or leave something behind, is read again by further attempts of the
 * same activity, which add no events to the history, and counts only when each of them found the same.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { CloudErrorInfo, FailedAttempt } from '../contract';
import { atLeast, formatDuration } from '../export/time';

/** Waits before each further reading. There is one reading more than there are waits. */
export interface EvidenceWaits {
  /** Of what is not there, or is not as it should be. */
  contradictedMs: readonly number[];
  /** Of a refusal of credentials or their permissions. */
  refusedMs: readonly number[];
  /** Of a run that Temporal does not list: what has ended is listed a little later. */
  notListedMs: readonly number[];
  /** Of an endpoint that is wrong: an unknown host, a certificate that is not trusted. Within a minute in all. */
  wrongEndpointMs: readonly number[];
  /** Before the end of a list is read again, within one attempt. */
  endOfListMs: number;
}

export const EVIDENCE_WAITS: EvidenceWaits = {
  // Four readings over about two minutes: longer than a gateway is reloaded, or a service fails over.
  contradictedMs: [10_000, 30_000, 70_000],
  // No more than two: each failed signature brings the lock of the key nearer.
  refusedMs: [60_000],
  // The lists of Temporal lag behind by a second or two, on a busy service by some more.
  notListedMs: [8_000],
  wrongEndpointMs: [20_000],
  endOfListMs: 1_000,
};

/** The type of the failure that asks for another reading. */
export const READ_AGAIN = 'ReadAgain';

/** How often each finding was made, in a row. In the heartbeat details, where the next attempt finds it. */
interface Seen {
  seen?: { [finding: string]: number };
}

/**
 * Returns once each finding was made by so many attempts in a row. Another answer in between begins anew; an attempt without
 * an answer neither counts nor forgets.
 *
 * All findings of an attempt are given at once: what is not named counts as not found this time.
 *
 * @param findings sentences, the same for the same finding
 * @param kept for the next attempt, beside the findings
 * @param why what a person reads after the finding; it may differ from attempt to attempt
 * @throws ApplicationFailure ReadAgain, retryable, while one of them was not made often enough
 */
export function seenAgain(findings: readonly string[], waitsMs: readonly number[], kept: object = {}, why = ''): void {
  eachSeenAgain(
    findings.map((finding) => ({ finding, waitsMs })),
    kept,
    why,
  );
}

/** The same, for findings that are looked at so often each. */
export function eachSeenAgain(
  findings: ReadonlyArray<{ finding: string; waitsMs: readonly number[] }>,
  kept: object = {},
  why = '',
): void {
  const before = seenBefore();
  const made = findings.map(({ finding, waitsMs }) => ({ finding, waitsMs, reads: (before?.[finding] ?? 0) + 1 }));
  const tooFew = made.filter(({ reads, waitsMs }) => reads <= waitsMs.length);
  const [least] = tooFew.sort((one, other) => one.reads - other.reads);
  if (least === undefined) return;
  const { finding, waitsMs, reads } = least;
  const seen = Object.fromEntries(made.map((one) => [one.finding, one.reads]));
  heartbeat({ ...kept, seen } satisfies Seen);
  const waitMs = atLeast(waitsMs[reads - 1] ?? 0);
  throw ApplicationFailure.create({
    type: READ_AGAIN,
    message: `${finding}${why && `: ${why}`} (reading ${reads} of ${waitsMs.length + 1}; the next one in ${formatDuration(waitMs)})`,
    nextRetryDelay: waitMs,
    details: [kept],
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** Heartbeats the progress of an attempt, and keeps what the attempts before it have found. */
export function heartbeatProgress(progress: object): void {
  const seen = seenBefore();
  heartbeat(seen === undefined ? progress : ({ ...progress, seen } satisfies Seen));
}

/**
 * Heartbeats what the attempt fails with, beside all that was known before. An activity whose time runs out ends with a timeout,
 * which says nothing of the failures of its attempts.
 */
export function heartbeatFailure(failed: CloudErrorInfo): void {
  const context = Context.current();
  const known = latest.get(context) ?? (context.info.heartbeatDetails as object | undefined);
  heartbeat({ ...known, failed } satisfies FailedAttempt);
}

/** The last heartbeat of an attempt that runs. */
const latest = new WeakMap<Context, object>();

function heartbeat(details: object): void {
  const context = Context.current();
  latest.set(context, details);
  context.heartbeat(details);
}

function seenBefore(): Seen['seen'] {
  return (Context.current().info.heartbeatDetails as Seen | undefined)?.seen;
}
