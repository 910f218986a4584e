import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that mostly wait: for timeouts, lost workers, exports in real time, or other processes. */
const WAITING = [
  'processes/restarts',
  'workflows/export-of-days',
  'client/cannot-start',
  'client/start.',
  'workflows/export-image.',
  // It judges when polls come: so it begins when the processes have read their modules, and beside others that wait.
  'trials/fleet/fleet',
  'cli/demo',
  'workflows/cancel.',
  'workflows/submission/lost-answer',
  'workflows/export-images.',
  'processes/secrets',
  'workflows/export-of-hours',
  'trials/storm/storm',
  'trials/chaos/chaos',
  'trials/batch/',
  'docs/commands',
  'worker/',
  'doctor/',
  'failures/runs',
  'failures/absent-workers',
  'failures/time-limits',
  'failures/credentials',
  'huaweicloud/credentials/',
];

/** Of those that mostly compute, these take longest. */
const COMPUTING = [
  'cli/start.',
  'cli/steering',
  'cli/',
  'consumers/',
  'examples/',
  'trials/messages/messages',
  'huaweicloud/fuzz',
  'replay/',
  'web-ui/',
  'dev-server/',
  'fidelity/',
  'docs/',
  'failures/',
  'nexus/',
  'client/',
  'workflows/',
];

/** Mixes the files that mostly wait with those that mostly compute, so that neither are left for the end alone. */
export class MixedSequence extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    refuseUnknown([...WAITING, ...COMPUTING]);
    const sorted = await super.sort(files);
    const waiting = inOrderOf(
      WAITING,
      sorted.filter((file) => rankIn(WAITING, file) < WAITING.length),
    );
    const computing = inOrderOf(
      COMPUTING,
      sorted.filter((file) => !waiting.includes(file)),
    );
    // As many as run while the fleet does: two for each process.
    const first = 2 * this.ctx.config.maxWorkers;
    return [...waiting.slice(0, first), ...alternating(computing, waiting.slice(first))];
  }
}

/** A file that was moved would lose its place. */
function refuseUnknown(paths: readonly string[]): void {
  const files = readdirSync(join(import.meta.dirname, '../..'), { recursive: true }).map(String);
  const unknown = paths.filter((path) => !files.some((file) => file.startsWith(path)));
  if (unknown.length > 0) throw new Error(`no test file begins with ${unknown.join(', ')}`);
}

function alternating<T>(some: readonly T[], others: readonly T[]): T[] {
  const pairs = Array.from({ length: Math.max(some.length, others.length) }, (_, place) => [
    some[place],
    others[place],
  ]);
  return pairs.flat().filter((item) => item !== undefined);
}

function inOrderOf(paths: readonly string[], files: readonly TestSpecification[]): TestSpecification[] {
  return files.toSorted((one, other) => rankIn(paths, one) - rankIn(paths, other));
}

function rankIn(paths: readonly string[], { moduleId }: TestSpecification): number {
  const rank = paths.findIndex((path) => moduleId.includes(`/test/${path}`));
  return rank === -1 ? paths.length : rank;
}
