import { it } from 'vitest';
import { performWell } from '../short-form';
import { openNoStage } from '../trial';
import { fleet } from '.';

/** The submits are not held back, so that only jitter keeps the polls apart. */
const FLAGS = { exports: 60, seconds: 60, rps: 150, 'submits-per-second': 30 };

it('60 exports at once for a minute keep to the request limits, spread their polls, and all end', {
  timeout: 180_000,
}, async () => {
  const plan = fleet.planOf(1, FLAGS);
  if (plan === null) throw new Error('no plan');
  const record = await performWell(fleet, plan, await openNoStage());
  console.log(fleet.describeRecord(record));
});
