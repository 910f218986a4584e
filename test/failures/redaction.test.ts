import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CloudError, iamPasswordCredentials, staticCredentials } from '../../src/huaweicloud';
import { CircuitBreakers } from '../../src/huaweicloud/credentials/circuit-breakers';
import { askIdentity, readTemporaryKey } from '../../src/huaweicloud/credentials/identity-request';
import { withoutSecrets } from '../../src/huaweicloud/credentials/redaction';
import { type HttpRequest, Transport } from '../../src/huaweicloud/transport';
import { cloudErrorOf, IMAGE_ID, type LocalCloud, type Reply, startLocalCloud } from '../rigs/local-cloud';

let cloud: LocalCloud;
beforeEach(async () => {
  cloud = await startLocalCloud();
});
afterEach(() => cloud.close());

/** As base64 may be: hardly a letter or a digit between its marks. */
const DENSE = `${'/+'.repeat(6_000)}==`;
const MIXED = Buffer.from(Array.from({ length: 9_000 }, (_, index) => (index * 89 + 7) ** 2 % 251)).toString('base64');

const clientWith = (securityToken: string) =>
  cloud.client({
    credentials: staticCredentials({ accessKey: 'AK', secretKey: 'planted-secret-key', securityToken }),
  });
const wanted = { imageId: IMAGE_ID, bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' };
const everythingIn = (error: CloudError) => `${inspect(error, { depth: 10, showHidden: true })} ${String(error.stack)}`;

describe('a refusal of a request with a long token', () => {
  it.each([
    ['dense in / and +', DENSE],
    ['of 12,000 characters', MIXED],
  ])(
    'F63 a refusal of a request with a long token is as clear as with any other token when it is %s',
    async (_how, token) => {
      cloud.reply({ status: 400, body: { error: { code: 'IMG.0148', message: `busy; you sent ${token}` } } });
      const error = await cloudErrorOf(clientWith(token).ims.exportImage(wanted));
      expect(error).toMatchObject({
        code: 'IMG.0148',
        class: 'imageBusy',
        executed: 'no',
        message: 'busy; you sent ***',
      });
      expect(everythingIn(error)).not.toContain(token.slice(0, 40));
    },
  );

  it.each<[string, (token: string) => string]>([
    ['in JSON with escaped slashes', (token) => JSON.stringify(token).slice(1, -1).replaceAll('/', '\\/')],
    ['in ASCII JSON', (token) => token.replace(/\W/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)],
    ['in a URL', encodeURIComponent],
    ['in a URL, twice', (token) => encodeURIComponent(encodeURIComponent(token))],
    ['in HTML', (token) => token.replace(/\W/g, (c) => `&#${c.charCodeAt(0)};`)],
    ['cut off', (token) => token.slice(100, 300)],
    ['cut off in a URL', (token) => encodeURIComponent(token).slice(0, 300)],
  ])(
    'F63 a refusal of a request with a long token holds nothing of a dense token that is repeated %s',
    (_how, spelled) => {
      const text = withoutSecrets([DENSE])(`bad token: ${spelled(DENSE)} was sent`);
      expect(text).toBe('bad token: *** was sent');
    },
  );
});

const code = (character: string) => character.charCodeAt(0);
const hex = (character: string) => code(character).toString(16).padStart(2, '0');
const marks = (spell: (mark: string) => string) => (text: string) => text.replace(/[^A-Za-z0-9]/g, spell);
const NAMES: { [mark: string]: string } = {
  '+': 'plus',
  '/': 'sol',
  '=': 'equals',
  '&': 'amp',
  ';': 'semi',
  '%': 'percnt',
};

/** What programs make of a text before they put it into another one. */
const SPELLINGS: { [name: string]: (text: string) => string } = {
  'as it is': (text) => text,
  'in JSON': (text) => JSON.stringify(text).slice(1, -1),
  'in JSON, in ASCII': marks((mark) => `\\u00${hex(mark)}`),
  'in JSON, with escaped slashes': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'in JavaScript': marks((mark) => `\\x${hex(mark)}`),
  'in C': marks((mark) => `\\${code(mark).toString(8).padStart(3, '0')}`),
  'in a URL': encodeURIComponent,
  'in a URL, in lower case': (text) => encodeURIComponent(text).replace(/%../g, (sequence) => sequence.toLowerCase()),
  'in a URL, as escape() does it': marks((mark) => `%u00${hex(mark)}`),
  'in a form that was decoded': (text) => text.replaceAll('+', ' '),
  'in HTML': marks((mark) => `&#${code(mark)};`),
  'in HTML, in hexadecimal': marks((mark) => `&#x${hex(mark)};`),
  'in HTML, without semicolons': marks((mark) => `&#${code(mark)}`),
  'in HTML, in hexadecimal without semicolons': marks((mark) => `&#x${hex(mark)}`),
  'in HTML, by names': marks((mark) => (NAMES[mark] === undefined ? mark : `&${NAMES[mark]};`)),
  'in base64url': (text) => text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
};
/** Of the token itself: any later, a line break would stand in the middle of an escape. */
const FIRST: typeof SPELLINGS = { ...SPELLINGS, 'in lines': (text) => text.replace(/.{30}(?=.)/g, '$&\r\n') };

/** Of base64 with many marks: hardly ever twelve letters in a row. */
const denseToken = fc.nat().map((seed) =>
  createHash('sha512')
    .update(String(seed))
    .digest('base64')
    .replace(/[^A-Za-z0-9]/g, '')
    .replace(/(.)(.{1,4})/g, (_, mark: string, letters: string) => `${letters}${'+/='[mark.charCodeAt(0) % 5] ?? ''}`),
);
const firstSpelling = fc.constantFrom(...Object.keys(FIRST));
const furtherSpellings = fc.array(fc.constantFrom(...Object.keys(SPELLINGS)), { maxLength: 2 });
const spelledBy = (token: string, names: string[]) => names.reduce((text, name) => FIRST[name]?.(text) ?? text, token);

/** Nothing of it may be left: eight of its letters in a row are no coincidence. */
function expectNothingOf(token: string, text: string): void {
  const [letters, left] = [token, text].map((one) => one.replace(/[^A-Za-z0-9]/g, '')) as [string, string];
  const found = Array.from({ length: letters.length - 7 }, (_, at) => letters.slice(at, at + 8));
  expect(found.filter((piece) => left.includes(piece))).toEqual([]);
}

describe('a token, however it is spelled,', () => {
  it('F63 a token, however it is spelled, is hidden, and nothing else', () => {
    fc.assert(
      fc.property(denseToken, firstSpelling, furtherSpellings, (token, first, further) => {
        const spelled = spelledBy(token, [first, ...further]);
        const said = withoutSecrets([token])(`bad token: ${spelled} was sent`);
        expect(said.replaceAll(/(\*\*\*\s+)+/g, '*** ')).toBe('bad token: *** was sent');
      }),
      { numRuns: 500 },
    );
  });

  it('F63 a token, however it is spelled, is hidden also when it is cut off', () => {
    fc.assert(
      fc.property(denseToken, firstSpelling, fc.nat({ max: 20 }), fc.nat({ max: 20 }), (token, name, start, end) => {
        const spelled = spelledBy(token, [name]);
        // Other letters, which cannot be those that were cut off.
        const said = withoutSecrets([token])(`плохо: ${spelled.slice(start, spelled.length - end)}, жаль`);
        expectNothingOf(token, said);
        expect(said).toMatch(/^плохо: .*жаль$/s);
      }),
      { numRuns: 300 },
    );
  });

  it.each(['percent', 'everything'] as const)(
    'F63 a token, however it is spelled, is hidden three levels deep: %s',
    (how) => {
      const levels =
        how === 'percent'
          ? [encodeURIComponent, encodeURIComponent]
          : [SPELLINGS['in JSON'] ?? String, marks((mark) => `&#${code(mark)};`)];
      for (const token of ['ab+cd/ef=gh+ij/kl=mn+op/qr=st+uv/wx==', MIXED]) {
        const spelled = levels.reduce((text, spell) => spell(text), encodeURIComponent(token));
        expect(withoutSecrets([token])(`bad token: ${spelled} was sent`)).toBe('bad token: *** was sent');
      }
    },
  );

  it('F63 a token, however it is spelled, is hidden in base64, wherever it begins in what was encoded', () => {
    fc.assert(
      fc.property(denseToken, fc.string({ maxLength: 5 }), fc.boolean(), (token, before, forUrls) => {
        const spelled = Buffer.from(`${before}${token}, and more`).toString(forUrls ? 'base64url' : 'base64');
        expect(withoutSecrets([token])(`authorization: Basic ${spelled}`)).toBe('authorization: Basic ***');
      }),
    );
  });

  it('F63 a token, however it is spelled, leaves texts without it as they are', () => {
    const secrets = [
      MIXED,
      DENSE,
      'hTp7QzR2mWxK9vLdB4nYsF6gJcE8aU3iO1tN0bXe',
      createHash('sha256').update('x').digest('hex'),
    ];
    const tidy = withoutSecrets(secrets);
    for (const text of [
      'The image 7ca4e2bb-1b9f-4c5a-8d5e-0f2b9d1c3a4e is not active; it is in the status "saving".',
      'Incorrect IAM authentication information: the credential is disabled, or decrypt token fail',
      '{"error":{"code":"IMG.0148","message":"The image is being exported: busy-2026-11-29T10:00:00.000Z"}}',
      '<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><RequestId>0000018A2F7C4D5E96</RequestId></Error>',
      '"9bb58f26192e4ba00f01e2e7b136bbd8-17" 32AAAQAAEAABAAAQAAEAABAAAQAAEAABCSqB2PoZqBEHm0EmSPv3c9vVVZbHjWxT',
      'connect ECONNREFUSED 127.0.0.1:443 (obs.eu-west-101.myhuaweicloud.eu/images/nightly/2026%2F11%2F29.qcow2?part=1&a=%7E)',
      'Sat, 28 Nov 2026 10:00:00 GMT ---------------- ================ ________________ ++++ //// \\\\\\\\',
      'C:\\x\\y\\100\\u00e9 &nbsp;&copy; AT&amp;T 100%25 %zz &#x; &#;',
    ]) {
      expect(tidy(text)).toBe(text);
    }
    const isKept = (text: string) => tidy(text) === text;
    fc.assert(fc.property(fc.string({ maxLength: 200 }), isKept));
    fc.assert(fc.property(fc.uuid(), fc.base64String({ maxLength: 60 }), (id, etag) => isKept(`${id} ${etag}`)));
  });
});

describe('an answer that repeats what was just sent', () => {
  const echo: Reply = (response) => {
    const { headers } = cloud.requests.at(-1) ?? {};
    const message = `bad header Authorization: ${headers?.authorization}`;
    response
      .writeHead(403, {
        'x-obs-request-id': `r ${headers?.authorization}`,
        'x-request-id': `r ${headers?.authorization}`,
      })
      .end(JSON.stringify({ error: { code: 'X.1', message } }));
  };
  const signatureIn = () =>
    (/(?:Signature=|:)([\w+/=]+)$/.exec(String(cloud.requests.at(-1)?.headers.authorization)) ?? [])[1] ?? '';

  it('F63 an answer that repeats what was just sent gives an error without the signature of IMS', async () => {
    cloud.reply(echo);
    const error = await cloudErrorOf(cloud.client().ims.exportImage(wanted));
    expect(signatureIn()).toHaveLength(64);
    expect(error.message).toContain('bad header Authorization:');
    expect(everythingIn(error)).not.toContain(signatureIn());
  });

  it('F63 an answer that repeats what was just sent gives an error without the signature of OBS', async () => {
    cloud.reply(echo);
    const error = await cloudErrorOf(cloud.client().obs.readRange('ims-image', 'a.qcow2', 0, 3));
    expect(signatureIn()).toHaveLength(28);
    expect(error.message).toContain('bad header Authorization:');
    expect(everythingIn(error)).not.toContain(signatureIn());
  });

  it('F63 an answer that repeats what was just sent gives a job whose request id is clean', async () => {
    cloud.reply((response) =>
      response
        .writeHead(200, { 'x-request-id': `r ${cloud.requests.at(-1)?.headers.authorization}` })
        .end('{"job_id":"j1"}'),
    );
    const { jobId, requestId } = await cloud.client().ims.exportImage(wanted);
    expect(jobId).toBe('j1');
    expect(requestId).toMatch(/^r /);
    expect(requestId).not.toContain(signatureIn().slice(0, 20));
  });

  it.each<[string, string]>([
    ['is not JSON', 'no'],
    ['is another JSON', '{"credential":{}}'],
    ['is too long', 'x'.repeat(1_100_000)],
  ])(
    'F63 an answer that repeats what was just sent gives an error with a clean request id when a key %s',
    (_how, text) => {
      const id = 'r planted-session-token';
      const answer = { status: 200, headers: { 'x-request-id': id }, body: Buffer.from(text) };
      const request = { operation: 'GetSecurityKey', method: 'GET', secrets: ['planted-session-token'] } as const;
      expect(() => readTemporaryKey(answer, request)).toThrow(expect.objectContaining({ requestId: 'r ***' }));
    },
  );

  it('F63 an answer that repeats what was just sent gives an object whose headers are clean and short', async () => {
    cloud.reply((response) => {
      const said = `${cloud.requests.at(-1)?.headers.authorization}`;
      response
        .writeHead(200, {
          'x-obs-request-id': 'o1',
          'Content-Length': '5',
          'Last-Modified': 'Sat, 28 Nov 2026 10:00:00 GMT',
          ETag: `"${'e'.repeat(5_000)}\u009b2J"`,
          'x-obs-storage-class': `STANDARD ${said}`,
        })
        .end();
    });
    const { object } = await cloud.client().obs.headObject('ims-image', 'a.qcow2');
    expect(object?.etag).toMatch(/^"?e{90,100}…$/);
    expect(object?.storageClass).toMatch(/^STANDARD /);
    expect(object?.storageClass).not.toContain(signatureIn());
  });

  it('F63 an answer that repeats what was just sent gives a bucket whose headers are clean and short', async () => {
    cloud.reply({ headers: { 'x-obs-request-id': 'o1', 'x-obs-bucket-location': `r\u0085-${'1'.repeat(5_000)}` } });
    const { location } = await cloud.client().obs.headBucket('ims-image');
    expect(location?.length).toBeLessThanOrEqual(101);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(location).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });
});

describe('a source of credentials that is not of this package', () => {
  it('F63 a source of credentials that is not of this package repeats nothing that it gave before, and is cut', async () => {
    const given = { accessKey: 'AK', secretKey: 'planted-secret-key', securityToken: MIXED };
    const answers = [
      () => given,
      () => {
        throw new Error(`sts said SecurityToken=${MIXED}&sk=planted-secret-key ${'x'.repeat(5_000)}`);
      },
    ];
    const client = cloud.client({ credentials: { get: async () => (answers.shift() ?? (() => given))() } });
    cloud.reply({ status: 200, body: { job_id: 'j1' } });
    await client.ims.exportImage(wanted);
    const error = await cloudErrorOf(client.ims.exportImage(wanted));
    expect(error).toMatchObject({ code: 'CredentialsUnavailable', executed: 'no' });
    expect(error.message).toMatch(
      /^There are no credentials to sign with: sts said SecurityToken=\*\*\*&sk=\*\*\* x+…$/,
    );
    expect(error.message.length).toBeLessThan(350);
    expect(everythingIn(error)).not.toMatch(/planted/);
    expect(everythingIn(error)).not.toContain(MIXED.slice(0, 20));
  });
});

describe('trouble of the client itself', () => {
  it('F63 trouble of the client itself is an error of the cloud client, without secrets, short, and with what may have happened', async () => {
    const client = clientWith(MIXED);
    // Such as a limit of the engine, whose message repeats what it could not do.
    const text = `trouble with ${MIXED} and planted-secret-key ${'x'.repeat(5_000)}`;
    cloud.reply({ status: 200, body: {} });
    const fails = () => {
      throw new RangeError(text);
    };
    const error = await cloudErrorOf(client.ims.exportImage(wanted, { beforeSend: fails }));
    expect(error).toMatchObject({ code: 'NotSent', executed: 'no' });
    expect(error.message.length).toBeLessThanOrEqual(301);
    expect(everythingIn(error)).not.toContain('planted');
    expect(everythingIn(error)).not.toContain(MIXED.slice(0, 20));
  });

  it('F63 trouble of the client itself has no other words in its cause than its own, cleaned and cut', async () => {
    const deeper = Object.assign(new Error(`deeper: ${MIXED}`), { data: MIXED });
    const fails = () => {
      const failure = new Error(`not now ${'x'.repeat(5_000)}`, { cause: deeper });
      throw Object.assign(failure, { name: 'Fence', code: 'STALE', data: `sent ${MIXED}`, stack: `at ${MIXED}` });
    };
    const error = await cloudErrorOf(clientWith(MIXED).ims.exportImage(wanted, { beforeSend: fails }));
    expect(error.cause).toMatchObject({ name: 'Fence', code: 'STALE', message: `not now ${'x'.repeat(292)}…` });
    expect(everythingIn(error)).not.toContain(MIXED.slice(0, 20));
  });

  it('F63 trouble of the client itself is without the password when IAM was asked for a token', async () => {
    class BrokenTransport extends Transport {
      override send(request: HttpRequest): never {
        throw new RangeError(`cannot send ${request.body}`);
      }
    }
    const transport = new BrokenTransport();
    const breakers = new CircuitBreakers(Date.now);
    const asked = askIdentity(transport, {
      ...{ operation: 'CreateTokenByPassword', method: 'POST', endpoint: cloud.origin, path: '/v3/auth/tokens' },
      ...{ body: '{"password":"planted-password"}', secrets: ['planted-password'], limitMs: 1_000 },
    });
    expect(await cloudErrorOf(asked)).toMatchObject({
      code: 'ClientFailure',
      message: 'cannot send {"password":"***"}',
    });
    const user = { name: 'exporter', password: 'planted-password', domain: { name: 'team' } };
    const source = iamPasswordCredentials({ user, region: 'eu-west-101', iamEndpoint: cloud.origin });
    const got = await source.forClient?.({ transport, breakers, now: Date.now }).get().catch(String);
    expect(got).toMatch(/^CredentialsError: A temporary key for the IAM user 'exporter'.*cannot send .*\*\*\*/);
    expect(got).not.toContain('planted');
    await transport.close();
  });

  it('F63 trouble of the client itself hides the whole text where a secret cannot be looked for', () => {
    const impossible = {
      toString: () => {
        throw new RangeError('Invalid string length');
      },
    } as unknown as string;
    expect(withoutSecrets([impossible])('anything')).toBe('***');
  });
});
