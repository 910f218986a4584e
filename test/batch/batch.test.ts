import { expect, it } from 'vitest';
import { judge, reportOf } from './judgement';
import { perform } from './perform';
import { SHORT_TRIAL } from './plan';

/** The short form of `npm run batch`. */
it('a batch whose worker is killed reaches the right verdict on each image and exports none twice', {
  timeout: 180_000,
}, async () => {
  const record = await perform(SHORT_TRIAL);
  const report = reportOf(record);
  console.info(report);
  expect(judge(record), report).toEqual([]);
});
