/**
 * `npm run options-table`: writes the table of options into docs/configuration.md anew, from the table of the contract. The
 * last column, why a default is what it is, is written by hand and stays.
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXPORT_OPTIONS, type OptionSpec } from '../src/contract';

const HEAD = '| Option | Default | What it does | At the limit, and why |';
const PAGE = join(resolve(__dirname, '..'), 'docs/configuration.md');

/** The first cells of the row of an option; those that `retune` changes have a mark. */
export function cellsOf(option: string, spec: OptionSpec): string[] {
  const mark = spec.kind === 'duration' && spec.tunable ? ' *' : '';
  const value = typeof spec.default === 'string' ? spec.default : JSON.stringify(spec.default);
  return [`\`${option}\`${mark}`, `\`${value}\``, spec.help];
}

/** The page with the table as it should be. An option without a row yet gets an empty last cell. */
export function withTable(page: string): string {
  const lines = page.split('\n');
  const start = lines.indexOf(HEAD);
  if (start < 0) throw new Error(`docs/configuration.md has no table with the head ${HEAD}`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  const why = new Map(lines.slice(start + 2, end).map((row) => [/`(\w+)`/.exec(row)?.[1], row.split(' | ').at(-1)]));
  const rows = Object.entries(EXPORT_OPTIONS as { [option: string]: OptionSpec })
    .filter(([, spec]) => !('reserved' in spec))
    .map(([option, spec]) => `| ${cellsOf(option, spec).join(' | ')} | ${why.get(option) ?? '|'}`);
  return [...lines.slice(0, start), HEAD, '|---|---|---|---|', ...rows, ...lines.slice(end)].join('\n');
}

if (require.main === module) writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8')));
