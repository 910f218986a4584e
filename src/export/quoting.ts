/**
 * Texts of others, made safe for where they go: a terminal, a shell, Markdown, one line. It imports nothing, so that the cloud
 * client and the simulator can import it too.
 *
 * @module
 */

/**
 * What a terminal obeys or does not show: control and format characters, line separators, halves of characters, and what Unicode
 * calls default ignorable (DI), such as the filler of Hangul and the selector of a variant.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{DI}\p{Zl}\p{Zp}]/gu;

/**
 * One line for a terminal or a log: what a terminal would obey, and what nobody would see, is shown as JSON escapes it. JSON is the
 * same document afterwards, if its own line breaks are left out.
 */
export function forTerminal(line: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return line.replace(UNSEEN, (character) => character.split('').map(escaped).join(''));
}

/**
 * On one line, without control characters and halves of characters, cut at `length` if one is given: safe in a terminal, in
 * a history, and as an item of a list.
 */
export function oneLine(text: string, length = Number.POSITIVE_INFINITY): string {
  const line = text
    .slice(0, length)
    .replace(/[\s\p{Cc}\p{Bidi_Control}]+/gu, ' ')
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    .trim();
  return text.length > length && line !== '' ? `${withoutHalf(line)}…` : line;
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
  return text.length <= characters ? text : `${withoutHalf(text.slice(0, characters - 1))}…`;
}

/** Cut to this number of bytes of UTF-8; the end marks that something is missing. */
export function cutToBytes(text: string, bytes: number): string {
  if (bytesOf(text) <= bytes) return text;
  return `${withoutHalf(beginning([...text], bytes - bytesOf('…')).join(''))}…`;
}

/** What {@link command} runs. */
const PROGRAMS = ['ims-export', 'temporal', 'npm', 'chmod', 'chown'] as const;
const HALF_OF_COMMAND = new RegExp(`\\x60(${PROGRAMS.join('|')}) [^\\x60]*$`);

/** Without the command that a cut has left half of, which may do something else than the whole. */
function withoutHalf(text: string): string {
  return text.replace(HALF_OF_COMMAND, '');
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

/** One word of a POSIX shell: as it is where a shell takes it so, else in single quotes. For a file; a person copies a {@link command}. */
export function shellWord(text: string): string {
  return /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What does not survive the way from a page or a terminal by the clipboard, and the backtick, between which commands stand. */
const NOT_COPIED = /[`\p{Cc}\p{Cf}\p{Cs}\p{DI}\p{Zl}\p{Zp}]|\s\s|[^\S ]|^ | $/u;

/**
 * The line of a shell (bash, zsh, ksh) that runs a program with exactly these arguments. It is safe in a terminal and between
 * backticks. Every command that is offered for copying is made here.
 */
export function command(program: (typeof PROGRAMS)[number], ...words: string[]): string {
  return [program, ...words.map((word) => (NOT_COPIED.test(word) ? octal(word) : shellWord(word)))].join(' ');
}

/** A command of `ims-export` on a workflow; an id that begins as a flag does is given as an id. */
export function workflowCommand(name: string, workflowId: string, ...flags: string[]): string {
  return command(
    'ims-export',
    name,
    ...(workflowId.startsWith('-') ? [...flags, '--', workflowId] : [workflowId, ...flags]),
  );
}

/** `$'a\033b'`: bytes of UTF-8, which a shell reads the same in every locale. */
function octal(word: string): string {
  const bytes = [...new TextEncoder().encode(word)].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[\w@%+=:,./-]/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `$'${bytes.join('')}'`;
}

/** Words that are seen, and are no Markdown: no link by themselves, and no item of a list where they begin a line. */
const PLAIN =
  /^(?!.*(:\/\/|www\.|--|\p{DI})|([-+]|\d+[.)])( |$))([\p{L}\p{N} .,;:()'"%?!+=→…/-]|(?<=[^\W_])_(?=[^\W_]))*$/iu;

/** Words of others in a line of Markdown: as they are where nothing in them is Markdown, else as {@link codeSpan}. */
export function inMarkdown(text: string): string {
  const line = oneLine(text);
  return PLAIN.test(line) ? line : codeSpan(line);
}

/** A code span of Markdown, in which nothing is obeyed: its fence is longer than any run of backticks in it. */
export function codeSpan(text: string): string {
  const line = forTerminal(text);
  const longest = (line.match(/`+/g) ?? []).reduce((length, run) => Math.max(length, run.length), 0);
  const fence = '`'.repeat(longest + 1);
  const space = /^[` ]|[` ]$/.test(line) ? ' ' : '';
  return line && `${fence}${space}${line}${space}${fence}`;
}
