import { forTerminal } from '../export/quoting';

/** Rows of cells as lines, each column as wide as its widest cell. Cells of others can be anything. */
export function columns(cells: ReadonlyArray<readonly unknown[]>): string[] {
  const rows = cells.map((row) => row.map((cell) => forTerminal(String(cell))));
  const widths = (rows[0] ?? []).map((_cell, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
