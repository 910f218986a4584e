import type { Random } from './random';
import { NAMES, OBS_ERROR, PROXY_PAGE, REAL_ANSWERS, SUCCESSES } from './real-answers';

/** What a hostile or broken server sends. */
export interface FuzzAnswer {
  kind: string;
  status: number;
  headers: { [name: string]: string };
  body: Buffer;
  /** Closes the connection in the middle of the body. */
  breaksOff: boolean;
  /** These bytes instead of an HTTP answer. */
  raw?: Buffer;
}

const MIB = 1024 ** 2;

const KINDS: ReadonlyArray<[kind: string, weight: number, make: (random: Random, parser: string) => Buffer]> = [
  ['wrong shape', 24, (random) => json(value(random, 5))],
  ['changed', 24, (random, parser) => json(changed(random, real(random, parser)))],
  ['real', 4, (random, parser) => json(real(random, parser))],
  ['cut', 10, (random, parser) => cut(random, realText(random, parser))],
  ['flipped', 12, (random, parser) => flipped(random, realText(random, parser))],
  ['binary', 6, (random) => random.bytes(random.below(4_096))],
  ['XML', 8, xml],
  ['HTML', 6, html],
  [
    'next to nothing',
    3,
    (random) => Buffer.from(random.pick(['', ' ', '\uFEFF', '\uFEFF{}', 'null', 'true', '0', '""', '[]', '{}', '\0'])),
  ],
  ['deep', 1, deep],
  ['huge', 2, huge],
];

const WEIGHTED_KINDS = KINDS.flatMap((kind) => Array.from({ length: kind[1] }, () => kind));

const STATUSES = [
  ...[
    200, 200, 200, 200, 200, 200, 201, 202, 204, 206, 226, 299, 300, 301, 302, 304, 307, 400, 400, 400, 400, 401, 403,
  ],
  ...[404, 405, 408, 409, 412, 413, 416, 418, 429, 494, 499, 500, 501, 502, 503, 504, 599, 600, 999],
];

/** @param plain only complete answers that nobody repeats: not 5xx, nothing broken off */
export function fuzzAnswer(random: Random, parser: string, plain: boolean): FuzzAnswer {
  const [kind, , make] = random.pick(WEIGHTED_KINDS);
  const status = random.chance(0.4)
    ? 200
    : random.pick(plain ? STATUSES.filter((candidate) => candidate < 500) : STATUSES);
  const answer = { kind, status, headers: headers(random), body: make(random, parser), breaksOff: false };
  if (plain) return answer;
  if (random.chance(0.02)) return { ...answer, kind: 'no HTTP', raw: noHttp(random) };
  return random.chance(0.03) ? { ...answer, kind: `${kind}, broken off`, breaksOff: true } : answer;
}

/** More often than not what the parser is for. */
function real(random: Random, parser: string): object {
  return random.pick(random.chance(0.7) ? (SUCCESSES[parser] ?? REAL_ANSWERS) : REAL_ANSWERS);
}

function realText(random: Random, parser: string): Buffer {
  return random.chance(0.7) ? json(real(random, parser)) : Buffer.from(random.pick([OBS_ERROR, PROXY_PAGE]));
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value) ?? 'null');
}

/** Any JSON, with the names that the parsers look for in the wrong places. */
function value(random: Random, depth: number): unknown {
  const kind = random.below(depth > 0 ? 10 : 7);
  switch (kind) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick([0, -0, 1, -1, 0.2, 40, 1e308, -1e308, 2 ** 53, 1e-320, 20_000, random.next()]);
    case 3:
      return random.text(40);
    case 4:
      return random.pick([
        '',
        ' ',
        'RUNNING',
        'SUCCESS',
        'FAIL',
        '40%',
        '1e999',
        'NaN',
        'IMG.0148',
        '2026-01-01T00:00:00Z',
      ]);
    case 5:
      return ' '.repeat(random.below(2_000)) + random.text(3) + ' '.repeat(random.below(2_000));
    case 6:
      return random.pick(['\u0000', '\ud800', '\udfff\ud800', '\u2028', '\u001b[31m', '__proto__']);
    case 7:
      return Array.from({ length: random.below(6) }, () => value(random, depth - 1));
    default: {
      // By definition and not by assignment: `__proto__` shall be a field.
      const entries = Array.from({ length: random.below(8) }, () => [random.pick(NAMES), value(random, depth - 1)]);
      return Object.fromEntries(entries);
    }
  }
}

/** A real answer in which some things are others. */
function changed(random: Random, real: unknown): unknown {
  if (random.chance(0.12)) return value(random, 3);
  if (Array.isArray(real)) return real.flatMap((item) => (random.chance(0.1) ? [] : [changed(random, item)]));
  if (typeof real !== 'object' || real === null) return real;
  return Object.fromEntries(
    Object.entries(real).flatMap(([name, field]) => {
      if (random.chance(0.05)) return [];
      return [[random.chance(0.05) ? random.pick(NAMES) : name, changed(random, field)]];
    }),
  );
}

function cut(random: Random, whole: Buffer): Buffer {
  return whole.subarray(0, random.below(whole.length));
}

function flipped(random: Random, whole: Buffer): Buffer {
  for (let count = 1 + random.below(4); count > 0; count -= 1) whole[random.below(whole.length)] = random.below(256);
  return whole;
}

function xml(random: Random): Buffer {
  const element = (): string => {
    const name = random.pick([
      'Code',
      'Message',
      'RequestId',
      'HostId',
      'Error',
      'StringToSign',
      'a:b',
      random.text(5),
    ]);
    const inside = random.chance(0.3) ? element() : random.pick([random.text(60), '<![CDATA[x]]>', '&lt;&bogus;', '']);
    return random.chance(0.85) ? `<${name}>${inside}</${name}>` : `<${name}${random.text(5)}${inside}`;
  };
  return Buffer.from(
    `<Error>${Array.from({ length: random.below(8) }, element).join('')}${random.pick(['</Error>', ''])}`,
  );
}

function html(random: Random): Buffer {
  const pieces = [
    '<',
    '>',
    '</',
    '<style',
    '<script>',
    '</script>',
    '</style>',
    '<!--',
    '<p class="x">',
    '\n',
    '&nbsp;',
    '<Error ',
  ];
  return Buffer.from(
    Array.from({ length: random.below(400) }, () => (random.chance(0.3) ? random.text(10) : random.pick(pieces))).join(
      '',
    ),
  );
}

/** Nested as deep as fits, closed or not. */
function deep(random: Random): Buffer {
  const [open, middle, close] = random.pick([
    ['[', '', ']'],
    ['{"error":', '1', '}'],
    ['{"images":[', '', ']}'],
    ['{"status":"RUNNING","entities":{"process_percent":', '1', '}}'],
    ['[{"id":"x","protected":', '[]', '}]'],
    ['<Error>', 'x', '</Error>'],
    ['<style>', 'x', ''],
  ]);
  const levels = Math.floor(length(random) / (open.length + close.length));
  return Buffer.from(`${open.repeat(levels)}${middle}${random.chance(0.8) ? close.repeat(levels) : ''}`);
}

/** A lot of one thing, some of it past the limit at which an answer is cut. */
function huge(random: Random): Buffer {
  const size = length(random);
  const many = (text: string) => text.repeat(Math.max(1, Math.floor(size / text.length)));
  const make = random.pick<() => string>([
    () => many(' '),
    () => `${many(' ')}{}`,
    () => many('<'),
    () => many('<a'),
    () => many('<style'),
    () => many('<script><style>'),
    () => `<Error>${many('<Code>x')}`,
    () => `<Error><Message>${many('x')}</Message></Error>`,
    () => many('é'),
    () => `[${many('{},')}{}]`,
    () => `[${many('[],')}[]]`,
    () => `{"images":[${many('{},')}{}]}`,
    () => `{"images":[${many('{"id":"x"},')}{"id":"x"}]}`,
    () => `{"projects":[${many('{},')}{}]}`,
    () => `{"projects":[${many('{"id":"x"},')}{"id":"x"}]}`,
    () => `{"job_id":"${many('x')}"}`,
    () => `{"status":"${many('x')}"}`,
    () => `{"status":"RUNNING","entities":{"process_percent":"1${many(' ')}x"}}`,
    () => `{"status":"RUNNING","entities":{"process_percent":"${many('9')}%"}}`,
    () => `{"status":"RUNNING","begin_time":"${many('\\u0000')}"}`,
    () => `{"status":"FAIL","fail_reason":"${many('x')}"}`,
    () => `{"status":"FAIL","entities":{"sub_jobs_result":[${many('{"status":"FAIL","fail_reason":"x"},')}{}]}}`,
    () => `{"images":[{"id":"i","__image_size":"${many('9')}","min_disk":"${many('9')}"}]}`,
    () => `{"error":{"code":"${many('A.')}","message":"${many('m')}"}}`,
    () => `{${many('"a":1,')}"a":1}`,
    () => `{${Array.from({ length: Math.floor(size / 12) }, (_, index) => `"${index.toString(36)}":{}`).join()}}`,
    () => many('9'),
    () => `-${many('9')}e${many('9')}`,
  ]);
  return Buffer.from(make());
}

/** Bytes. Most are of the size that hurts a parser, few of the size that hurts the transport. */
function length(random: Random): number {
  return random.chance(0.8) ? 20_000 + random.below(600_000) : 600_000 + random.below(5 * MIB);
}

/** Headers that are read somewhere, with values that are good, odd or long. */
function headers(random: Random): { [name: string]: string } {
  const date = 'Wed, 01 Jul 2015 02:30:25 GMT';
  const odd = () =>
    random.pick([
      ...['', '-1', '0', '1e9', '0x10', 'NaN', '5, 5', '99999999999999999999', '"', '""abc""', 'x'.repeat(8_000), 'é'],
      ...['2015', 'Wed, 99 Jul 99999 99:99:99 GMT', 'Fri, 31 Dec 275760 00:00:00 GMT', date, 'Wed, x', 'STANDARD'],
    ]);
  const chosen = Object.entries<string>({
    date,
    'last-modified': date,
    etag: '"d41d8cd98f00b204e9800998ecf8427e-3"',
    'x-request-id': 'r1',
    'x-obs-request-id': 'o1',
    'x-obs-storage-class': 'STANDARD',
    'x-obs-bucket-location': 'cn-north-4',
    'x-amz-bucket-region': 'cn-north-4',
    'x-subject-token': 'token',
    'content-type': 'application/json',
    'content-encoding': random.pick(['gzip', 'deflate', 'br', 'identity, gzip', '']),
    // Never one that is waited for: between 1 s and 3 s.
    'retry-after': random.pick([
      '0',
      '0.000',
      '86401',
      'Wed, 01 Jul 2015 02:30:25 GMT',
      'Sat, 01 Jan 2950 00:00:00 GMT',
    ]),
  }).flatMap(([name, usual]): Array<[string, string]> => {
    if (random.chance(0.25)) return [];
    const value = random.chance(0.3) ? odd() : usual;
    return name === 'retry-after' && /^[1-5]/.test(value) ? [] : [[name, value]];
  });
  return Object.fromEntries(chosen);
}

function noHttp(random: Random): Buffer {
  return random.pick([
    () => random.bytes(random.below(300)),
    () => Buffer.from('HTTP/1.1 200\r\n'),
    () => Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}'),
    () => Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n{}xyz'),
    () => Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}'),
    () => Buffer.from(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(200_000)}\r\n\r\n`),
    () => Buffer.from('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n'),
    () => Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'),
    () => Buffer.alloc(0),
  ])();
}
