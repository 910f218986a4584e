import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextDelayMs, type PollMoment } from '../../src/workflows/poll-schedule';
import { dueInMs, observeProgress, type Progress } from '../../src/workflows/progress';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const moment = fc
  .record({
    elapsedMs: fc.integer({ min: 0, max: 72 * HOUR }),
    remainingMs: fc.option(fc.integer({ min: -72 * HOUR, max: 72 * HOUR })),
    minIntervalMs: fc.integer({ min: 1, max: 5 * MINUTE }),
    spread: fc.integer({ min: 0, max: 30 * MINUTE }),
    untilFinalPollMs: fc.integer({ min: 0, max: 24 * HOUR }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  })
  .map(({ spread, ...rest }): PollMoment => ({ ...rest, maxIntervalMs: rest.minIntervalMs + spread }));

const usual: PollMoment = {
  elapsedMs: 2 * HOUR,
  remainingMs: null,
  minIntervalMs: 10 * SECOND,
  maxIntervalMs: 10 * MINUTE,
  untilFinalPollMs: 20 * HOUR,
  random: 0.5,
};

describe('the poll schedule', () => {
  it('never waits less than the minimum, unless the last poll before the deadline is sooner', () => {
    forEveryMoment((m, delayMs) =>
      expect(delayMs).toBeGreaterThanOrEqual(Math.min(m.minIntervalMs, m.untilFinalPollMs)),
    );
  });

  it('never waits more than the maximum, nor past the last poll before the deadline', () => {
    forEveryMoment((m, delayMs) => expect(delayMs).toBeLessThanOrEqual(Math.min(m.maxIntervalMs, m.untilFinalPollMs)));
  });

  it('never relies on an estimate for longer than a share of the time already spent', () => {
    forEveryMoment((m, delayMs) => {
      expect(delayMs).toBeLessThanOrEqual(Math.max(m.minIntervalMs, 0.2 * m.elapsedMs) * 1.15 + 1);
    });
  });

  it('adds jitter to every delay, also at the minimum and the maximum', () => {
    forEveryMoment((m) => {
      const unclipped = { ...m, untilFinalPollMs: Number.MAX_SAFE_INTEGER };
      const shortestMs = nextDelayMs({ ...unclipped, random: 0 });
      const longestMs = nextDelayMs({ ...unclipped, random: 1 - Number.EPSILON });
      const room = Math.min(1.15, m.maxIntervalMs / m.minIntervalMs);
      expect(longestMs).toBeGreaterThanOrEqual(shortestMs * room - 1);
    });
  });

  it('waits less the nearer the estimated end is', () => {
    fc.assert(
      fc.property(moment, fc.nat(), (m, sooner) => {
        const remaining = Math.abs(m.remainingMs ?? 0);
        const nearer = { ...m, remainingMs: Math.max(0, remaining - sooner) };
        expect(nextDelayMs(nearer)).toBeLessThanOrEqual(nextDelayMs({ ...m, remainingMs: remaining }));
      }),
    );
  });

  it('waits for half the estimated time left near the end', () => {
    expect(nextDelayMs({ ...usual, remainingMs: 4 * MINUTE })).toBe(2 * MINUTE);
  });

  it('lengthens the delay to 90 s again once the estimated end has passed', () => {
    expect(nextDelayMs({ ...usual, remainingMs: -4 * MINUTE })).toBe(MINUTE);
    expect(nextDelayMs({ ...usual, remainingMs: -2 * HOUR })).toBe(90 * SECOND);
  });

  it('limits how often it polls around the estimated end', () => {
    const delays = [HOUR, 9 * HOUR, 36 * HOUR].map((elapsedMs) => nextDelayMs({ ...usual, elapsedMs, remainingMs: 0 }));
    expect(delays).toEqual([10_750, 30 * SECOND, MINUTE]);
  });

  it('grows to two minutes while the progress is unknown', () => {
    expect(nextDelayMs({ ...usual, elapsedMs: 30 * SECOND })).toBe(10_750);
    expect(nextDelayMs({ ...usual, elapsedMs: 5 * MINUTE })).toBe(MINUTE);
    expect(nextDelayMs(usual)).toBe(2 * MINUTE);
  });
});

describe('an export polled by the schedule', () => {
  it('is seen to have ended within one bounded delay, whatever progress it reported', () => {
    forEveryJob((job) => {
      const looksMs = looksAt(job);
      const lateMs = (looksMs.at(-1) ?? 0) - job.lengthMs;
      expect(lateMs).toBeGreaterThanOrEqual(0);
      const boundMs = Math.min(usual.maxIntervalMs, Math.max(usual.minIntervalMs, 0.2 * job.lengthMs) * 1.15);
      expect(lateMs).toBeLessThanOrEqual(boundMs + 1);
    });
  });

  it('is not polled again once its end was seen', () => {
    forEveryJob((job) => {
      expect(looksAt(job).filter((atMs) => atMs >= job.lengthMs)).toHaveLength(1);
    });
  });

  it('is polled a last time exactly at the time before the deadline, and never after', () => {
    forEveryJob((job) => {
      const lastLookAtMs = 0.6 * job.lengthMs;
      const looksMs = looksAt(job, lastLookAtMs);
      expect(looksMs.at(-1)).toBe(lastLookAtMs);
      expect(looksMs.filter((atMs) => atMs >= lastLookAtMs)).toHaveLength(1);
    });
  });

  it('drifts apart from others that started with it', () => {
    const fleet = Array.from({ length: 200 }, (_, seed) => looksAt({ lengthMs: HOUR, told: [null], seed }));
    const secondOfTwentieth = fleet.map((looksMs) => Math.floor((looksMs[19] ?? 0) / SECOND));
    const most = Math.max(...secondOfTwentieth.map((one) => secondOfTwentieth.filter((other) => other === one).length));
    expect(most).toBeLessThanOrEqual(20);
  });
});

interface Job {
  lengthMs: number;
  /** What it tells in equal parts of its time. */
  told: Array<number | null>;
  seed: number;
}

const job = fc.record<Job>({
  lengthMs: fc.integer({ min: 1, max: 12 * HOUR }),
  told: fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 1, maxLength: 40 }),
  seed: fc.nat(),
});

function forEveryJob(check: (job: Job) => void): void {
  fc.assert(fc.property(job, check));
}

/** When a job is looked at, up to the look that sees its end or the last before the deadline. */
function looksAt({ lengthMs, told, seed }: Job, lastLookAtMs = Number.POSITIVE_INFINITY): number[] {
  const random = randomOf(seed);
  const looksMs: number[] = [];
  let progress: Progress = [];
  for (let nowMs = 0; ; ) {
    looksMs.push(nowMs);
    if (nowMs >= lengthMs || nowMs >= lastLookAtMs) return looksMs;
    progress = observeProgress(progress, told[Math.floor((nowMs / lengthMs) * told.length)] ?? null, nowMs);
    const remainingMs = dueInMs(progress, nowMs);
    const untilFinalPollMs = lastLookAtMs - nowMs;
    nowMs += nextDelayMs({
      ...usual,
      elapsedMs: nowMs,
      remainingMs,
      untilFinalPollMs: untilFinalPollMs,
      random: random(),
    });
  }
}

function randomOf(seed: number): () => number {
  let state = seed + 10_000;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

function forEveryMoment(check: (m: PollMoment, delayMs: number) => void): void {
  fc.assert(
    fc.property(moment, (m) => {
      check(m, nextDelayMs(m));
    }),
  );
}
