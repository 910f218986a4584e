import { afterAll, beforeAll, describe, it } from 'vitest';
import { firstSeedWhere, performWell } from '../short-form';
import { storm } from '.';
import type { Stage } from './stage';
import type { Trouble } from './troubles';

/** A few kinds of trouble; `npm run storm` has all of them, ten times each and more. */
const SHORT_FORM: Trouble[] = [
  'dropAfter',
  'killedInPost',
  'frozenBeforePostForLong',
  'frozenInPostForLong',
  'resetInReconcile',
  'cancelSettling',
  'probeRefused',
  'suspendedBeforePost',
  'temporalStoppedInPost',
];

describe('a submit in the storm', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await storm.openStage();
  });
  afterAll(() => stage.close());

  it.each(SHORT_FORM)('makes one export for one intent: %s', async (trouble) => {
    const plan = firstSeedWhere(storm, (of) => of.trouble === trouble);
    await performWell(storm, plan, stage);
  });
});
