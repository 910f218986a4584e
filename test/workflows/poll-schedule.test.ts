import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextDelayMs, type PollMoment } from '../../src/workflows/poll-schedule';
import { observeProgress, type Progress, remainingMs } from '../../src/workflows/progress';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const moment = fc
  .record({
    elapsedMs: fc.integer({ min: 0, max: 72 * HOUR }),
    remainingMs: fc.option(fc.integer({ min: 0, max: 72 * HOUR })),
    minIntervalMs: fc.integer({ min: 1, max: 5 * MINUTE }),
    spread: fc.integer({ min: 0, max: 30 * MINUTE }),
    untilLastLookMs: fc.integer({ min: 0, max: 24 * HOUR }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  })
  .map(({ spread, ...rest }): PollMoment => ({ ...rest, maxIntervalMs: rest.minIntervalMs + spread }));

const usual: PollMoment = {
  elapsedMs: 2 * HOUR,
  remainingMs: null,
  minIntervalMs: 10 * SECOND,
  maxIntervalMs: 10 * MINUTE,
  untilLastLookMs: 20 * HOUR,
  random: 0.5,
};

describe('the poll schedule', () => {
  it('never waits less than the minimum, unless the last look before the deadline is nearer', () => {
    forEveryMoment((m, delayMs) =>
      expect(delayMs).toBeGreaterThanOrEqual(Math.min(m.minIntervalMs, m.untilLastLookMs)),
    );
  });

  it('never waits more than the maximum, nor past the last look before the deadline', () => {
    forEveryMoment((m, delayMs) => expect(delayMs).toBeLessThanOrEqual(Math.min(m.maxIntervalMs, m.untilLastLookMs)));
  });

  it('never trusts an estimate for longer than a share of the time already spent', () => {
    forEveryMoment((m, delayMs) => {
      expect(delayMs).toBeLessThanOrEqual(Math.max(m.minIntervalMs, 0.12 * m.elapsedMs) * 1.15 + 1);
    });
  });

  it('waits for half the estimated time left near the end', () => {
    expect(nextDelayMs({ ...usual, remainingMs: 4 * MINUTE })).toBe(2 * MINUTE);
  });

  it('ramps up to two minutes while nothing tells how far the job is', () => {
    expect(nextDelayMs({ ...usual, elapsedMs: MINUTE })).toBe(10 * SECOND + Math.round(0.5 * 0.15 * 10 * SECOND));
    expect(nextDelayMs(usual)).toBe(2 * MINUTE);
  });

  it('draws each delay anew, so that exports started together drift apart', () => {
    const delays = [0, 0.3, 0.6, 0.9].map((random) => nextDelayMs({ ...usual, random }));
    expect(new Set(delays).size).toBe(4);
  });

  it('looks at a linear nine-hour export about a hundred times and finds its end within minutes', () => {
    const runs = Array.from({ length: 40 }, (_, seed) => simulate((9 + (seed - 20) * 0.13) * HOUR, 10_000 + seed));
    const polls = runs.map((run) => run.polls);
    expect(Math.max(...polls)).toBeLessThanOrEqual(125);
    expect(median(runs.map((run) => run.lateMs))).toBeLessThanOrEqual(75 * SECOND);
    expect(Math.max(...runs.map((run) => run.lateMs))).toBeLessThanOrEqual(10 * MINUTE);
  });
});

function forEveryMoment(check: (m: PollMoment, delayMs: number) => void): void {
  fc.assert(
    fc.property(moment, (m) => {
      check(m, nextDelayMs(m));
    }),
  );
}

/** Polls a job of one-percent steps until its end is seen. */
function simulate(lengthMs: number, seed: number): { polls: number; lateMs: number } {
  let progress: Progress = [];
  let state = seed;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  for (let nowMs = 0, polls = 1; ; polls++) {
    if (nowMs >= lengthMs) return { polls, lateMs: nowMs - lengthMs };
    progress = observeProgress(progress, Math.floor((nowMs / lengthMs) * 100) / 100, nowMs);
    const left = remainingMs(progress, nowMs);
    nowMs += nextDelayMs({ ...usual, elapsedMs: nowMs, remainingMs: left, random: random() });
  }
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
