/**
 * Random answers of the cloud, 10,000 to each parser:
 *
 *   npm run fuzz -- [--seed N] [--cases N] [--parser NAME --case N]
 *
 * Prints what became of them and how much memory they cost; the exit code is 1 when an answer led to anything but a
 * proper value or a CloudError, or when the memory grew by more than 50 MB. A failure names seed, parser and case, so
 * that it can be run again alone.
 */
import { parseArgs } from 'node:util';
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
  const { seed, cases, parser } = values;
  const only = parser === undefined ? undefined : { parser, index: Number(values.case ?? 0) };
  console.log(`seed ${seed}, ${only ? `case ${only.index} of ${only.parser}` : `${cases} cases of each parser`}`);
  const report = await runFuzz({ seed: Number(seed), cases: Number(cases), only });
  for (const { parser, cases, values, errors, failures, slowestMs, slowest } of report.parsers) {
    const ends = `${values} values, ${errors} CloudErrors, ${failures.length} failures`;
    console.log(`${parser.padEnd(16)} ${cases} cases: ${ends}; slowest ${slowestMs.toFixed(0)} ms (case ${slowest})`);
    for (const { index, fault } of failures.slice(0, 5)) {
      console.log(`  --seed ${seed} --parser ${parser} --case ${index}: ${fault}`);
    }
  }
  const kinds = Object.entries(report.answers).sort(([, a], [, b]) => b - a);
  console.log(`answers: ${kinds.map(([kind, count]) => `${count} ${kind}`).join(', ')}`);
  console.log(`memory: ${report.peakGrowthMb.toFixed(1)} MB more at the peak, at most ${MEMORY_LIMIT_MB} allowed`);
  const failures = report.parsers.reduce((sum, { failures }) => sum + failures.length, 0);
  process.exitCode = failures === 0 && report.peakGrowthMb <= MEMORY_LIMIT_MB ? 0 : 1;
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
