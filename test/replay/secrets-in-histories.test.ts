import { describe, expect, it } from 'vitest';
import { randomAccessKey, randomText } from '../../src/testing/state';
import { recordedHistories, textsOf } from '../rigs/recorded-histories';

/** The shapes of what the simulator makes: see randomAccessKey, randomText and Keyring. */
const SECRETS = {
  'an access key': /(?<![A-Za-z0-9])(?=[A-Z0-9]*[A-Z])[A-Z0-9]{20}(?![A-Za-z0-9])/,
  'a secret key': /(?<![A-Za-z0-9])[A-Za-z0-9]{40}(?![A-Za-z0-9])/,
  'a token of IAM': /MII[\w-]{100,}/,
  'a security token': /[A-Za-z0-9+/]{200,}/,
  'a signed header': /authorization|x-sdk-date|signature=|SDK-HMAC|credential=/i,
};

describe('no recorded history contains', () => {
  const histories = recordedHistories().map(({ title, json }) => ({ title, texts: textsOf(JSON.parse(json)) }));

  it.each(Object.entries(SECRETS))('%s', (_what, shape) => {
    const found = histories.flatMap(({ title, texts }) =>
      texts.flatMap((text) => (shape.test(text) ? [`${title}: ${shape.exec(text)?.[0]}`] : [])),
    );
    expect(found).toEqual([]);
  });
});

it('the search for secrets in histories finds a key in a payload', () => {
  const payload = (text: string) => ({ data: Buffer.from(JSON.stringify({ said: text })).toString('base64') });
  const finds = (shape: RegExp, text: string) =>
    textsOf({ payloads: [payload(text)] }).some((found) => shape.test(found));
  expect(finds(SECRETS['an access key'], randomAccessKey())).toBe(true);
  expect(finds(SECRETS['a secret key'], randomText(40))).toBe(true);
});
