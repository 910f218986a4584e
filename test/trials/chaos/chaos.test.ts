import { expect, it } from 'vitest';
import { performWell } from '../short-form';
import { openNoStage } from '../trial';
import { chaos } from '.';

/** Seconds, and nothing that takes the timeout of an activity to heal. */
const SHORT = { minutes: 0.1, exports: 12 };

it('12 exports on real processes, which are killed, frozen and cut off, end with verdicts that the cloud agrees with', {
  timeout: 180_000,
}, async () => {
  const plan = chaos.planOf(1, SHORT);
  if (plan === null) throw new Error('no plan');
  const record = await performWell(chaos, plan, await openNoStage());
  console.info(chaos.describeRecord(record));
  // A run in which nothing came about says nothing.
  expect(record.faults.length).toBeGreaterThanOrEqual(3);
  expect(record.exports.filter(({ verdict }) => verdict.kind === 'succeeded').length).toBeGreaterThan(0);
});
