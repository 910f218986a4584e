import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { notSubmitted, OUTAGE_MS } from '../../src/activities/input-checks';
import { NO_EXPORT } from '../../src/export/failures';

/** What an activity fails with after an error, when it has been tried for so long. */
function failsWith(error: unknown, triedForMs: number, outageMs = OUTAGE_MS): Promise<unknown> {
  const info = { scheduledTimestampMs: 1_000, currentAttemptScheduledTimestampMs: 1_000 + triedForMs };
  const patience = { account: 'default', context: NO_EXPORT, budgetMs: 7_200_000, outageMs };
  return new MockActivityEnvironment({ ...info, scheduleToCloseTimeoutMs: 7_200_000 }).run(async () =>
    notSubmitted({ accounts: new Map() }, error, patience),
  );
}

const TEMPORAL_AWAY = ApplicationFailure.create({ type: 'TemporalUnavailable', message: 'away' });

describe('an activity that submits nothing', () => {
  it.each([
    ['Temporal is away', TEMPORAL_AWAY, 'TemporalUnavailable'],
    ['a bug is met', new TypeError('a bug'), 'ACTIVITY_FAILED'],
  ])('is retried for a quarter of an hour while %s, and no longer', async (_what, error, code) => {
    expect(await failsWith(error, OUTAGE_MS - 1)).toBe(error);
    expect(await failsWith(error, OUTAGE_MS)).toMatchObject({
      type: 'SubmitRejected',
      nonRetryable: true,
      message: expect.stringContaining(error.message),
      details: [{ error: { code } }],
    });
  });

  it('leaves its time limits to a workflow that sets none', async () => {
    expect(await failsWith(TEMPORAL_AWAY, 7_000_000, Number.POSITIVE_INFINITY)).toBe(TEMPORAL_AWAY);
  });

  it.each([
    ['a final failure', ApplicationFailure.nonRetryable('no', 'InvalidExportRequest')],
    ['a request for another reading', ApplicationFailure.retryable('not there', 'ReadAgain')],
    ['a cancel', new CancelledFailure('canceled')],
  ])('fails with %s as it is, however late', async (_what, error) => {
    expect(await failsWith(error, 2 * OUTAGE_MS)).toBe(error);
  });
});
