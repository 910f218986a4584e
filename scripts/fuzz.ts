/**
 * Random answers of the cloud, and random configuration (environments, proxies, profiles, tokens, regions), 10,000 to each parser:
 *
 *   npm run fuzz -- [--seed N] [--cases N] [--parser NAME --case N]
 *
 * Prints what became of them and how much memory they cost; the exit code is 1 when an answer led to anything but a
 * proper value or a CloudError, or when the memory grew by more than 50 MB. A failure names parser and case, so that it
 * can be run again alone with its seed.
 */
import { parseArgs } from 'node:util';
import type { ParserReport } from '../test/huaweicloud/fuzz/child';
import { PARSERS } from '../test/huaweicloud/fuzz/parsers';
import { MEMORY_LIMIT_MB, runFuzz } from '../test/huaweicloud/fuzz/run-fuzz';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    cases: { type: 'string', default: '10000' },
    parser: { type: 'string' },
    case: { type: 'string' },
  },
});

async function main(): Promise<void> {
  const seed = Number(values.seed);
  const cases = Number(values.cases);
  const index = values.case === undefined ? undefined : Number(values.case);
  const parsers = PARSERS.map(({ name }) => name).filter(
    (name) => values.parser === undefined || name === values.parser,
  );
  console.log(
    `seed ${seed}, ${index === undefined ? `${cases} cases` : `case ${index}`} of each of ${parsers.length} parsers`,
  );
  const sums = { cases: 0, failures: 0, peakGrowthMb: 0 };
  const answers = new Map<string, number>();
  for (const parser of parsers) {
    // In a process of its own each, so that the memory of one is not that of another.
    const report = await runFuzz({ seed, cases, parser, index });
    for (const result of report.parsers) print(result);
    sums.cases += report.parsers.reduce((sum, { cases }) => sum + cases, 0);
    sums.failures += report.parsers.reduce((sum, { failures }) => sum + failures.length, 0);
    sums.peakGrowthMb = Math.max(sums.peakGrowthMb, report.peakGrowthMb);
    for (const [kind, count] of Object.entries(report.answers)) answers.set(kind, (answers.get(kind) ?? 0) + count);
  }
  const kinds = [...answers].sort(([, a], [, b]) => b - a);
  console.log(`answers: ${kinds.map(([kind, count]) => `${count} ${kind}`).join(', ')}`);
  const memory = `${sums.peakGrowthMb.toFixed(1)} MB more at the peak, at most ${MEMORY_LIMIT_MB} allowed`;
  console.log(`${sums.cases} cases, ${sums.failures} failures, ${memory}`);
  process.exitCode = sums.failures === 0 && sums.peakGrowthMb <= MEMORY_LIMIT_MB ? 0 : 1;
}

function print({ parser, cases, values, errors, failures, ...worst }: ParserReport): void {
  const { slowestMs, slowest, peakGrowthMb, peak } = worst;
  const ends = `${values} values, ${errors} CloudErrors, ${failures.length} failures`;
  const most = `slowest ${slowestMs.toFixed(0)} ms (case ${slowest}), memory ${peakGrowthMb.toFixed(0)} MB (case ${peak})`;
  console.log(`${parser.padEnd(16)} ${cases} cases: ${ends}; ${most}`);
  for (const { index, fault } of failures.slice(0, 5)) console.log(`  --parser ${parser} --case ${index}: ${fault}`);
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
