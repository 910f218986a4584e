import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CloudError, staticCredentials } from '../../src/huaweicloud';
import { withoutSecrets } from '../../src/huaweicloud/credentials/redaction';
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

  it('F63 trouble of the client itself hides the whole text where a secret cannot be looked for', () => {
    const impossible = {
      toString: () => {
        throw new RangeError('Invalid string length');
      },
    } as unknown as string;
    expect(withoutSecrets([impossible])('anything')).toBe('***');
  });
});
