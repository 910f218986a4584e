/**
 * Texts that are made of known values, in all the ways in which such values may be written: what is read of them is known before.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccountConfigurationError, accountFromEnvironment } from '../../../src/huaweicloud';
import { instant } from '../../../src/huaweicloud/credentials/identity-request';
import { problemOfProfile, readProfile } from '../../../src/huaweicloud/credentials/profile';
import { tokenIn } from '../../../src/huaweicloud/credentials/token-file';
import { PLANTED } from './environments';
import type { Random } from './random';

const FIELDS = {
  ak: 'accessKey',
  sk: 'secretKey',
  security_token: 'securityToken',
  project_id: 'projectId',
  iam_endpoint: 'iamEndpoint',
  idp_id: 'idpId',
  id_token_file: 'idTokenFile',
} as const;

type Field = keyof typeof FIELDS;

const SECRETS: readonly Field[] = ['sk', 'security_token'];

/** A profile file with known fields, beside sections and lines that are none of its. */
export function faultOfProfile(random: Random): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-profile-'));
  const file = join(folder, 'credentials');
  try {
    const section = random.pick(['basic', 'basic', 'other', 'with spaces']);
    const { text, fields } = profileOf(random, section);
    writeFileSync(file, text);
    const read = readProfile({ file, section });
    for (const name of Object.keys(FIELDS) as Field[]) {
      const [got, expected] = [read[FIELDS[name]], fields.get(name)];
      if (got !== expected) return `${name} is ${got}, not ${expected}, of ${JSON.stringify(text)}`;
    }
    const problem = problemOfProfile(file, section) ?? '';
    return problem.includes(PLANTED) ? `a secret in ${problem}` : undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function profileOf(random: Random, section: string): { text: string; fields: Map<Field, string> } {
  const fields = new Map<Field, string>();
  const lines: string[] = [];
  const noise = () => {
    if (random.chance(0.3))
      lines.push(random.pick(['', '   ', '; sk = no', '# [basic]', '\t', 'no value', '__proto__ = x']));
  };
  const write = (into: Map<Field, string>) => {
    for (const name of Object.keys(FIELDS) as Field[]) {
      noise();
      if (random.chance(0.5)) continue;
      const value = `${SECRETS.includes(name) ? PLANTED : 'shown'}${random.pick(['', '=', '==', '/+=', ':8', '%', '&', '!', "'", '-.~'])}${random.below(100)}`;
      const quote = random.pick(['', '', '"', "'"]);
      const written = quote === "'" && value.includes("'") ? value : `${quote}${value}${quote}`;
      const end = quote === '' ? random.pick(['', '', ' ', ' ; comment', ' # comment']) : random.pick(['', ' ']);
      const shown = random.chance(0.3) ? name.toUpperCase() : name;
      lines.push(`${random.pick(['', ' '])}${shown}${random.pick([' = ', '=', ' =', ': ', ' : '])}${written}${end}`);
      into.set(name, value);
    }
  };
  const others = new Map<Field, string>();
  const defaults = new Map<Field, string>();
  if (random.chance(0.3)) {
    lines.push('[DEFAULT]');
    write(defaults);
  }
  if (random.chance(0.3)) {
    lines.push('[another]');
    write(others);
  }
  lines.push(`[${section}]${random.pick(['', ' ', ' ; the one'])}`);
  write(fields);
  if (random.chance(0.3)) {
    lines.push(random.pick(['[another]', '[BASIC2]', '[basic.sub]']));
    write(others);
  }
  const text = `${random.pick(['', '\uFEFF'])}${lines.join(random.pick(['\n', '\r\n']))}${random.pick(['', '\n'])}`;
  return { text, fields: new Map([...defaults, ...fields]) };
}

/** A token is what is between the white space around it, if nothing else is there. */
export function faultOfToken(random: Random): string | undefined {
  const characters = 'ABCDEFabcdef0123456789-._~+/=';
  const token = Array.from({ length: 1 + random.below(3_000) }, () => random.pick([...characters])).join('');
  const around = () => random.pick(['', '\n', '\r\n', ' ', '\t \n']);
  const text = `${random.pick(['', '\uFEFF'])}${around()}${token}${around()}`;
  if (tokenIn(text) !== token) return `another token than that of ${JSON.stringify(text.slice(0, 100))}`;
  const inside = random.pick([' ', '\n', '\r\n', '\0', 'é', '\u2028', '\uFEFF']);
  const broken = `${token}${inside}${token}`;
  return tokenIn(broken) === undefined ? undefined : `a token with ${JSON.stringify(inside)} in it`;
}

/** The end of a key: the same instant however it is written, and none without a zone. */
export function faultOfTime(random: Random): string | undefined {
  const atMs = Date.UTC(
    2020 + random.below(60),
    random.below(12),
    1 + random.below(28),
    random.below(24),
    0,
    random.below(60),
  );
  const offset = (random.below(57) - 28) * 30;
  const local = new Date(atMs + offset * 60_000).toISOString().replace(/\.000Z$/, '');
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  const fraction = random.pick(['', '.0', '.000', '.000000', '.000000000']);
  const zone = offset === 0 ? random.pick(['Z', '+00:00', '-00:00']) : `${offset < 0 ? '-' : '+'}${hours}:${minutes}`;
  const time = `${local}${fraction}${zone}`;
  const parsed = instant.safeParse(time);
  if (!parsed.success || Date.parse(parsed.data) !== atMs) return `${time} is not ${new Date(atMs).toISOString()}`;
  const odd = random.pick([
    `${local}${fraction}`,
    local.slice(0, 10),
    `${atMs}`,
    time.replace('T', ' '),
    `${time}${random.text(3)}x`,
    '',
    random.text(30),
  ]);
  return instant.safeParse(odd).success ? `${JSON.stringify(odd)} is taken for a time` : undefined;
}

/** Region and cloud, each of which may be known or not: all endpoints that are derived are of one cloud, or none is derived. */
export function faultOfPlace(random: Random): string | undefined {
  const region = random.pick([
    ...[
      'cn-north-4',
      'cn-north-1',
      'ap-southeast-3',
      'eu-west-0',
      'eu-west-101',
      'eu-west-1',
      'eu-de',
      'eu-nl',
      'eu-ch2',
      'eu-ch',
      'eu-fr',
    ],
    ...[
      'ru-moscow-1',
      'mars-1',
      `${random.pick(['cn', 'eu', 'ap', 'us'])}-${random.pick(['north', 'west', 'de'])}-${random.below(200)}`,
    ],
  ]);
  const cloud = random.chance(0.3)
    ? undefined
    : random.pick([...Object.keys(DOMAINS), ...Object.values(DOMAINS), 'cloud.invalid', 'OTC']);
  const set = random.pick<{ [variable: string]: string }>([
    {},
    {},
    { IMS_EXPORT_IMS_ENDPOINT: 'https://ims.set.invalid' },
    {
      [`HUAWEICLOUD_SDK_REGION_IMS_${region.replaceAll('-', '_').toUpperCase()}`]:
        'ims.set.invalid, https://second.invalid',
    },
  ]);
  const env = { IMS_EXPORT_REGION: region, HUAWEICLOUD_SDK_AK: 'AK', HUAWEICLOUD_SDK_SK: PLANTED, ...set };
  const all = cloud === undefined ? env : { ...env, IMS_EXPORT_CLOUD: cloud };
  const what = JSON.stringify(all);
  try {
    const { endpoints } = accountFromEnvironment({ HOME: '/nowhere', ...all });
    const isSet = Object.keys(set).length > 0;
    if (isSet && endpoints.ims !== 'https://ims.set.invalid') return `${what}: IMS is at ${endpoints.ims}`;
    const derived = [...(isSet ? [] : [endpoints.ims]), endpoints.obs, endpoints.iam].map(
      (url) => new URL(url).hostname,
    );
    const lower = cloud?.toLowerCase();
    const known = Object.entries(DOMAINS).find(([name, domain]) => lower === name || lower === domain)?.[1];
    const domain = known ?? lower ?? domainOf(region);
    if (domain === undefined) return `${what}: endpoints of a region that is not known: ${derived}`;
    const home = domainOf(region);
    if (known !== undefined && home !== undefined && home !== known)
      return `${what}: a region of another cloud: ${derived}`;
    const foreign = derived.filter(
      (host) =>
        !host.endsWith(`.${domain}`) ||
        Object.values(DOMAINS).some((other) => other.length > domain.length && host.endsWith(`.${other}`)),
    );
    if (foreign.length > 0) return `${what}: ${foreign} is not of ${domain}`;
    const regional = derived.filter((host) => !host.includes(`.${region}.`));
    return regional.every((host) => host === 'iam.myhuaweicloud.com')
      ? undefined
      : `${what}: ${regional} is of another region`;
  } catch (error) {
    if (!(error instanceof AccountConfigurationError)) throw error;
    if (error.message.includes(PLANTED)) return `${what}: a secret in ${error.message}`;
    if (!/IMS_EXPORT_REGION/.test(error.message)) return `${what}: refused without the region: ${error.message}`;
    return domainOf(region) !== undefined && cloud === undefined ? `${what}: refused: ${error.message}` : undefined;
  }
}

const DOMAINS = {
  huaweicloud: 'myhuaweicloud.com',
  'huaweicloud-eu': 'myhuaweicloud.eu',
  otc: 'otc.t-systems.com',
  'otc-swiss': 'sc.otc.t-systems.com',
};

/** Only of regions whose cloud is beyond doubt. */
function domainOf(region: string): string | undefined {
  if (region === 'eu-west-0' || /^(cn|ap|ru)-/.test(region)) return DOMAINS.huaweicloud;
  if (/^eu-west-1\d+$/.test(region)) return DOMAINS['huaweicloud-eu'];
  if (/^eu-(de|nl)$/.test(region)) return DOMAINS.otc;
  return /^eu-ch\d*$/.test(region) ? DOMAINS['otc-swiss'] : undefined;
}
