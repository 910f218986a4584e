/**
 * Texts of others, made to fit where they go. It imports nothing, so that the cloud client and the simulator can import it too.
 *
 * @module
 */

/**
 * On one line, without control characters and halves of characters, cut at `length` if one is given: safe in a terminal, in
 * a history, and as an item of a list.
 */
export function oneLine(text: string, length = Number.POSITIVE_INFINITY): string {
  const line = text
    .slice(0, length)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    .trim();
  return text.length > length && line !== '' ? `${line}…` : line;
}

/** What an error says that is not one of the cloud's: it may be anything, and a history keeps it. */
export function messageOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error), 300);
}

/** In UTF-8. */
export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Cut to this number of characters; the last one marks that something is missing. */
export function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}

/** Cut to this number of bytes of UTF-8; the end marks that something is missing. */
export function cutToBytes(text: string, bytes: number): string {
  if (bytesOf(text) <= bytes) return text;
  return `${beginning([...text], bytes - bytesOf('…')).join('')}…`;
}

/** Cut to this number of bytes; a mark replaces the middle of a longer text. */
export function cutInTheMiddle(text: string, bytes: number): string {
  if (bytesOf(text) <= bytes) return text;
  const half = (bytes - bytesOf('…')) / 2;
  const characters = [...text];
  const start = beginning(characters, half);
  const end = beginning(characters.reverse(), half).reverse();
  return `${start.join('')}…${end.join('')}`;
}

function beginning(characters: string[], bytes: number): string[] {
  let count = 0;
  for (let left = bytes - bytesOf(characters[0] ?? ''); left >= 0 && count < characters.length; ) {
    count += 1;
    left -= bytesOf(characters[count] ?? '');
  }
  return characters.slice(0, count);
}

/** One word of a POSIX shell: as it is where a shell takes it so, else in single quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
