import { afterAll, beforeAll, describe, it } from 'vitest';
import { casesOf } from '../../rigs/long-form';
import { firstSeedWhere, performWell } from '../short-form';
import { storm } from '.';
import type { Stage } from './stage';
import type { Trouble } from './troubles';

/**
 * A few kinds of trouble; `npm run storm` has all of them, ten times each and more. The last two, of the long form, have tests
 * in test/workflows/submission and test/failures, too.
 */
const TROUBLES: Trouble[] = [
  'killedInPost',
  'frozenBeforePostForLong',
  'frozenInPostForLong',
  'suspendedBeforePost',
  'temporalStoppedInPost',
  'cancelSettling',
  'probeRefused',
  'dropAfter',
  'resetInReconcile',
];
const SHORT_FORM = 7;

describe('a submit in the storm', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await storm.openStage();
  });
  afterAll(() => stage.close());

  it.each(casesOf(TROUBLES, SHORT_FORM))('makes one export for one intent: %s', async (trouble) => {
    const plan = firstSeedWhere(storm, (of) => of.trouble === trouble);
    await performWell(storm, plan, stage);
  });
});
