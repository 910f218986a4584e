/** What `npm run node-versions` is asked for, hears and reports. */
import { parseArgs, stripVTControlCharacters } from 'node:util';

/** Those with long-term support that `engines` allows. */
const VERSIONS = ['20', '22', '24', '26'];

/** "Officially supported", by the README of https://github.com/temporalio/sdk-typescript on 2026-11-29. */
const TEMPORAL_SUPPORTS = ['20', '22', '24'];

export interface Row {
  node: string;
  step: string;
  result: 'passed' | 'failed' | 'not run';
  isSupported: boolean;
  /** Null where nothing ran. */
  seconds: number | null;
  note: string;
}

/** A package that npm has installed although it excludes this Node. */
export interface Exclusion {
  package: string;
  needs: string;
}

/** @throws Error when a flag is unknown, or a version is none */
export function settingsOf(args: readonly string[]): { versions: string[]; verbose: boolean } {
  const { versions, verbose } = parseArgs({
    args: [...args],
    options: {
      versions: { type: 'string', default: VERSIONS.join(',') },
      verbose: { type: 'boolean', default: false },
    },
  }).values;
  const list = versions.split(',').map((version) => version.trim());
  for (const version of list) {
    if (!/^\d+(\.\d+){0,2}$/.test(version)) {
      throw new Error(`--versions takes versions of Node, such as 20,24 or 20.19.0, not "${versions}"`);
    }
  }
  return { versions: list, verbose };
}

/** Those that npm warned of. */
export function exclusionsIn(said: string): Exclusion[] {
  const warnings = said.matchAll(/EBADENGINE +package: '([^']+)',\n.*EBADENGINE +required: {[^}]*\bnode: '([^']+)'/g);
  return [...warnings].map(([, name = '', needs = '']) => ({ package: name, needs }));
}

/** Why this Node is none that this package and Temporal's support; undefined where it is. */
export function whyUnsupported(node: string, exclusions: readonly Exclusion[]): string | undefined {
  const needed = exclusions.find((one) => /^(@temporalio\/|temporal-ims-export@)/.test(one.package));
  if (needed !== undefined) return `not supported: ${needed.package} needs Node ${needed.needs}`;
  if (TEMPORAL_SUPPORTS.includes(node.split('.')[0] ?? '')) return undefined;
  return `not yet supported by Temporal's SDK, which names ${TEMPORAL_SUPPORTS.join(', ')}`;
}

/** The first package without which vitest does not run. */
export function withoutVitest(exclusions: readonly Exclusion[]): Exclusion | undefined {
  return exclusions.find((one) => /^(vitest|@vitest\/.+|vite|rolldown)@/.test(one.package));
}

/** How many tests passed, failed and were skipped, as vitest says it. */
export function testsIn(said: string): string {
  const [, counts = ''] = /^ *Tests +(\d.*?)(?: \(\d+\))?$/m.exec(stripVTControlCharacters(said)) ?? [];
  return counts.replaceAll(' | ', ', ');
}

export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ node, step, result, seconds, note }) => [
    node,
    step,
    result,
    seconds === null ? '' : String(Math.round(seconds)),
    note,
  ]);
  return [['Node', 'Step', 'Result', 'Seconds', 'Note'], ['---', '---', '---', '--:', '---'], ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
