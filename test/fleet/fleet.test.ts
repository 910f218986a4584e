import { expect, it } from 'vitest';
import { judge } from './judgement';
import { perform } from './perform';
import { reportOf } from './report';

/** The short form of `npm run fleet`. The submits are let through at once, so that only jitter keeps the polls apart. */
it('a fleet of 60 exports keeps its limits for a minute, spreads its polls, and loses no export', {
  timeout: 180_000,
}, async () => {
  const record = await perform({ exports: 60, seconds: 60, requestsPerSecond: 150, submitsPerSecond: 30 });
  const report = reportOf(record);
  console.log(report);
  expect(judge(record), report).toEqual([]);
});
