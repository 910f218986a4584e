import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dueInMs,
  fractionDone,
  isStalled,
  observeProgress,
  type Progress,
  remainingMs,
} from '../../src/workflows/progress';

const MINUTE = 60_000;

function observe(readings: Array<[minute: number, fraction: number | null]>): Progress {
  return readings.reduce<Progress>(
    (progress, [minute, fraction]) => observeProgress(progress, fraction, minute * MINUTE),
    [],
  );
}

describe('the progress of a job', () => {
  it('never falls, whatever the cloud reports', () => {
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

  it('never gives a negative time left, whatever the cloud reports', () => {
    const reading = fc.option(fc.double({ min: -1, max: 3 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(600), reading)), fc.nat(600), (steps, later) => {
        let minute = 0;
        const readings = steps.map(([gap, fraction]): [number, number | null] => {
          minute += gap;
          return [minute, fraction];
        });
        const left = remainingMs(observe(readings), (minute + later) * MINUTE);
        expect(left === null || (left >= 0 && Number.isFinite(left))).toBe(true);
      }),
    );
  });

  it('estimates the end of a steady job to the minute', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 3_000 }), fc.integer({ min: 2, max: 99 }), (minutes, percent) => {
        const levels = Array.from({ length: percent }, (_, level): [number, number] => [
          (level * minutes) / 100,
          level / 100,
        ]);
        const nowMs = (levels.at(-1)?.[0] ?? 0) * MINUTE;
        expect(dueInMs(observe(levels), nowMs)).toBeCloseTo(minutes * MINUTE - nowMs, -3);
      }),
    );
  });

  it('keeps six levels, and reads more that an earlier run kept', () => {
    const level = (step: number) => ({ atMs: step * MINUTE, fraction: step / 100 });
    const carried: Progress = Array.from({ length: 12 }, (_, step) => level(step));
    expect(remainingMs(carried, 11 * MINUTE)).toBeCloseTo(89 * MINUTE, -3);
    expect(observeProgress(carried, 0.12, 12 * MINUTE)).toEqual([7, 8, 9, 10, 11, 12].map(level));
  });

  it('is unknown when the cloud reports none', () => {
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

  it('says by how much a job is later than estimated', () => {
    const progress = observe([
      [0, 0.97],
      [10, 0.98],
      [20, 0.99],
    ]);
    expect(dueInMs(progress, 45 * MINUTE)).toBeCloseTo(-15 * MINUTE, -3);
    expect(remainingMs(progress, 45 * MINUTE)).toBe(0);
  });

  it('is not distorted by late polls', () => {
    const progress = observe([
      [0, 0.5],
      [18, 0.6],
      [20, 0.7],
      [38, 0.8],
      [40, 0.9],
    ]);
    expect(remainingMs(progress, 40 * MINUTE)).toBeCloseTo(10 * MINUTE, -3);
    const lateLast = [...progress.slice(0, -1), { atMs: 44 * MINUTE, fraction: 0.9 }];
    expect(remainingMs(lateLast, 44 * MINUTE)).toBeLessThan(10 * MINUTE);
  });

  it('gives no time left from a step too small to measure', () => {
    const progress = observe([
      [0, 0],
      [10, Number.MIN_VALUE],
    ]);
    expect(remainingMs(progress, 10 * MINUTE)).toBeNull();
  });

  it('does not count a repeated level', () => {
    const progress = observe([
      [0, 0.1],
      [10, 0.2],
      [11, 0.2],
      [19, 0.2],
      [20, 0.3],
    ]);
    expect(progress).toHaveLength(3);
  });

  it('follows a changing rate', () => {
    const slowThenFast = observe([
      [0, 0.01],
      [100, 0.02],
      ...Array.from({ length: 12 }, (_, step): [number, number] => [101 + step, 0.05 + step * 0.05]),
    ]);
    expect(remainingMs(slowThenFast, 112 * MINUTE)).toBeLessThan(10 * MINUTE);
  });

  it('drops its estimate when no new level comes', () => {
    const progress = observe([
      [0, 0.97],
      [10, 0.98],
      [20, 0.99],
    ]);
    expect(remainingMs(progress, 60 * MINUTE)).not.toBeNull();
    expect(remainingMs(progress, 61 * MINUTE)).toBeNull();
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
