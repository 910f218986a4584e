/**
 * Calls every parser with every case and watches its own memory. Forked by run-fuzz.ts with a bounded heap; tells its
 * parent each case that it begins with when asked to, each failure, and at the end its counts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { check, clientOf, PARSERS, type Parser } from './parsers';
import { Random } from './random';

export interface FuzzTask {
  origin: string;
  seed: number;
  /** Cases of each parser. */
  cases: number;
  /** Only this parser. */
  parser?: string;
  /** Only this case. */
  index?: number;
}

export interface ParserReport {
  parser: string;
  cases: number;
  values: number;
  errors: number;
  failures: Array<{ index: number; fault: string }>;
  slowestMs: number;
  slowest: number;
  /** Of the resident memory of the process over what it had at first, and the case after which it was seen. */
  peakGrowthMb: number;
  peak: number;
}

export type FuzzMessage =
  | { kind: 'progress'; parser: string; index: number }
  | { kind: 'done'; reports: ParserReport[]; peakGrowthMb: number };

const MB = 1e6;

/** Resident memory when everything was loaded, in bytes. */
let baseline = 0;

async function run({ origin, seed, cases, parser: only, index: onlyIndex }: FuzzTask): Promise<void> {
  const parsers = PARSERS.filter(({ name }) => only === undefined || name === only);
  // Everything is loaded and compiled before the memory is counted.
  for (const parser of parsers)
    await runParser(parser, { origin, seed }, [1_000_000, 1_000_001, 1_000_002], () => undefined);
  globalThis.gc?.();
  baseline = process.memoryUsage.rss();
  forgetPeak();
  const reports: ParserReport[] = [];
  for (const parser of parsers) {
    const indexes = onlyIndex === undefined ? Array.from({ length: cases }, (_, index) => index) : [onlyIndex];
    reports.push(
      await runParser(parser, { origin, seed }, indexes, (index) =>
        tell({ kind: 'progress', parser: parser.name, index }),
      ),
    );
  }
  tell({ kind: 'done', reports, peakGrowthMb: Math.max(...reports.map(({ peakGrowthMb }) => peakGrowthMb)) });
}

async function runParser(
  parser: Parser,
  { origin, seed }: Pick<FuzzTask, 'origin' | 'seed'>,
  indexes: readonly number[],
  begin: (index: number) => void,
): Promise<ParserReport> {
  const report: ParserReport = {
    parser: parser.name,
    cases: 0,
    values: 0,
    errors: 0,
    failures: [],
    slowestMs: 0,
    slowest: 0,
    peakGrowthMb: 0,
    peak: 0,
  };
  let current = 0;
  let client = clientOf(parser, origin, () => current);
  for (const index of indexes) {
    current = index;
    // What is remembered of keys must not add up.
    if (parser.remembers || index % 200 === 0) {
      await client.close();
      client = clientOf(parser, origin, () => current);
    }
    if (index % 50 === 0) {
      begin(index);
      // Garbage of earlier cases is not what a case costs.
      globalThis.gc?.();
    }
    const startedAt = performance.now();
    const outcome = await check(parser, client, new Random(seed, parser.name, 'call', index));
    const tookMs = performance.now() - startedAt;
    const peakGrowthMb = growthMb();
    if (peakGrowthMb > report.peakGrowthMb) Object.assign(report, { peakGrowthMb, peak: index });
    report.cases += 1;
    if (tookMs > report.slowestMs) Object.assign(report, { slowestMs: tookMs, slowest: index });
    if ('fault' in outcome) report.failures.push({ index, fault: outcome.fault });
    else if (outcome.ending === 'value') report.values += 1;
    else report.errors += 1;
  }
  await client.close();
  return report;
}

function growthMb(): number {
  return (peakSoFar() - baseline) / MB;
}

/**
 * The peak since {@link forgetPeak}, which no look in between could miss. The maxRSS of `process.resourceUsage()` is no
 * help: it begins with that of the process which forked this one. Where there is no /proc, what is resident now.
 */
function peakSoFar(): number {
  const [, kilobytes] = readIfAny('/proc/self/status').match(/^VmHWM:\s+(\d+) kB$/m) ?? [];
  return kilobytes === undefined ? process.memoryUsage.rss() : Number(kilobytes) * 1_024;
}

/** What loading took does not count. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // No Linux: there is no peak to forget.
  }
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function tell(message: FuzzMessage): void {
  process.send?.(message);
}

process.once('message', (task: FuzzTask) => {
  run(task).then(
    () => delay(10).then(() => process.disconnect()),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
});
