import type { Verdict } from './aims';
import { type Cell, type Score, scoreOf } from './cells';
import { POLICIES } from './policies';
import { LENGTHS } from './profiles';

/** A table for each length, in Markdown, so that the docs can show it as it is. */
export function tableLines(cells: readonly Cell[]): string[] {
  return LENGTHS.flatMap((length) => {
    const rows = cells
      .filter((cell) => cell.length === length)
      .map((cell) => [cell.profile.name, ...POLICIES.map(({ name }) => scoreText(scoreOf(cell, name)))]);
    return ['', ...table([`${length.name} ± 30 %`, ...POLICIES.map(({ name }) => name)], rows)];
  });
}

function scoreText({ polls, medianDelayMs, p95DelayMs, events }: Score): string {
  return `${polls.toFixed(0)} / ${seconds(medianDelayMs)} / ${seconds(p95DelayMs)} / ${events.toFixed(0)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(0)} s`;
}

function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string[] {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)];
}

/** How ours did in one cell: `met     9 h, linear: none better in polls and median delay; …`. */
export function verdictLine({ length, profile }: Cell, verdicts: readonly Verdict[]): string {
  const met = verdicts.every((verdict) => verdict.met);
  const said = verdicts.map((verdict) => (verdict.met ? verdict.text : `MISSED: ${verdict.text}`));
  return `${met ? 'met   ' : 'MISSED'}  ${`${length.name}, ${profile.name}`.padEnd(22)} ${said.join('; ')}`;
}
