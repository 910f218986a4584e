/**
 * Takes secrets out of what the cloud said: its words may repeat what was sent to it.
 *
 * @module
 */

/** So much of a secret in a row is no coincidence; and it is less than what stands between two escapes of most tokens. */
const PIECE_LENGTH = 12;

/**
 * Makes a text one without these secrets. A secret is found whole in any usual spelling of its characters (JSON, percent,
 * HTML). Cut off, or spelled in a way of its own, it is found by any twelve letters and digits in a row, which are the same
 * in every spelling: then the whole word goes. JSON and markup stay what they were.
 */
export function withoutSecrets(secrets: ReadonlyArray<string | undefined>): (text: string) => string {
  const given = secrets.filter((secret): secret is string => secret !== undefined && secret !== '');
  if (given.length === 0) return (text) => text;
  const whole = new RegExp(given.map((secret) => Array.from(secret, anySpelling).join('')).join('|'), 'g');
  const pieces = new Set(given.flatMap((secret) => [...piecesOf(secret)]));
  return (text) =>
    text.replace(whole, '***').replace(WORD, (word) => {
      for (const piece of piecesOf(word)) if (pieces.has(piece)) return '***';
      return word;
    });
}

/** Up to a space, a quote or a tag. A backslash belongs to it with what it escapes, unless that is a quote. */
const WORD = /(?:[^\s"'<>\\]|\\[^"'])+/g;

function* piecesOf(text: string): Generator<string> {
  for (const [run] of text.matchAll(/[A-Za-z0-9]+/g)) {
    for (let end = PIECE_LENGTH; end <= run.length; end += 1) yield run.slice(end - PIECE_LENGTH, end);
  }
}

/** An expression for one character, however it is spelled. */
function anySpelling(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  const units = Array.from({ length: character.length }, (_, at) => `\\\\u${hex(character.charCodeAt(at), 4)}`);
  const bytes = Array.from(Buffer.from(character), (byte) => `%${hex(byte, 2)}`);
  const itself = character.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
  const html = [`#0*${code}`, `#[xX]0*${hex(code, 1)}`, ...(HTML_NAMES[character] ?? [])];
  // Itself comes last: other spellings begin with it, as those of a backslash or an ampersand.
  return `(?:${units.join('')}|${bytes.join('')}|&(?:${html.join('|')});|\\\\${itself}|${itself})`;
}

const HTML_NAMES: { [character: string]: string[] } = {
  '&': ['amp'],
  '<': ['lt'],
  '>': ['gt'],
  '"': ['quot'],
  "'": ['apos'],
};

/** Digits in either case. */
function hex(value: number, length: number): string {
  return value
    .toString(16)
    .padStart(length, '0')
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
