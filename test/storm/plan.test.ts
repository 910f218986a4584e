import { expect, it } from 'vitest';
import { describePlan, planOf } from './plan';
import { TROUBLES } from './troubles';

const SEEDS = Array.from({ length: 500 }, (_, index) => 1_000 + index);

it('a seed is always the same plan, and another seed another', () => {
  const plans = SEEDS.map((seed) => describePlan(planOf(seed)));
  expect(SEEDS.map((seed) => describePlan(planOf(seed)))).toEqual(plans);
  expect(new Set(plans).size).toBe(plans.length);
});

it('500 seeds have every kind of trouble ten times at least', () => {
  const counts = new Map(Object.keys(TROUBLES).map((trouble) => [trouble, 0]));
  for (const seed of SEEDS) {
    const { trouble } = planOf(seed);
    counts.set(trouble, (counts.get(trouble) ?? 0) + 1);
  }
  expect([...counts].filter(([, times]) => times < 10)).toEqual([]);
});
