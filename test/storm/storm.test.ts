import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judge } from './judgement';
import { perform } from './perform';
import { describePlan, planOf } from './plan';
import { openStage, type Stage } from './stage';
import { timelineOf } from './timeline';
import type { Trouble } from './troubles';

/** A few kinds of trouble; `npm run storm` has all of them, ten times each and more. */
const SHORT_FORM: Trouble[] = [
  'dropAfter',
  'killedInPost',
  'frozenBeforePostForLong',
  'frozenInPostForLong',
  'resetInReconcile',
  'cancelSettling',
  'probe403',
];

describe('a submit in the storm', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());

  it.each(SHORT_FORM)('makes one export for one intent: %s', async (trouble) => {
    const plan = planOf(firstSeedOf(trouble));
    const record = await perform(plan, stage);
    expect(judge(record), `${describePlan(plan)}\n${timelineOf(record)}`).toEqual([]);
  });
});

/** As `npm run storm` counts. */
function firstSeedOf(trouble: Trouble): number {
  let seed = 1_000;
  while (planOf(seed).trouble !== trouble) seed += 1;
  return seed;
}
