/**
 * Environments, and files that they name, of every kind of nonsense: an account comes of them, or a refusal that names the variable.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AccountConfigurationError,
  accountsFromEnvironment,
  CircuitBreakers,
  CredentialsError,
  type CredentialsProvider,
  describeAccounts,
} from '../../../src/huaweicloud';
import { versionOfFile } from '../../../src/huaweicloud/credentials/watched-file';
import { Transport } from '../../../src/huaweicloud/transport';
import type { Random } from './random';

/** In every place that may hold a secret. */
export const PLANTED = 'PLANTED-secret-0123456789';

const TOKEN_FILES = [
  'HUAWEICLOUD_SDK_ID_TOKEN_FILE',
  'HUAWEICLOUD_OIDC_TOKEN_FILE',
  'HC_CONTAINER_AUTHORIZATION_TOKEN_FILE',
];
const SECRETS = [
  'HUAWEICLOUD_SDK_SK',
  'HUAWEICLOUD_SDK_SECURITY_TOKEN',
  'HUAWEICLOUD_OIDC_ID_TOKEN',
  'IMS_EXPORT_IAM_PASSWORD',
  'HW_SECRET_KEY',
  'HW_SECURITY_TOKEN',
  'HW_AUTH_TOKEN',
  'HW_USER_PASSWORD',
];
const ENDPOINTS = [
  'IMS_EXPORT_IMS_ENDPOINT',
  'IMS_EXPORT_OBS_ENDPOINT',
  'IMS_EXPORT_METADATA_ENDPOINT',
  'HUAWEICLOUD_SDK_IAM_ENDPOINT',
  'HUAWEICLOUD_SDK_STS_ENDPOINT',
  'HUAWEICLOUD_SDK_REGION_IMS_EU_DE',
  'HUAWEICLOUD_SDK_REGION_OBS_CN_NORTH_4',
  'HUAWEICLOUD_SDK_REGION_IAM_CN_NORTH_4',
  'HUAWEICLOUD_SDK_REGION_STS_CN_NORTH_4',
  'HC_CONTAINER_CREDENTIALS_FULL_URI',
  'IMS_EXPORT_CLOUD',
];
const OTHERS = [
  'IMS_EXPORT_OBS_PATH_STYLE',
  'HUAWEICLOUD_SDK_AK',
  'HUAWEICLOUD_SDK_PROJECT_ID',
  'HUAWEICLOUD_SDK_IDP_ID',
  'HUAWEICLOUD_SDK_REGIONS_FILE',
  'HUAWEICLOUD_OIDC_PROVIDER_URN',
  'HUAWEICLOUD_OIDC_AGENCY_URN',
  'HUAWEICLOUD_OIDC_SESSION_NAME',
  'HUAWEICLOUD_OIDC_DURATION_SECONDS',
  'HUAWEICLOUD_OIDC_POLICY_IDS',
  'IMS_EXPORT_IAM_USER',
  'IMS_EXPORT_IAM_DOMAIN',
  'HW_ACCESS_KEY',
  'HW_REGION_NAME',
  'HW_PROJECT_ID',
];
const REGIONS = ['cn-north-4', 'eu-de', 'eu-ch2', 'eu-west-101', 'eu-fr', 'mars-1', 'CN North', '__proto__', '-'];

/** What comes of one random environment. */
export async function accountsOfNonsense(random: Random): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-environment-'));
  const file = (content: string | Buffer): string => {
    const path = join(folder, `file-${random.below(1e9)}`);
    writeFileSync(path, content);
    return path;
  };
  try {
    const accounts = accountsFromEnvironment(environment(random, folder, file));
    // A request that fails is sent again after a while, so not every source is asked.
    const asked = accounts.filter(() => random.chance(0.25));
    const descriptions = describeAccounts(accounts);
    const keys = await Promise.all(asked.map(({ credentials }) => keyOf(credentials)));
    return { accounts: accounts.length, text: [descriptions, ...keys].join('\n') };
  } catch (error) {
    if (error instanceof AccountConfigurationError)
      return { accounts: 0, text: error.message, problems: error.problems };
    if (error instanceof CredentialsError) return { accounts: 0, text: error.message };
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * What comes of asking the source: every request that is not local goes to a proxy that refuses connections, and names are of the domain
 * `.invalid`, so none leaves this machine.
 */
async function keyOf(credentials: CredentialsProvider): Promise<string> {
  const nowhere = 'http://127.0.0.1:1';
  const transport = new Transport({ env: { HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere }, connectTimeoutMs: 500 });
  try {
    const client = { transport, breakers: new CircuitBreakers(Date.now), now: Date.now };
    await (credentials.forClient?.(client) ?? credentials).get();
    return 'a key';
  } catch (error) {
    // Anything else is a defect.
    if (error instanceof CredentialsError) return `${error.message} ${JSON.stringify(error)}`;
    throw error;
  } finally {
    await transport.close();
  }
}

export function faultOfAccounts(value: unknown): string | undefined {
  const { accounts, text, problems } = value as { accounts: number; text: string; problems?: object[] };
  if (text.includes(PLANTED)) return `a secret in ${JSON.stringify(text.slice(0, 300))}`;
  if (accounts > 0) return undefined;
  return problems === undefined || problems.length > 0 ? undefined : 'a refusal without a reason';
}

function environment(random: Random, home: string, file: (content: string | Buffer) => string): NodeJS.ProcessEnv {
  const env: { [name: string]: string } = { HOME: home, IMS_EXPORT_REGION: random.pick(REGIONS) };
  const some = (names: readonly string[], value: () => string): void => {
    for (const name of names) if (random.chance(0.15)) env[name] = value();
  };
  some(SECRETS, () => random.pick([PLANTED, `${PLANTED} and more`, ` ${PLANTED}\n`, '']));
  some(TOKEN_FILES, () => random.pick([file(tokenFile(random)), '/nowhere', home, '', '\0', versionOfFile(home)]));
  some(ENDPOINTS, () => endpoint(random));
  some(OTHERS, () => nonsense(random));
  // One source that is whole, often enough: of chance alone it would seldom come.
  random.pick([() => {}, ...WHOLE])(env, file);
  if (random.chance(0.3)) env.HUAWEICLOUD_SDK_CREDENTIALS_FILE = file(profile(random, file));
  if (random.chance(0.3)) env.IMS_EXPORT_CONFIG = file(accountsFile(random, file));
  return env;
}

const WHOLE: Array<(env: NodeJS.ProcessEnv, file: (content: string) => string) => void> = [
  (env) => Object.assign(env, { HUAWEICLOUD_SDK_AK: 'AK', HUAWEICLOUD_SDK_SK: PLANTED }),
  (env, file) =>
    Object.assign(env, { HUAWEICLOUD_SDK_IDP_ID: 'idp', HUAWEICLOUD_SDK_ID_TOKEN_FILE: file(`${PLANTED}\n`) }),
  (env) =>
    Object.assign(env, {
      HUAWEICLOUD_OIDC_PROVIDER_URN: 'p',
      HUAWEICLOUD_OIDC_AGENCY_URN: 'a',
      HUAWEICLOUD_OIDC_ID_TOKEN: PLANTED,
    }),
  (env, file) =>
    Object.assign(env, {
      HC_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/v1',
      HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: file(PLANTED),
    }),
  (env) =>
    Object.assign(env, { IMS_EXPORT_IAM_USER: 'u', IMS_EXPORT_IAM_PASSWORD: PLANTED, IMS_EXPORT_IAM_DOMAIN: 'd' }),
];

function nonsense(random: Random): string {
  return random.pick([
    ...['', ' ', 'true', '3600', '-1', '1e9', '__proto__', 'constructor', 'a b', ',,,', 'ü', '\u001b[31m'],
    random.text(60),
    'x'.repeat(random.below(10_000)),
  ]);
}

function endpoint(random: Random): string {
  return random.pick([
    ...['https://ims.invalid', 'ims.invalid', 'http://127.0.0.1:1', 'otc', 'otc-swiss', 'cloud.invalid', '[::1]', '//'],
    ...[`https://user:${PLANTED}@a.invalid`, `https://a.invalid/?token=${PLANTED}`, `user:${PLANTED}@a.invalid`],
    ...['https://', 'https://a:99999', 'ftp://a', 'https://in valid', ',https://b', 'javascript:alert(1)'],
    nonsense(random),
  ]);
}

function tokenFile(random: Random): string | Buffer {
  return random.pick<() => string | Buffer>([
    () => PLANTED,
    () => `\uFEFF${PLANTED}\r\n`,
    () => `${PLANTED} ${PLANTED}`,
    () => random.bytes(random.below(2_000)),
    () => 'x'.repeat(random.below(200_000)),
    () => '',
  ])();
}

function profile(random: Random, file: (content: string | Buffer) => string): string | Buffer {
  const line = (): string =>
    random.pick([
      ...[
        '[basic]',
        '[basic]',
        '[global]',
        '[__proto__]',
        '[basic.ak]',
        '[',
        ']',
        '; comment',
        '=',
        'ak',
        'idp_id[] = a',
      ],
      ...[`sk = ${PLANTED}`, `sk = "${PLANTED}"`, `security_token = ${PLANTED}`, 'ak = AK', 'ak[] = a', 'idp_id = idp'],
      ...[
        `iam_endpoint = ${endpoint(random)}`,
        `project_id = ${nonsense(random)}`,
        '__proto__ = x',
        'hasOwnProperty = x',
      ],
      `id_token_file = ${random.chance(0.7) ? file(tokenFile(random)) : '/nowhere'}`,
      random.text(40),
    ]);
  if (random.chance(0.1)) return random.bytes(random.below(3_000));
  return ['[basic]', ...Array.from({ length: random.below(12) }, line)].join(random.pick(['\n', '\r\n']));
}

function accountsFile(random: Random, file: (content: string | Buffer) => string): string {
  const value = (): unknown =>
    random.pick<unknown>([
      null,
      true,
      0,
      [],
      {},
      PLANTED,
      nonsense(random),
      { env: 'HUAWEICLOUD_SDK_SK' },
      { file: '/nowhere' },
    ]);
  const source = (): object => ({
    source: random.pick(['chain', 'environment', 'profile', 'idToken', 'oidc', 'podIdentity', 'metadata', 'vault']),
    ...(random.chance(0.5) ? { idpId: 'idp', idTokenFile: file(tokenFile(random)) } : {}),
    ...(random.chance(0.4) ? { providerUrn: 'p', agencyUrn: 'a', idTokenFile: file(tokenFile(random)) } : {}),
    ...(random.chance(0.2) ? { [random.pick(['file', 'section', 'durationSeconds', 'secretKey'])]: value() } : {}),
  });
  const account = (): object => ({
    region: random.chance(0.9) ? random.pick(REGIONS) : nonsense(random),
    ...(random.chance(0.4) ? { cloud: random.chance(0.5) ? endpoint(random) : value() } : {}),
    ...(random.chance(0.4) ? { endpoints: { [random.pick(['ims', 'sts', 'ecs'])]: endpoint(random) } } : {}),
    ...(random.chance(0.8) ? { credentials: source() } : {}),
  });
  return JSON.stringify({
    accounts: { default: account(), ...(random.chance(0.3) ? { [random.text(5)]: account() } : {}) },
  });
}
