import { describe, expect, test } from 'vitest';
import { withoutSecrets } from '../../../src/huaweicloud/credentials/redaction';

const SECRET = 'a"b\\c/d<e>&+=\' é.';
const TOKEN = 'MIIB0123456789ab+cdefghijklmnopqrst/UVWXYZ0123456789==';

const spelled = (spell: (character: string) => string) => SECRET.replace(/[^a-z]/g, spell);

describe('a secret is taken out', () => {
  test.each([
    ['as it is', SECRET],
    ['as JSON has it', JSON.stringify(SECRET).slice(1, -1)],
    ['as a URL has it', encodeURIComponent(SECRET)],
    ['as a URL has it, in lower case', encodeURIComponent(SECRET).toLowerCase()],
    ['as JSON in ASCII has it', spelled((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)],
    ['as JSON with escaped slashes has it', JSON.stringify(SECRET).slice(1, -1).replaceAll('/', '\\/')],
    ['as a page has it', spelled((c) => `&#${c.charCodeAt(0)};`)],
    ['as a page has it, in hexadecimal', spelled((c) => `&#x${c.charCodeAt(0).toString(16)};`)],
    ['as a page has it, by name', SECRET.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')],
  ])('%s', (_how, spelling) => {
    expect(withoutSecrets([undefined, '', SECRET])(`before ${spelling} after`)).toBe('before *** after');
  });

  test.each([
    ['cut off', TOKEN.slice(0, 40)],
    ['without its beginning', TOKEN.slice(21)],
    ['spelled in a way of its own', TOKEN.replace(/[^\w]/g, '~')],
    ['escaped twice', encodeURIComponent(encodeURIComponent(TOKEN))],
  ])('with the word around it, where it is %s', (_how, echo) => {
    expect(withoutSecrets([TOKEN])(`bad x-security-token:${echo}, sorry`)).toBe('bad *** sorry');
  });

  test('and the JSON around it stays JSON', () => {
    const said = JSON.stringify({ code: 'X.1', message: `token "${TOKEN.slice(0, -3)}" is bad`, path: `\\${TOKEN}\\` });
    expect(JSON.parse(withoutSecrets([TOKEN])(said))).toMatchObject({ code: 'X.1', message: 'token "***" is bad' });
  });
});

test('what is no secret stays, although it has some letters of one', () => {
  const text = `x ${TOKEN.slice(0, 11)} {"a":"b\\"c"} <p>&amp;`;
  expect(withoutSecrets([TOKEN, SECRET])(text)).toBe(text);
});

test('a megabyte of nearly a secret costs no more than reading it a few times', () => {
  const before = process.cpuUsage();
  for (const text of [TOKEN.slice(0, 11), '\\', '&#0', `${TOKEN.slice(0, 30)}%`]) {
    withoutSecrets([TOKEN, SECRET, '\\\\\\\\\\&&&&'])(text.repeat(1e6 / text.length));
  }
  // Time of the processor, which a busy machine does not stretch; a search that goes back again and again takes hours.
  expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
});
