import { expect, test } from 'vitest';
import { PARSERS } from './parsers';
import { MEMORY_LIMIT_MB, runFuzz } from './run-fuzz';

/** The short form of `npm run fuzz`, which has 10,000 cases for each parser. */
const CASES = 60;
const SEED = 4;

test(`${CASES} random answers to each parser end as a proper value or as a CloudError, within ${MEMORY_LIMIT_MB} MB`, async () => {
  const { parsers, peakGrowthMb, answers } = await runFuzz({ seed: SEED, cases: CASES });
  const failures = parsers.flatMap(({ parser, failures }) =>
    failures.map(({ index, fault }) => `npm run fuzz -- --seed ${SEED} --parser ${parser} --case ${index}: ${fault}`),
  );
  expect(failures).toEqual([]);
  expect(parsers.map(({ parser, cases }) => [parser, cases])).toEqual(PARSERS.map(({ name }) => [name, CASES]));
  expect(peakGrowthMb).toBeLessThan(MEMORY_LIMIT_MB);
  // The cases would prove little if they were all refused at the door, or all accepted.
  const local = new Set(PARSERS.filter((parser) => parser.local).map(({ name }) => name));
  for (const { parser, values, errors } of parsers) {
    // A token needs two good answers in a row.
    if (parser !== 'IamToken' && parser !== 'IdTokenKey') expect(values, `${parser}: values`).toBeGreaterThan(0);
    if (local.has(parser)) expect(errors, `${parser}: errors`).toBe(0);
    else expect(errors, `${parser}: errors`).toBeGreaterThan(CASES / 10);
  }
  expect(Object.keys(answers)).toEqual(expect.arrayContaining(['huge', 'deep', 'binary', 'no HTTP', 'wrong shape']));
}, 180_000);
