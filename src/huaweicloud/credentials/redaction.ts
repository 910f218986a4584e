/**
 * Takes secrets out of what the cloud said: its words may repeat what was sent to it.
 *
 * @module
 */

/** So much of a secret in a row is no coincidence. */
const PIECE_LENGTH = 12;

/** Any twelve characters in a row hold a sample of seven that begins at a multiple of six: the rest need not be looked up. */
const SAMPLE_STEP = 6;
const SAMPLE_LENGTH = PIECE_LENGTH - SAMPLE_STEP + 1;

const HIDDEN = '***';

/**
 * Makes a text one without these secrets. A secret is found whole in any usual spelling of its characters (JSON, percent,
 * HTML). Cut off, or spelled in a way of its own, it is found by any twelve of its characters in a row: then the whole word
 * goes. JSON and markup stay what they were.
 *
 * Secrets are looked for by comparing texts: of any length, in time proportional to it. A text that cannot be searched is
 * hidden whole.
 */
export function withoutSecrets(secrets: ReadonlyArray<string | undefined>): (text: string) => string {
  const given = secrets.filter((secret): secret is string => secret !== undefined && secret !== '');
  if (given.length === 0) return (text) => text;
  let pieces: Pieces | undefined;
  return (text) => {
    try {
      pieces ??= piecesOf(given);
      return withoutPieces(withoutWhole(text, given), pieces);
    } catch {
      return HIDDEN;
    }
  };
}

function withoutWhole(text: string, secrets: readonly string[]): string {
  const places = viewsOf(text).flatMap((view) => secrets.flatMap((secret) => placesOf(secret, view)));
  return hidden(text, places);
}

function withoutPieces(text: string, pieces: Pieces): string {
  const views = viewsOf(text);
  // Texts inside texts, such as a URL in JSON.
  const twice = views.slice(-1).flatMap((view) => resolved(view, ANY_ESCAPE) ?? []);
  const found = sorted(views.concat(twice).flatMap((view) => placesOfPieces(pieces, view)));
  if (found.length === 0) return text;
  const words: Place[] = [];
  let next = 0;
  for (const { index, 0: word } of text.matchAll(WORD)) {
    const end = index + word.length;
    while ((found[next]?.[1] ?? Number.POSITIVE_INFINITY) <= index) next += 1;
    if ((found[next]?.[0] ?? Number.POSITIVE_INFINITY) < end) words.push([index, end]);
  }
  return hidden(text, words);
}

/** Up to a space, a quote or a tag. A backslash belongs to it with what it escapes, unless that is a quote. */
const WORD = /(?:[^\s"'<>\\]|\\[^"'])+/g;

/** A text as it is read once its escapes are resolved, and where in the original each of its characters begins. */
interface View {
  text: string;
  starts: Uint32Array;
}

/** From, to, and not including the end. */
type Place = readonly [start: number, end: number];

const JSON_ESCAPE = String.raw`\\u[\da-fA-F]{4}|\\[^u]`;
const PERCENT_ESCAPE = String.raw`%[0-7][\da-fA-F]|%[c-fC-F][\da-fA-F](?:%[89abAB][\da-fA-F]){1,3}`;
const HTML_ESCAPE = String.raw`&#\d+;|&#[xX][\da-fA-F]+;|&(?:amp|lt|gt|quot|apos);`;
const ESCAPES = [JSON_ESCAPE, PERCENT_ESCAPE, HTML_ESCAPE];
const ANY_ESCAPE = ESCAPES.join('|');

/** The text itself; with the escapes of each kind resolved, since a secret may look like another kind; and with all of them. */
function viewsOf(text: string): View[] {
  const itself: View = { text, starts: new Uint32Array(text.length + 1).map((_, at) => at) };
  return [itself, ...[...ESCAPES, ANY_ESCAPE].flatMap((escapes) => resolved(itself, escapes) ?? [])];
}

/** Undefined where there are none. */
function resolved({ text, starts }: View, escapes: string): View | undefined {
  const at = new Uint32Array(text.length + 1);
  let length = 0;
  let read = '';
  let end = 0;
  for (const { index, 0: sequence } of text.matchAll(new RegExp(escapes, 'g'))) {
    const character = characterOf(sequence);
    read += text.slice(end, index) + character;
    for (let position = end; position < index; position += 1) at[length++] = starts[position] ?? 0;
    for (const _ of character.split('')) at[length++] = starts[index] ?? 0;
    end = index + sequence.length;
  }
  if (end === 0) return undefined;
  for (let position = end; position <= text.length; position += 1) at[length++] = starts[position] ?? 0;
  return { text: read + text.slice(end), starts: at.subarray(0, length) };
}

function characterOf(sequence: string): string {
  try {
    if (sequence.startsWith('%')) return decodeURIComponent(sequence);
    if (sequence.startsWith('\\u')) return String.fromCharCode(Number.parseInt(sequence.slice(2), 16));
    if (sequence.startsWith('\\')) return JSON_NAMES[sequence] ?? sequence.slice(1);
    if (!sequence.startsWith('&#')) return HTML_NAMES[sequence] ?? sequence;
    const digits = sequence.slice(2, -1);
    return String.fromCodePoint(/^x/i.test(digits) ? Number.parseInt(digits.slice(1), 16) : Number(digits));
  } catch {
    return sequence;
  }
}

const JSON_NAMES: { [sequence: string]: string } = { '\\n': '\n', '\\r': '\r', '\\t': '\t', '\\b': '\b', '\\f': '\f' };
const HTML_NAMES: { [sequence: string]: string } = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
};

function placesOf(secret: string, { text, starts }: View): Place[] {
  const places: Place[] = [];
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length)) {
    places.push([starts[at] ?? 0, starts[at + secret.length] ?? 0]);
  }
  return places;
}

/** Of secrets: every {@link PIECE_LENGTH} characters in a row, and every {@link SAMPLE_LENGTH}. */
interface Pieces {
  whole: ReadonlySet<string>;
  samples: ReadonlySet<string>;
}

function piecesOf(secrets: readonly string[]): Pieces {
  const ofLength = (length: number) =>
    new Set(
      secrets.flatMap((secret) =>
        Array.from({ length: Math.max(0, secret.length - length + 1) }, (_, at) => secret.slice(at, at + length)),
      ),
    );
  return { whole: ofLength(PIECE_LENGTH), samples: ofLength(SAMPLE_LENGTH) };
}

function placesOfPieces({ whole, samples }: Pieces, { text, starts }: View): Place[] {
  const places: Place[] = [];
  for (let at = 0; at + SAMPLE_LENGTH <= text.length; at += SAMPLE_STEP) {
    if (!samples.has(text.slice(at, at + SAMPLE_LENGTH))) continue;
    for (let start = Math.max(0, at - SAMPLE_STEP + 1); start <= at; start += 1) {
      const end = start + PIECE_LENGTH;
      if (whole.has(text.slice(start, end))) places.push([starts[start] ?? 0, starts[end] ?? 0]);
    }
  }
  return places;
}

function hidden(text: string, places: readonly Place[]): string {
  let rest = '';
  let at = 0;
  for (const [start, end] of sorted(places)) {
    if (end <= at) continue;
    if (start >= at) rest += text.slice(at, start) + HIDDEN;
    at = end;
  }
  return rest + text.slice(at);
}

function sorted(places: readonly Place[]): Place[] {
  return [...places].sort(([a], [b]) => a - b);
}
