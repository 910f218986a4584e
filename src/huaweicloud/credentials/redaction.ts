/**
 * Takes secrets out of what the cloud said: its words may repeat what was sent to it.
 *
 * @module
 */

/** So much of a secret in a row is no coincidence. */
const PIECE_LENGTH = 12;

/** Any twelve characters of a secret hold a sample of seven that begins at a multiple of six: the rest need not be kept. */
const SAMPLE_STEP = 6;
const SAMPLE_LENGTH = PIECE_LENGTH - SAMPLE_STEP + 1;

/** Texts inside texts inside texts, such as a URL in JSON in a page: escapes are resolved so many times. */
const MAX_DEPTH = 6;

const HIDDEN = '***';

/**
 * Makes a text one without these secrets. A secret is found whole in any usual spelling of its characters (JSON, JavaScript,
 * percent, HTML). Cut off, or spelled in a way of its own, it is found by any twelve of its characters in a row, or any twelve
 * of its letters and digits, whatever stands between these: as it is, or in base64. Then each word goes that holds some of
 * them. JSON and markup stay what they were.
 *
 * Secrets are looked for by comparing texts: of any length, in time proportional to it. A text that cannot be searched is
 * hidden whole.
 */
export function withoutSecrets(secrets: ReadonlyArray<string | undefined>): (text: string) => string {
  const given = secrets.filter((secret): secret is string => secret !== undefined && secret !== '');
  if (given.length === 0) return (text) => text;
  let pieces: Pieces[] | undefined;
  return (text) => {
    try {
      pieces ??= [new Pieces(given), new Pieces(given.flatMap(lettersToFind))];
      const [ofCharacters, ofLetters] = pieces as [Pieces, Pieces];
      return withoutPieces(withoutWhole(text, given), ofCharacters, ofLetters);
    } catch {
      return HIDDEN;
    }
  };
}

function withoutWhole(text: string, secrets: readonly string[]): string {
  const places = viewsOf(text).flatMap((view) => secrets.flatMap((secret) => placesOf(secret, view)));
  return hidden(text, places);
}

function withoutPieces(text: string, ofCharacters: Pieces, ofLetters: Pieces): string {
  const views = viewsOf(text);
  const letters = views.slice(-1).map(lettersOf);
  const found = sorted([
    ...views.flatMap((view) => ofCharacters.placesIn(view)),
    ...letters.flatMap((view) => ofLetters.placesIn(view)),
  ]);
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

/** Punctuation by its names in HTML, each before what it names. */
const HTML_NAMES = new Map(
  'amp& lt< gt> quot" apos\' excl! num# dollar$ percnt% lpar( rpar) ast* plus+ comma, period. sol/ colon: semi; equals= quest? commat@ lsqb[ lbrack[ bsol\\ rsqb] rbrack] Hat^ lowbar_ grave` lcub{ lbrace{ verbar| vert| rcub} rbrace} hyphen- dash-'
    .split(' ')
    .map((entry) => [entry.slice(0, -1), entry.slice(-1)]),
);

const JSON_ESCAPE = String.raw`\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\[0-3][0-7]{2}|\\[^u]`;
const PERCENT_ESCAPE = String.raw`%u[\da-fA-F]{4}|%[0-7][\da-fA-F]|%[c-fC-F][\da-fA-F](?:%[89abAB][\da-fA-F]){1,3}`;
/** Without a semicolon, as browsers read them too, those of ASCII's visible characters: more digits may be of the text. */
const HTML_ESCAPE = String.raw`&#\d+;|&#[xX][\da-fA-F]+;|&#(?:1[01]\d|12[0-6]|[3-9]\d)|&#[xX][2-7][\da-fA-F]|&(?:${[...HTML_NAMES.keys()].join('|')});`;
const ESCAPES = [JSON_ESCAPE, PERCENT_ESCAPE, HTML_ESCAPE].map((escapes) => new RegExp(escapes, 'g'));
const ANY_ESCAPE = new RegExp([JSON_ESCAPE, PERCENT_ESCAPE, HTML_ESCAPE].join('|'), 'g');

/**
 * The text itself; with the escapes of each kind resolved, since a secret may look like another kind; and with all of them, once,
 * twice and so on: the last one has none left, but in a text that is escaped more than six times.
 */
function viewsOf(text: string): View[] {
  const itself: View = { text, starts: new Uint32Array(text.length).map((_, at) => at) };
  const views = [itself, ...ESCAPES.flatMap((escapes) => resolved(itself, escapes) ?? [])];
  let deepest: View | undefined = itself;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    deepest = resolved(deepest, ANY_ESCAPE);
    if (deepest === undefined) break;
    views.push(deepest);
  }
  return views;
}

/** Undefined where there are none. */
function resolved({ text, starts }: View, escapes: RegExp): View | undefined {
  const at = new Uint32Array(text.length);
  let length = 0;
  let read = '';
  let end = 0;
  for (const { index, 0: sequence } of text.matchAll(escapes)) {
    const character = characterOf(sequence);
    read += text.slice(end, index) + character;
    for (let position = end; position < index; position += 1) at[length++] = starts[position] ?? 0;
    for (const _ of character.split('')) at[length++] = starts[index] ?? 0;
    end = index + sequence.length;
  }
  if (end === 0) return undefined;
  for (let position = end; position < text.length; position += 1) at[length++] = starts[position] ?? 0;
  return { text: read + text.slice(end), starts: at.subarray(0, length) };
}

function characterOf(sequence: string): string {
  try {
    if (/^[\\%][ux]/.test(sequence) && sequence.length > 2) return characterAt(sequence.slice(2), 16);
    if (sequence.startsWith('%')) return decodeURIComponent(sequence);
    if (sequence.startsWith('\\')) {
      if (sequence.length > 2) return characterAt(sequence.slice(1), 8);
      return JSON_NAMES[sequence] ?? sequence.slice(1);
    }
    if (!sequence.startsWith('&#')) return HTML_NAMES.get(sequence.slice(1, -1)) ?? sequence;
    const digits = sequence.slice(2).replace(';', '');
    return /^x/i.test(digits) ? characterAt(digits.slice(1), 16) : characterAt(digits, 10);
  } catch {
    return sequence;
  }
}

function characterAt(digits: string, base: number): string {
  return String.fromCodePoint(Number.parseInt(digits, base));
}

const JSON_NAMES: { [sequence: string]: string } = { '\\n': '\n', '\\r': '\r', '\\t': '\t', '\\b': '\b', '\\f': '\f' };

/** Letters and digits, which hardly any spelling changes. */
const LETTERS = /[A-Za-z0-9]+/g;

/** What is left of a text without escapes, marks and spaces: the same for base64, for base64url, and for a form that was decoded. */
function lettersOf({ text, starts }: View): View {
  const at = new Uint32Array(text.length);
  let length = 0;
  let letters = '';
  for (const { index, 0: run } of text.matchAll(LETTERS)) {
    letters += run;
    for (let position = index; position < index + run.length; position += 1) at[length++] = starts[position] ?? 0;
  }
  return { text: letters, starts: at.subarray(0, length) };
}

/** Those of a secret, and those of its base64, which is one of three by where in the encoded text the secret begins. */
function lettersToFind(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const encoded = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    // At both ends a character may be half of what stands beside the secret.
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const itself = viewsOf(secret).slice(-1);
  return [...itself, ...encoded.flatMap((text) => viewsOf(text).slice(0, 1))].map((view) => lettersOf(view).text);
}

function placesOf(secret: string, { text, starts }: View): Place[] {
  const places: Place[] = [];
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length)) {
    places.push([starts[at] ?? 0, starts[at + secret.length] ?? Number.POSITIVE_INFINITY]);
  }
  return places;
}

/** Of secrets, {@link PIECE_LENGTH} characters in a row, found by their samples. */
class Pieces {
  readonly #secrets: readonly string[];
  readonly #samples: ReadonlySet<string>;
  /** Hardly any text needs these. */
  #whole: ReadonlySet<string> | undefined;

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
    this.#samples = this.#cutOut(SAMPLE_LENGTH, SAMPLE_STEP);
  }

  placesIn({ text, starts }: View): Place[] {
    const places: Place[] = [];
    for (let at = 0; at + SAMPLE_LENGTH <= text.length; at += 1) {
      if (!this.#samples.has(text.slice(at, at + SAMPLE_LENGTH))) continue;
      this.#whole ??= this.#cutOut(PIECE_LENGTH, 1);
      for (let start = Math.max(0, at - SAMPLE_STEP + 1); start <= at; start += 1) {
        const end = start + PIECE_LENGTH;
        if (this.#whole.has(text.slice(start, end))) places.push([starts[start] ?? 0, (starts[end - 1] ?? 0) + 1]);
      }
    }
    return places;
  }

  #cutOut(length: number, step: number): ReadonlySet<string> {
    const pieces = new Set<string>();
    for (const secret of this.#secrets) {
      for (let at = 0; at + length <= secret.length; at += step) pieces.add(secret.slice(at, at + length));
    }
    return pieces;
  }
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
