import { expect, it } from 'vitest';
import { describePlan, planOf } from './plan';
import { TROUBLES } from './troubles';

const SEEDS = Array.from({ length: 620 }, (_, index) => 1_000 + index);

it('the storm plan of a seed is always the same, and differs for another seed', () => {
  const plans = SEEDS.map((seed) => describePlan(planOf(seed)));
  expect(SEEDS.map((seed) => describePlan(planOf(seed)))).toEqual(plans);
  expect(new Set(plans).size).toBe(plans.length);
});

it('620 seeds of the storm contain every kind of trouble at least ten times', () => {
  const counts = new Map(Object.keys(TROUBLES).map((trouble) => [trouble, 0]));
  for (const seed of SEEDS) {
    const { trouble } = planOf(seed);
    counts.set(trouble, (counts.get(trouble) ?? 0) + 1);
  }
  expect([...counts].filter(([, times]) => times < 10)).toEqual([]);
});

it('about a third of 620 storm seeds run without the guard of a busy image', () => {
  const share = SEEDS.filter((seed) => planOf(seed).busyGuard === 'off').length / SEEDS.length;
  expect(share).toBeGreaterThan(0.28);
  expect(share).toBeLessThan(0.4);
});
