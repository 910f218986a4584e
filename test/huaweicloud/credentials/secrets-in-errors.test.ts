import { inspect } from 'node:util';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import {
  assumeRoleCredentials,
  type CredentialsProvider,
  environmentCredentials,
  iamPasswordCredentials,
  idTokenCredentials,
  metadataCredentials,
  oidcCredentials,
  podIdentityCredentials,
  profileCredentials,
  staticCredentials,
} from '../../../src/huaweicloud';
import type { FaultAction } from '../../../src/testing';
import { type IdentityRig, linuxImage, startIdentityRig } from '../../rigs/identity-rig';
import { cloudErrorOf, type Reply, startLocalCloud } from '../../rigs/local-cloud';

/** With everything that JSON, URLs and XML spell in another way. */
const SECRET = 'PLANTED-"quoted"\\and/<more>&+= end';
/** As long as those of the cloud: 800 characters of base64, with its `+`, `/` and `=`. */
const TOKEN = Buffer.from(Array.from({ length: 598 }, (_, index) => (index * 89 + 7) ** 2 % 251)).toString('base64');

let rig: IdentityRig;
beforeEach(async () => {
  rig = await startIdentityRig();
});

const iamUser = (password: string) => {
  const { iamUser: name, iamDomain, region, iamEndpoint } = rig.simulator.info;
  return iamPasswordCredentials({ user: { name, password, domain: { name: iamDomain } }, region, iamEndpoint });
};
const agencyOf = (from: CredentialsProvider) => {
  const { iamDomain, region, iamEndpoint } = rig.simulator.info;
  return assumeRoleCredentials({ agency: 'exporters', domain: { name: iamDomain }, region, iamEndpoint, from });
};

interface Source {
  source: string;
  /** The secrets that it sends or signs with, by which a talkative service could give it away. */
  knows: string[];
  make: () => CredentialsProvider;
}

const fixedKey = () => staticCredentials({ accessKey: 'AK', secretKey: SECRET, securityToken: TOKEN });
const SOURCES: Source[] = [
  { source: 'a fixed key', knows: [SECRET, TOKEN], make: fixedKey },
  {
    source: 'the environment',
    knows: [SECRET, TOKEN],
    make: () =>
      environmentCredentials({
        HUAWEICLOUD_SDK_AK: 'AK',
        HUAWEICLOUD_SDK_SK: SECRET,
        HUAWEICLOUD_SDK_SECURITY_TOKEN: TOKEN,
      }),
  },
  {
    source: 'a profile',
    knows: [SECRET, TOKEN],
    make: () => {
      const ini = `[basic]\nak = AK\nsk = ${JSON.stringify(SECRET)}\nsecurity_token = ${TOKEN}\n`;
      return profileCredentials({ file: rig.file('profile', ini) });
    },
  },
  { source: 'an IAM password', knows: [SECRET], make: () => iamUser(SECRET) },
  { source: 'an agency', knows: [SECRET, TOKEN], make: () => agencyOf(fixedKey()) },
  { source: 'an agency by an IAM password', knows: [SECRET], make: () => agencyOf(iamUser(SECRET)) },
  {
    source: 'an ID token',
    knows: [TOKEN],
    make: () => {
      const source = { idpId: 'idp', idTokenFile: rig.file('token', TOKEN) };
      return idTokenCredentials({ source, iamEndpoint: rig.simulator.info.iamEndpoint });
    },
  },
  {
    source: 'an agency by OpenID Connect',
    knows: [TOKEN],
    make: () => {
      const source = { providerUrn: 'p', agencyUrn: 'a', idToken: { value: TOKEN } };
      return oidcCredentials({ source, stsEndpoint: rig.simulator.info.iamEndpoint });
    },
  },
  {
    source: 'a pod identity',
    knows: [TOKEN],
    make: () => {
      const source = { uri: rig.simulator.identityProvider.podIdentityUri, tokenFile: rig.file('token', TOKEN) };
      return podIdentityCredentials({ source });
    },
  },
  {
    source: 'the agency of an ECS',
    knows: [],
    make: () => metadataCredentials({ endpoint: rig.simulator.info.metadataEndpoint }),
  },
];

/** What a service that repeats whatever it was sent may answer. */
const ANSWERS: Array<[string, (known: string) => FaultAction]> = [
  ['as usual', () => ({})],
  ['a rejection with it', (known) => ({ status: 401, body: { error: { code: 401, message: known } } })],
  ['an HTML page with it', (known) => ({ status: 502, body: `<html>${known} ${encodeURIComponent(known)}</html>` })],
  ['JSON with it, escaped by Gson', (known) => ({ status: 400, body: refusal(gson(`token:${known}`)) })],
  ['JSON with it and escaped slashes', (known) => ({ status: 401, body: refusal(slashes(`token:${known}`)) })],
  ['an HTML page with it escaped', (known) => ({ status: 502, body: `<html><pre>${html(known)}</pre></html>` })],
  [
    'JSON with it cut off',
    (known) => ({ status: 400, body: refusal(JSON.stringify(known.replace(/(\S{99})\S+/, '$1'))) }),
  ],
  ['a key made of it', (known) => ({ body: { credential: { access: known, secret: known } } })],
  ['cut off', () => ({ truncate: true })],
];

function refusal(message: string): string {
  return `{"error_code":"APIGW.0301","error_msg":${message}}`;
}

function gson(text: string): string {
  return JSON.stringify(text).replace(/[=&<>']/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

function slashes(text: string): string {
  return JSON.stringify(text).replaceAll('/', '\\/');
}

function html(text: string): string {
  return text.replace(/[^\w\s]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Those of a text that no chance would put into another. */
function pieces(secret: string, length = 8): string[] {
  return Array.from({ length: secret.length - length + 1 }, (_, at) => secret.slice(at, at + length));
}

const CASES = SOURCES.flatMap((source) => ANSWERS.map(([how, action]) => ({ ...source, how, action })));

test.each(CASES)(
  'no secret of $source is in errors, inspected client or journal when the answer is $how',
  async ({ make, knows, action }) => {
    const account = rig.account(make());
    const client = rig.client(account, { retry: { maxTries: 1, refusedKeyRestMs: 600 } });
    const fault = action(knows.join(' '));
    if (Object.keys(fault).length > 0) {
      for (const service of ['ims', 'obs', 'iam', 'metadata'] as const) {
        rig.simulator.faults.add({ service, times: 100, action: fault });
      }
    }
    const { bucket } = rig.simulator.info;
    const attempts = [
      () => client.ims.getImage(linuxImage(rig.simulator)),
      () => client.ims.exportImage({ imageId: linuxImage(rig.simulator), bucketUrl: `${bucket}:a`, fileFormat: 'vhd' }),
      () => client.obs.headBucket(bucket),
      () => client.obs.readRange(bucket, 'a', 0, 3),
      () => account.credentials.get(),
    ];
    const traces: string[] = [];
    for (const attempt of attempts) {
      const outcome = await attempt().then(
        () => undefined,
        (error: unknown) => error,
      );
      traces.push(inspect(outcome, { depth: 10, showHidden: true }), JSON.stringify(outcome) ?? '', String(outcome));
      if (outcome instanceof Error) traces.push(outcome.message, String(outcome.stack), inspect(outcome.cause));
    }
    traces.push(inspect(client, { depth: 10 }), inspect(account, { depth: 10 }), JSON.stringify(account));
    traces.push(JSON.stringify(rig.simulator.requests()));
    const said = traces.join('\n');
    expect(said.length).toBeGreaterThan(500);
    expect(said).not.toMatch(/PLANTED|quoted|and\/<more>/);
    expect(said).not.toMatch(/Signature=/);
    expect(pieces(TOKEN).filter((piece) => said.includes(piece))).toEqual([]);
    for (const password of [rig.simulator.info.iamPassword, rig.simulator.info.secretKey]) {
      expect(said).not.toContain(password);
    }
  },
);

test.each([
  ['in JSON as Gson escapes it', gson],
  ['in JSON with escaped slashes', slashes],
  ['in a page, escaped', (text: string) => `<p>${html(text)}</p>`],
])('no secret of an ECS agency is in an error when the answer repeats it %s', async (_how, spell) => {
  const cloud = await startLocalCloud();
  onTestFinished(() => cloud.close());
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  const key = { access: 'AK', secret: SECRET, securitytoken: TOKEN, expires_at: expiresAt };
  const sessionToken = TOKEN.slice(100, 300);
  let keysGiven = 0;
  const tell: Reply = (response) => {
    const { url = '', headers } = cloud.requests.at(-1) ?? {};
    if (url.endsWith('/token')) return response.end(sessionToken);
    if (url.endsWith('/securitykey') && keysGiven++ === 0) return response.end(JSON.stringify({ credential: key }));
    // Each request is told what it knows: the token of the session, or the key that signed.
    const known = headers?.['x-metadata-token'] ?? `${TOKEN} ${SECRET}`;
    return response
      .writeHead(400, { 'x-obs-request-id': 'o1' })
      .end(`{"error_code":"X.1","error_msg":${spell(String(known))}}`);
  };
  cloud.reply(tell);
  let nowMs = Date.now();
  const client = cloud.client(
    { credentials: metadataCredentials({ endpoint: cloud.origin }) },
    { now: () => nowMs, retry: { maxTries: 1 } },
  );
  const errors = [
    await cloudErrorOf(client.ims.getJob('job')),
    await cloudErrorOf(client.obs.readRange('b', 'a', 0, 3)),
  ];
  nowMs += 120_000;
  errors.push(await cloudErrorOf(client.ims.getJob('job')));
  expect(errors.map(({ code, httpStatus }) => [code, httpStatus])).toEqual([
    [expect.stringMatching(/X.1|HTTP_400/), 400],
    [expect.stringMatching(/X.1|HTTP_400/), 400],
    ['CredentialsUnavailable', null],
  ]);
  const said = errors.map((error) => `${inspect(error, { depth: 10 })} ${JSON.stringify(error)}`).join('\n');
  expect(said).not.toMatch(/PLANTED|quoted/);
  expect(pieces(TOKEN).filter((piece) => said.includes(piece))).toEqual([]);
});

test('no secret of fetched credentials is in their inspected provider', async () => {
  for (const provider of [
    iamUser(rig.simulator.info.iamPassword),
    metadataCredentials({ endpoint: rig.simulator.info.metadataEndpoint }),
  ]) {
    const { secretKey, securityToken } = await provider.get();
    const said = inspect(provider, { depth: 10, showHidden: true });
    expect(said).not.toContain(secretKey);
    expect(said).not.toContain(String(securityToken));
  }
});
