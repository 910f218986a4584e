import { describe, expect, test } from 'vitest';
import { withoutSecrets } from '../../../src/huaweicloud/credentials/redaction';

const SECRET = 'a"b\\c/d<e>&+=\' é.';
const TOKEN = 'MIIB0123456789ab+cdefghijklmnopqrst/UVWXYZ0123456789==';

const spelled = (spell: (character: string) => string) => SECRET.replace(/[^a-z]/g, spell);

describe('a secret is removed from a text', () => {
  test.each([
    ['plainly', SECRET],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in a URL in lower case', encodeURIComponent(SECRET).toLowerCase()],
    ['in ASCII JSON', spelled((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)],
    ['in JSON with escaped slashes', JSON.stringify(SECRET).slice(1, -1).replaceAll('/', '\\/')],
    ['in HTML with decimal entities', spelled((c) => `&#${c.charCodeAt(0)};`)],
    ['in HTML with hexadecimal entities', spelled((c) => `&#x${c.charCodeAt(0).toString(16)};`)],
    ['in a URL three times', encodeURIComponent(encodeURIComponent(encodeURIComponent(SECRET)))],
    ['in JavaScript', spelled((c) => (c > '\u00ff' ? c : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`))],
    ['in HTML with named entities', SECRET.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')],
  ])('when it is written %s', (_how, spelling) => {
    expect(withoutSecrets([undefined, '', SECRET])(`before ${spelling} after`)).toBe('before *** after');
  });

  test.each([
    ['cut off at the end', TOKEN.slice(0, 40)],
    ['cut off at the start', TOKEN.slice(21)],
    ['escaped in an unknown way', TOKEN.replace(/[^\w]/g, '~')],
    ['in base64', Buffer.from(TOKEN).toString('base64')],
  ])('with the surrounding word when it is %s', (_how, echo) => {
    expect(withoutSecrets([TOKEN])(`bad x-security-token:${echo}, sorry`)).toBe('bad *** sorry');
  });

  test('by any twelve characters of it, wherever they begin', () => {
    for (let at = 0; at + 12 <= TOKEN.length; at += 1) {
      for (let before = 0; before < 12; before += 1) {
        // A letter that is not the token's: it could be the next one.
        const text = `${'.'.repeat(before)}${TOKEN.slice(at, at + 12)}, Sorry`;
        expect(withoutSecrets([TOKEN])(text), `${at} ${before}`).toBe('*** Sorry');
      }
    }
  });

  test('and leaves the JSON around it valid', () => {
    const said = JSON.stringify({ code: 'X.1', message: `token "${TOKEN.slice(0, -3)}" is bad`, path: `\\${TOKEN}\\` });
    expect(JSON.parse(withoutSecrets([TOKEN])(said))).toMatchObject({ code: 'X.1', message: 'token "***" is bad' });
  });
});

test('redaction keeps text that shares only some letters with a secret', () => {
  const text = `x ${TOKEN.slice(0, 11)} {"a":"b\\"c"} <p>&amp;`;
  expect(withoutSecrets([TOKEN, SECRET])(text)).toBe(text);
});

test('redaction of a megabyte of near-secrets costs only a few passes over the text', () => {
  const before = process.cpuUsage();
  for (const text of [TOKEN.slice(0, 11), '\\', '&#0', '%25', `${TOKEN.slice(0, 30)}%`]) {
    withoutSecrets([TOKEN, SECRET, '\\\\\\\\\\&&&&'])(text.repeat(1e6 / text.length));
  }
  // Time of the processor, which a busy machine does not stretch; a search that goes back again and again takes hours.
  expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
});
