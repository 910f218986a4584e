import { expect, it } from 'vitest';
import { describePlan, planOf } from './plan';

const FLAGS = { minutes: 8, exports: 64 };
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

it('the chaos plan of a seed is always the same, and differs for another seed', () => {
  const plans = SEEDS.map((seed) => JSON.stringify(planOf(seed, FLAGS)));
  expect(SEEDS.map((seed) => JSON.stringify(planOf(seed, FLAGS)))).toEqual(plans);
  expect(new Set(plans).size).toBe(plans.length);
});

it('each chaos plan of eight minutes has every kind of export and of action, on every process', () => {
  for (const seed of SEEDS) {
    const { exports, actions, batch } = planOf(seed, FLAGS);
    expect(exports.length + batch.images).toBeGreaterThan(50);
    expect(new Set(exports.map(({ kind }) => kind)).size).toBe(6);
    const planned = new Set(actions.map((action) => action.do));
    expect(planned.size, describePlan(planOf(seed, FLAGS))).toBe(17);
    const processes = new Set(actions.flatMap((action) => ('who' in action ? [action.who] : [])));
    expect(processes.size).toBe(5);
  }
});

it('nothing is done to a chaos run after it is healed', () => {
  for (const seed of SEEDS) {
    for (const minutes of [0.1, 1, 8]) {
      const { actions, exports, healAtMs } = planOf(seed, { minutes, exports: 64 });
      expect([...actions, ...exports].filter(({ atMs }) => atMs > healAtMs)).toEqual([]);
    }
  }
});
