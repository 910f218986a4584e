import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fractionDone, isStalled, observeProgress, type Progress, remainingMs } from '../../src/workflows/progress';

const MINUTE = 60_000;

function observe(readings: Array<[minute: number, fraction: number | null]>): Progress {
  return readings.reduce<Progress>(
    (progress, [minute, fraction]) => observeProgress(progress, fraction, minute * MINUTE),
    [],
  );
}

describe('progress', () => {
  it('never falls, whatever the cloud tells', () => {
    const reading = fc.option(fc.double({ min: -1, max: 3 }));
    fc.assert(
      fc.property(fc.array(reading), (readings) => {
        let progress: Progress = [];
        let before = 0;
        readings.forEach((fraction, minute) => {
          progress = observeProgress(progress, fraction, minute * MINUTE);
          const now = fractionDone(progress) ?? 0;
          expect(now).toBeGreaterThanOrEqual(before);
          expect(now).toBeLessThanOrEqual(1);
          before = now;
        });
      }),
    );
  });

  it('tells nothing where the cloud tells nothing', () => {
    expect(fractionDone(observe([[0, null]]))).toBeNull();
    expect(remainingMs(observe([[0, null]]), MINUTE)).toBeNull();
  });

  it('estimates the time left from the recent rate', () => {
    const progress = observe([
      [0, 0.1],
      [10, 0.2],
      [20, 0.3],
    ]);
    expect(remainingMs(progress, 20 * MINUTE)).toBeCloseTo(70 * MINUTE, -3);
    expect(remainingMs(progress, 25 * MINUTE)).toBeCloseTo(65 * MINUTE, -3);
  });

  it('does not count a repeated level as progress', () => {
    const progress = observe([
      [0, 0.1],
      [10, 0.2],
      [11, 0.2],
      [19, 0.2],
      [20, 0.3],
    ]);
    expect(progress).toHaveLength(3);
  });

  it('follows a rate that changes', () => {
    const slowThenFast = observe([
      [0, 0.01],
      [100, 0.02],
      ...Array.from({ length: 12 }, (_, step): [number, number] => [101 + step, 0.05 + step * 0.05]),
    ]);
    expect(remainingMs(slowThenFast, 112 * MINUTE)).toBeLessThan(10 * MINUTE);
  });

  it('no longer believes its estimate when no new level comes', () => {
    const progress = observe([
      [0, 0.97],
      [10, 0.98],
      [20, 0.99],
    ]);
    expect(remainingMs(progress, 40 * MINUTE)).not.toBeNull();
    expect(remainingMs(progress, 60 * MINUTE)).toBeNull();
  });

  it('has stalled after the given time without a new level', () => {
    const progress = observe([
      [0, 0.1],
      [10, 0.2],
      [15, 0.2],
    ]);
    expect(isStalled(progress, 0, 30 * MINUTE, 39 * MINUTE)).toBe(false);
    expect(isStalled(progress, 0, 30 * MINUTE, 40 * MINUTE)).toBe(true);
    expect(isStalled([], 5 * MINUTE, 30 * MINUTE, 34 * MINUTE)).toBe(false);
    expect(isStalled([], 5 * MINUTE, 30 * MINUTE, 35 * MINUTE)).toBe(true);
  });
});
