/**
 * Lines at the end of a terminal that are drawn again and again, in the place of the ones before.
 *
 * @module
 */
import { forTerminal } from '../export/quoting';
import { isTerminal, type OutputStream, widthOf, withOffers } from './output';

export interface LiveLines {
  draw(lines: readonly string[]): void;
  /** Leaves nothing of them. */
  clear(): void;
}

/** False for a terminal that cannot move its cursor, too. */
export function canRedraw(stream: OutputStream): boolean {
  return isTerminal(stream) && process.env.TERM !== 'dumb';
}

export function liveLines(stream: OutputStream): LiveLines {
  let shown: readonly string[] = [];
  // By the width of now: a terminal that was made narrower has wrapped them.
  const erasing = () => {
    const width = widthOf(stream);
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(columnsOf(line) / width)), 0);
    return rows === 0 ? '' : `\u001b[${rows}A\u001b[J`;
  };
  const show = (lines: readonly string[]) => {
    const text = `${erasing()}${lines.map((line) => `${line}\n`).join('')}`;
    shown = lines;
    if (text !== '') process[stream].write(text);
  };
  return {
    draw: (lines) => show(lines.map((line) => fitting(forTerminal(withOffers(line)), widthOf(stream)))),
    clear: () => show([]),
  };
}

/** Characters of East Asia and emoji take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

function columnsOf(text: string): number {
  return [...text].reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);
}

/** Cut to this number of columns; the last one marks that something is missing. */
function fitting(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  const characters = [...text];
  while (columnsOf(characters.join('')) > columns - 1) characters.pop();
  return `${characters.join('')}…`;
}
