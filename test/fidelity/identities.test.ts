/**
 * Who signs: the vendor's Python and Go SDKs, unchanged, and this package, in the same environment and with the same files, against
 * the simulator. Where both SDKs agree, so does this package, but for what docs/development/identities.md says and why.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  AccountConfigurationError,
  accountFromEnvironment,
  assumeRoleCredentials,
  type Credentials,
  createCloudClient,
  staticCredentials,
} from '../../src/huaweicloud';
import { type Simulator, startSimulator } from '../../src/testing';
import { type IdentityExchange, type IdentityRecorder, startIdentityRecorder } from '../rigs/identity-recorder';
import { LONG_FORM } from '../rigs/long-form';
import { type PythonPackages, pythonPackages } from '../rigs/python-packages';

const VERSION = '3.1.219';
const PAGE = readFileSync(resolve(__dirname, '../../docs/development/identities.md'), 'utf8');

let simulator: Simulator;
let recorder: IdentityRecorder;
let folder: string;
let packages: PythonPackages;
let python: ChildProcess | undefined;
let answers: AsyncIterator<string>;
let go: { executable: string } | { missing: string };
const keys = new Map<string, Signer>();

/** In the words of the table in docs/development/identities.md. `none`: there was no key; `refused`: the worker does not start. */
type Signer =
  | 'OIDC agency'
  | 'ID token'
  | 'access key'
  | 'IAM user'
  | 'profile'
  | 'pod identity'
  | 'Terraform key'
  | 'metadata'
  | 'none'
  | 'refused';

beforeAll(async () => {
  [packages, simulator] = await Promise.all([pythonPackages('huaweicloudsdkims', VERSION), startSimulator()]);
  recorder = await startIdentityRecorder(simulator);
  folder = mkdtempSync(join(tmpdir(), 'identities-'));
  go = await goDriver();
  if ('missing' in packages) return;
  python = spawn('python3', [join(__dirname, 'identity_client.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, HOME: folder, PYTHONPATH: packages.path, PYTHONDONTWRITEBYTECODE: '1' },
  });
  if (python.stdout) answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
}, 600_000);

afterAll(async () => {
  python?.stdin?.end();
  await recorder?.close();
  await simulator?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function goDriver(): Promise<{ executable: string } | { missing: string }> {
  if (!LONG_FORM) return { missing: 'to compile it takes a while: `npm run test:all` does' };
  const executable = resolve(__dirname, '../../.cache/identity-go');
  try {
    await promisify(execFile)('go', ['build', '-o', executable, '.'], { cwd: join(__dirname, 'identity-go') });
    return { executable };
  } catch (error) {
    return { missing: `go cannot build it: ${(error as Error).message.split('\n')[0]}` };
  }
}

type Environment = { [name: string]: string };
type Part = (environment: Environment) => Promise<Environment>;

/** A key of its own for each place that holds one, so that the one that signed is known by its name. */
async function keyFor(signer: Signer): Promise<Credentials> {
  const { accessKey, secretKey, iamDomain, region, iamEndpoint } = simulator.info;
  const from = staticCredentials({ accessKey, secretKey });
  const key = await assumeRoleCredentials({
    agency: 'a',
    domain: { name: iamDomain },
    from,
    region,
    iamEndpoint,
  }).get();
  keys.set(key.accessKey, signer);
  return key;
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const accessKey: Part = async () => {
  const key = await keyFor('access key');
  return {
    HUAWEICLOUD_SDK_AK: key.accessKey,
    HUAWEICLOUD_SDK_SK: key.secretKey,
    HUAWEICLOUD_SDK_SECURITY_TOKEN: key.securityToken ?? '',
  };
};
const idToken: Part = async () => ({
  HUAWEICLOUD_SDK_IDP_ID: simulator.identityProvider.idpId,
  HUAWEICLOUD_SDK_ID_TOKEN_FILE: file('id-token', simulator.identityProvider.issue('idToken')),
});
const oidc: Part = async () => ({
  HUAWEICLOUD_OIDC_PROVIDER_URN: simulator.identityProvider.providerUrn,
  HUAWEICLOUD_OIDC_AGENCY_URN: simulator.identityProvider.agencyUrn,
  HUAWEICLOUD_OIDC_TOKEN_FILE: file('oidc-token', simulator.identityProvider.issue('oidc')),
});
const podIdentity: Part = async () => ({
  HC_CONTAINER_CREDENTIALS_FULL_URI: `${recorder.origin}/v1/credentials`,
  HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: file('pod-token', simulator.identityProvider.issue('pod')),
});
const terraform: Part = async () => {
  const key = await keyFor('Terraform key');
  return { HW_ACCESS_KEY: key.accessKey, HW_SECRET_KEY: key.secretKey, HW_SECURITY_TOKEN: key.securityToken ?? '' };
};
const iamUser: Part = async () => ({
  IMS_EXPORT_IAM_USER: simulator.info.iamUser,
  IMS_EXPORT_IAM_PASSWORD: simulator.info.iamPassword,
  IMS_EXPORT_IAM_DOMAIN: simulator.info.iamDomain,
});
const metadata: Part = async () => {
  recorder.hasMetadata = true;
  Object.assign(simulator.metadata, { agency: true });
  return { IMS_EXPORT_METADATA_ENDPOINT: simulator.info.metadataEndpoint };
};
/** An ECS without an agency: its metadata service answers, and has no key. */
const noAgency: Part = async () => {
  recorder.hasMetadata = true;
  Object.assign(simulator.metadata, { agency: false });
  return { IMS_EXPORT_METADATA_ENDPOINT: simulator.info.metadataEndpoint };
};
type ProfileContent =
  | 'keys'
  | 'ID token'
  | 'idp_id'
  | 'global'
  | 'keys with colons'
  | 'ID token with colons'
  | 'keys in capitals'
  | 'keys by default'
  | 'security_token';
const profile =
  (...contents: ProfileContent[]): Part =>
  async () => {
    const key = await keyFor('profile');
    const tokenFile = file('profile-token', simulator.identityProvider.issue('idToken'));
    const lines = {
      keys: `ak = ${key.accessKey}\nsk = ${key.secretKey}\nsecurity_token = ${key.securityToken}`,
      'ID token': `idp_id = ${simulator.identityProvider.idpId}\nid_token_file = ${tokenFile}`,
      idp_id: `idp_id = ${simulator.identityProvider.idpId}`,
      global: '[global]\ndomain_id = 1',
      'keys with colons': `ak: ${key.accessKey}\nsk : ${key.secretKey}\nsecurity_token:${key.securityToken}`,
      'ID token with colons': `idp_id: ${simulator.identityProvider.idpId}\nid_token_file: ${tokenFile}`,
      'keys in capitals': `AK = ${key.accessKey}\nSk = ${key.secretKey}\nSECURITY_TOKEN = ${key.securityToken}`,
      'keys by default': `[DEFAULT]\nak = ${key.accessKey}\nsk = ${key.secretKey}\nsecurity_token = ${key.securityToken}`,
      security_token: `security_token = ${key.securityToken}`,
    };
    const endpoint = `iam_endpoint = ${recorder.origin}`;
    const section = contents.includes('global') ? [] : ['[basic]', endpoint];
    const text = [...section, ...contents.map((content) => lines[content]), ''].join('\n');
    mkdirSync(join(folder, '.huaweicloud'), { recursive: true });
    file('.huaweicloud/credentials', text);
    return {};
  };
const only =
  (part: Part, ...names: string[]): Part =>
  async (environment) =>
    Object.fromEntries(Object.entries(await part(environment)).filter(([name]) => names.includes(name)));

/** The environment of a case: that of a worker, and what its parts add. */
async function environmentFrom(parts: readonly Part[]): Promise<Environment> {
  rmSync(join(folder, '.huaweicloud'), { recursive: true, force: true });
  recorder.hasMetadata = false;
  const { info } = simulator;
  const environment: Environment = {
    HOME: folder,
    PATH: process.env.PATH ?? '',
    HTTP_PROXY: recorder.origin,
    NO_PROXY: '127.0.0.1',
    HUAWEICLOUD_SDK_PROJECT_ID: info.projectId,
    HUAWEICLOUD_SDK_IAM_ENDPOINT: recorder.origin,
    HUAWEICLOUD_SDK_STS_ENDPOINT: recorder.origin,
    IMS_EXPORT_REGION: info.region,
    IMS_EXPORT_IMS_ENDPOINT: info.imsEndpoint,
    IMS_EXPORT_OBS_ENDPOINT: info.obsEndpoint,
  };
  for (const part of parts) Object.assign(environment, await part(environment));
  return environment;
}

interface Verdict {
  signer: Signer;
  exchanges: IdentityExchange[];
}

/** Whose the key is that signed, by its name or else by who gave it out. */
function verdictOf(key: string | undefined, failure: 'none' | 'refused', since: number): Verdict {
  const exchanges = recorder.take();
  const asked = [...exchanges.map(({ path }) => path), ...simulator.requests(since).map(({ path }) => path)];
  const wasAsked = (end: string) => asked.some((path) => path.endsWith(end));
  const source = (): Signer => {
    if (wasAsked('/assume-with-oidc')) return 'OIDC agency';
    if (wasAsked('/id-token/tokens')) return 'ID token';
    if (wasAsked('/v1/credentials')) return 'pod identity';
    return wasAsked('/v3/auth/tokens') ? 'IAM user' : 'metadata';
  };
  return { signer: key === undefined ? failure : (keys.get(key) ?? source()), exchanges };
}

async function ours(environment: Environment): Promise<Verdict> {
  const since = simulator.requests().length;
  recorder.take();
  let key: string | undefined;
  try {
    const account = accountFromEnvironment(environment);
    const client = createCloudClient({
      ...account,
      credentials: {
        ...account.credentials,
        forClient: (resources) => {
          const inner = account.credentials.forClient?.(resources) ?? account.credentials;
          const get = async () => {
            const credentials = await inner.get();
            key = credentials.accessKey;
            return credentials;
          };
          return { get, refresh: inner.refresh?.bind(inner) };
        },
      },
    });
    try {
      await client.checkAccess();
    } finally {
      await client.close();
    }
    return verdictOf(key, 'none', since);
  } catch (error) {
    return verdictOf(undefined, error instanceof AccountConfigurationError ? 'refused' : 'none', since);
  }
}

async function askPython(request: object): Promise<{ [field: string]: unknown }> {
  python?.stdin?.write(`${JSON.stringify(request)}\n`);
  const { value, done } = await answers.next();
  if (done) throw new Error('the Python process ended; its own message is above');
  return JSON.parse(value);
}

async function pythons(environment: Environment): Promise<Verdict> {
  const since = simulator.requests().length;
  recorder.take();
  const { accessKey } = await askPython(environment);
  return verdictOf(accessKey as string | undefined, 'none', since);
}

async function gos(environment: Environment, executable: string): Promise<Verdict> {
  const since = simulator.requests().length;
  recorder.take();
  const { stdout } = await promisify(execFile)(executable, [], { env: environment });
  return verdictOf(JSON.parse(stdout).accessKey, 'none', since);
}

describe('the SDKs that are compared with:', () => {
  it(`the Python SDK ${VERSION} runs here`, ({ skip }) => {
    if ('missing' in packages) skip(packages.missing);
    expect(python?.exitCode).toBe(null);
  });

  it('the Go SDK runs here', ({ skip }) => {
    if ('missing' in go) skip(go.missing);
    expect(go).toHaveProperty('executable');
  });
});

/** Where both SDKs agree. */
const AGREED: Array<[string, Part[], Signer]> = [
  ['an access key', [accessKey], 'access key'],
  ['an access key, before a profile', [accessKey, profile('keys')], 'access key'],
  ['an access key, before the metadata service', [accessKey, metadata], 'access key'],
  ['an access key, before a pod identity', [accessKey, podIdentity], 'access key'],
  ['an ID token', [idToken], 'ID token'],
  ['an ID token, before an access key', [idToken, accessKey], 'ID token'],
  ['an ID token, before a profile and the metadata service', [idToken, profile('keys'), metadata], 'ID token'],
  ['a profile with keys', [profile('keys')], 'profile'],
  ['a profile with keys, before the metadata service', [profile('keys'), metadata], 'profile'],
  ['a profile with keys, before a pod identity', [profile('keys'), podIdentity], 'profile'],
  ['a profile with an ID token', [profile('ID token')], 'ID token'],
  ['a profile with an ID token, before its keys', [profile('ID token', 'keys')], 'ID token'],
  [
    'a profile with colons for its keys, before the metadata service',
    [profile('keys with colons'), metadata],
    'profile',
  ],
  ['a profile with colons for its ID token', [profile('ID token with colons'), metadata], 'ID token'],
  ['a profile for global services only, so the metadata service', [profile('global'), metadata], 'metadata'],
  ['the metadata service', [metadata], 'metadata'],
  ['a pod identity on an ECS without an agency', [podIdentity, noAgency], 'pod identity'],
];

/** The rows of the table in docs/development/identities.md, by their first cell: where the SDKs differ, lack a source, or pass over half of one. */
const DIFFERENT: Array<[situation: string, parts: Part[]]> = [
  ['OIDC agency', [oidc]],
  ['OIDC agency and access key', [oidc, accessKey]],
  ['OIDC agency and ID token', [oidc, idToken]],
  ['pod identity where no metadata service answers', [podIdentity]],
  ['pod identity and metadata', [podIdentity, metadata]],
  ['IAM user and profile', [iamUser, profile('keys')]],
  ['Terraform key', [terraform]],
  ['Terraform key and metadata', [terraform, metadata]],
  ['`HUAWEICLOUD_SDK_IDP_ID` alone, and access key', [only(idToken, 'HUAWEICLOUD_SDK_IDP_ID'), accessKey]],
  ['`HUAWEICLOUD_SDK_AK` alone, and profile', [only(accessKey, 'HUAWEICLOUD_SDK_AK'), profile('keys')]],
  ['`HUAWEICLOUD_OIDC_AGENCY_URN` alone, and access key', [only(oidc, 'HUAWEICLOUD_OIDC_AGENCY_URN'), accessKey]],
  [
    '`HC_CONTAINER_CREDENTIALS_FULL_URI` alone, and metadata',
    [only(podIdentity, 'HC_CONTAINER_CREDENTIALS_FULL_URI'), metadata],
  ],
  ['profile with `idp_id` alone, and keys in it', [profile('idp_id', 'keys')]],
  ['profile with `AK` and `SK` in capitals, and metadata', [profile('keys in capitals'), metadata]],
  ['profile with keys in `[DEFAULT]`, and metadata', [profile('keys by default'), metadata]],
  ['profile with `iam_endpoint` alone, and metadata', [profile(), metadata]],
  ['profile with `security_token` alone, and metadata', [profile('security_token'), metadata]],
  ['a profile file that is named and missing, and metadata', [missingProfile, metadata]],
];

async function missingProfile(): Promise<Environment> {
  return { HUAWEICLOUD_SDK_CREDENTIALS_FILE: join(folder, 'nowhere') };
}

describe('where the SDKs agree, so does this package:', () => {
  it.each(AGREED)('%s', async (_, parts, signer) => {
    const environment = await environmentFrom(parts);
    const own = await ours(environment);
    expect(own.signer).toBe(signer);
    if (!('missing' in packages)) expect(await pythons(environment)).toMatchObject({ signer });
    if ('executable' in go) expect(await gos(environment, go.executable)).toMatchObject({ signer });
  });

  it.each<[string, Part]>([
    ['an ID token', idToken],
    ['a pod identity', podIdentity],
    ['an agency by OpenID Connect, as the Python SDK', oidc],
  ])('the requests by which %s becomes a key are the same on the wire', async (_, part) => {
    const environment = await environmentFrom([part, noAgency]);
    const identity = (verdict: Verdict) =>
      verdict.exchanges.filter(({ path }) => !/^\/(meta-data|openstack)/.test(path));
    // An unscoped token is another one each time.
    const shown = (exchanges: IdentityExchange[]) => JSON.stringify(exchanges).replace(/"MII[^"]*"/, '"…"');
    const own = identity(await ours(environment));
    expect(shown(own)).toMatch(/assume-with-oidc|id-token.*securitytokens|credentials/);
    if (!('missing' in packages)) expect(shown(identity(await pythons(environment)))).toBe(shown(own));
    if (!('executable' in go) || part === oidc) return;
    // The Go SDK sends another content type to the agent of a pod, and none for a key of IAM.
    const ofGo = ({ headers: { 'content-type': _, ...headers }, ...rest }: IdentityExchange) => ({ ...rest, headers });
    expect(shown(identity(await gos(environment, go.executable)).map(ofGo))).toBe(shown(own.map(ofGo)));
  });
});

describe('where they do not, docs/development/identities.md has what each does:', () => {
  const rows = [...PAGE.matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \|$/gm)].map(
    ([, ...cells]) => cells,
  );
  const rowOf = (situation: string) => rows.find(([cell]) => cell === situation)?.slice(1);

  it.each(DIFFERENT)('%s', async (situation, parts) => {
    const environment = await environmentFrom(parts);
    const documented = rowOf(situation);
    const own = (await ours(environment)).signer;
    const sdks = [
      'missing' in packages ? documented?.[0] : (await pythons(environment)).signer,
      'missing' in go ? documented?.[1] : (await gos(environment, go.executable)).signer,
    ];
    expect([...sdks, own]).toEqual(documented);
  });

  it('the table has no other rows', () => {
    const start = rows.findIndex(([cell]) => cell === 'Configured');
    expect(start).toBeGreaterThanOrEqual(0);
    const situations = rows.slice(start).map(([cell]) => cell);
    expect(situations.filter((cell) => cell !== 'Configured').sort()).toEqual(DIFFERENT.map(([cell]) => cell).sort());
  });
});

describe('the endpoints of IMS and IAM', () => {
  beforeEach(({ skip }) => {
    if ('missing' in packages) skip(packages.missing);
  });
  const KEYS = { HUAWEICLOUD_SDK_AK: 'ak', HUAWEICLOUD_SDK_SK: 'sk' };
  const REPLACED = { HUAWEICLOUD_SDK_REGION_IMS_CN_NORTH_4: 'https://a.example.com,https://b.example.com' };

  it.each([{}, REPLACED])('are those of the SDK in its regions, with the variables %j', async (variables) => {
    const theirs = await askPython({ endpointsIn: variables });
    const own = Object.fromEntries(
      Object.keys(theirs).map((region) => {
        const { ims, iam } = accountFromEnvironment({ ...KEYS, ...variables, IMS_EXPORT_REGION: region }).endpoints;
        return [region, { ims, iam }];
      }),
    );
    expect(Object.keys(theirs).length).toBeGreaterThan(30);
    // Where the SDK's files of IMS and IAM differ from each other: docs/development/identities.md says why this one.
    const europe = { ims: 'https://ims.eu-west-101.myhuaweicloud.eu', iam: 'https://iam.eu-west-101.myhuaweicloud.eu' };
    expect(own).toEqual({ ...theirs, 'eu-west-101': europe });
  });
});
