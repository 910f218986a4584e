import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { accountFromEnvironment, accountsFromFile, describeAccounts } from '../../../src/huaweicloud';

const KEYS = { HUAWEICLOUD_SDK_AK: 'ak', HUAWEICLOUD_SDK_SK: 'sk' };
const folder = mkdtempSync(join(tmpdir(), 'clouds-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The same place by the environment and by an accounts file: endpoints, or the message why there are none. */
function endpointsOf(
  region: string,
  cloud?: string,
  env: NodeJS.ProcessEnv = {},
  entry: object = {},
): Array<object | string> {
  const file = join(folder, 'accounts.json');
  writeFileSync(file, JSON.stringify({ accounts: { default: { region, cloud, ...entry } } }));
  return [
    () => accountFromEnvironment({ ...KEYS, ...env, IMS_EXPORT_REGION: region, IMS_EXPORT_CLOUD: cloud }).endpoints,
    () => accountsFromFile(file, { ...KEYS, ...env })[0]?.endpoints ?? {},
  ].map((read) => {
    try {
      return read();
    } catch (error) {
      return String(error);
    }
  });
}

const at = (suffix: string, iam = 'iam') => ({
  ims: `https://ims.${suffix}`,
  obs: `https://obs.${suffix}`,
  iam: `https://${iam}.${suffix}`,
});
const both = (expected: unknown) => [expected, expected];

describe('the endpoints of a region', () => {
  test.each([
    ['cn-north-4', undefined, at('cn-north-4.myhuaweicloud.com')],
    ['eu-west-0', undefined, at('eu-west-0.myhuaweicloud.com')],
    ['sa-argentina-1', undefined, { ...at('sa-argentina-1.myhuaweicloud.com'), iam: 'https://iam.myhuaweicloud.com' }],
    ['eu-west-101', undefined, at('eu-west-101.myhuaweicloud.eu')],
    ['eu-de', undefined, at('eu-de.otc.t-systems.com')],
    ['eu-nl', undefined, at('eu-nl.otc.t-systems.com')],
    ['eu-ch2', undefined, at('eu-ch2.sc.otc.t-systems.com', 'iam-pub')],
    ['cn-north-4', 'huaweicloud', at('cn-north-4.myhuaweicloud.com')],
    ['eu-west-101', 'huaweicloud-eu', at('eu-west-101.myhuaweicloud.eu')],
    ['eu-de', 'OTC', at('eu-de.otc.t-systems.com')],
    ['eu-ch2', 'otc-swiss', at('eu-ch2.sc.otc.t-systems.com', 'iam-pub')],
    ['eu-ch2', 'sc.otc.t-systems.com', at('eu-ch2.sc.otc.t-systems.com', 'iam-pub')],
    ['cn-global-1', 'cloud.example.com', at('cn-global-1.cloud.example.com')],
    ['eu-pl', 'otc', at('eu-pl.otc.t-systems.com')],
  ])('%s of the cloud %s are those of its domain', (region, cloud, expected) => {
    expect(endpointsOf(region, cloud)).toEqual(both(expected));
  });

  test('are replaced by the variables of the SDKs, which are named by service and region', () => {
    const env = {
      HUAWEICLOUD_SDK_REGION_IMS_EU_DE: 'https://ims.example.com/, https://second.example.com',
      HUAWEICLOUD_SDK_REGION_IAM_EU_DE: 'iam.example.com',
      HUAWEICLOUD_SDK_REGION_OBS_EU_NL: 'https://of-another-region.example.com',
    };
    const expected = {
      ims: 'https://ims.example.com',
      obs: 'https://obs.eu-de.otc.t-systems.com',
      iam: 'https://iam.example.com',
    };
    expect(endpointsOf('eu-de', undefined, env)).toEqual(both(expected));
  });

  test('are those that are named, before the variables of the SDKs', () => {
    const { endpoints } = accountFromEnvironment({
      ...KEYS,
      IMS_EXPORT_REGION: 'eu-de',
      IMS_EXPORT_IMS_ENDPOINT: 'https://named.example.com',
      HUAWEICLOUD_SDK_REGION_IMS_EU_DE: 'https://ims.example.com',
    });
    expect(endpoints.ims).toBe('https://named.example.com');
  });
});

test.each([
  ['myhuaweicloud.con', 'region cn-north-4 of the cloud myhuaweicloud.con, signed by'],
  ['myhuaweicloud.com', 'region cn-north-4, signed by'],
  ['huaweicloud', 'region cn-north-4, signed by'],
])('the cloud %s of a region is shown where this version does not know it', (cloud, shown) => {
  const place = { IMS_EXPORT_REGION: 'cn-north-4', IMS_EXPORT_CLOUD: cloud };
  expect(describeAccounts([accountFromEnvironment({ ...KEYS, ...place })])).toContain(shown);
});

describe('a region that is foreign to its cloud', () => {
  test.each([
    ['eu-de', 'huaweicloud', "is 'eu-de', which is a region of the cloud otc, not of huaweicloud."],
    [
      'eu-west-101',
      'huaweicloud',
      "is 'eu-west-101', which is a region of the cloud huaweicloud-eu, not of huaweicloud.",
    ],
    ['cn-north-4', 'otc', "is 'cn-north-4', which is a region of the cloud huaweicloud, not of otc."],
    ['eu-de', 'otc-swiss', 'which is a region of the cloud otc, not of otc-swiss.'],
    ['eu-de', 'myhuaweicloud.com', 'which is a region of the cloud otc, not of myhuaweicloud.com.'],
    ['eu-fr', undefined, "is 'eu-fr', which is a region that this version does not know."],
    ['mars-1', undefined, "is 'mars-1', which is a region that this version does not know."],
  ])('(%s of %s) is refused, with what to set', (region, cloud, message) => {
    const [byEnvironment, byFile] = endpointsOf(region, cloud);
    const clouds = "('huaweicloud', 'huaweicloud-eu', 'otc', 'otc-swiss', or a domain such as 'example.com')";
    expect(byEnvironment).toContain(`IMS_EXPORT_REGION ${message.replace(/^which/, `is '${region}', which`)}`);
    expect(byEnvironment).toContain(
      `Set IMS_EXPORT_CLOUD ${clouds}, or IMS_EXPORT_IMS_ENDPOINT, IMS_EXPORT_OBS_ENDPOINT, HUAWEICLOUD_SDK_IAM_ENDPOINT.`,
    );
    expect(byFile).toContain(`accounts.default.region ${message.replace(/^which/, `is '${region}', which`)}`);
    expect(byFile).toContain(
      `Set accounts.default.cloud ${clouds}, or accounts.default.endpoints.ims, accounts.default.endpoints.obs, accounts.default.endpoints.iam.`,
    );
  });

  test('is accepted when all of its endpoints are set, and names those that are not', () => {
    const env = {
      HUAWEICLOUD_SDK_REGION_IMS_MARS_1: 'https://ims.example.com',
      HUAWEICLOUD_SDK_REGION_OBS_MARS_1: 'https://obs.example.com',
    };
    expect(endpointsOf('mars-1', undefined, env)[0]).toContain('), or HUAWEICLOUD_SDK_IAM_ENDPOINT.');
    const all = { ...env, HUAWEICLOUD_SDK_REGION_IAM_MARS_1: 'https://iam.example.com' };
    const expected = { ims: 'https://ims.example.com', obs: 'https://obs.example.com', iam: 'https://iam.example.com' };
    expect(endpointsOf('mars-1', undefined, all)).toEqual(both(expected));
  });
});

describe('what names no cloud or no endpoint', () => {
  test.each(['otcc', 'https://otc.t-systems.com', 'otc t-systems', '.com', 'a'.repeat(300)])(
    'the cloud %j is refused, with what there is',
    (cloud) => {
      const [byEnvironment, byFile] = endpointsOf('eu-de', cloud);
      const message = `is '${cloud.slice(0, 60)}', which is not a known cloud; it must be 'huaweicloud', 'huaweicloud-eu', 'otc', 'otc-swiss', or a domain such as 'example.com'.`;
      expect(byEnvironment).toContain(`IMS_EXPORT_CLOUD ${message}`);
      expect(byFile).toContain(`accounts.default.cloud ${message}`);
    },
  );

  test('a cloud that is a URL with a password is refused without it', () => {
    for (const message of endpointsOf('eu-de', 'https://user:very-secret@example.com')) {
      expect(message).toContain("is '…@example.com', which is not a known cloud");
      expect(message).not.toContain('very-secret');
    }
  });

  test('a variable of the SDKs that is no URL is refused by its name', () => {
    const env = { HUAWEICLOUD_SDK_REGION_OBS_EU_DE: 'https://obs.example.com/path' };
    const message = "HUAWEICLOUD_SDK_REGION_OBS_EU_DE is 'https://obs.example.com/path', which has a path";
    const [byEnvironment, byFile] = endpointsOf('eu-de', undefined, env);
    expect(byEnvironment).toContain(message);
    expect(byFile).toContain(message);
  });

  test('a regions file of the SDKs, which is not read here, is refused unless every endpoint is set', () => {
    const env = { HUAWEICLOUD_SDK_REGIONS_FILE: '/etc/regions.yaml' };
    const [byEnvironment, byFile] = endpointsOf('cn-north-4', undefined, env);
    const message = 'HUAWEICLOUD_SDK_REGIONS_FILE is set, but the worker does not read such a file: set';
    const instead = 'or unset HUAWEICLOUD_SDK_REGIONS_FILE for the worker.';
    expect(byEnvironment).toContain(`${message} IMS_EXPORT_IMS_ENDPOINT, IMS_EXPORT_OBS_ENDPOINT, ${IAM}, ${instead}`);
    expect(byFile).toContain(`${message} accounts.default.endpoints.ims, accounts.default.endpoints.obs, `);
    expect(byFile).toContain(instead);
    const ofRegion = Object.fromEntries(
      ['IMS', 'OBS', 'IAM'].map((name) => [`HUAWEICLOUD_SDK_REGION_${name}_CN_NORTH_4`, 'https://a.example.com']),
    );
    const all = { ims: 'https://a.example.com', obs: 'https://a.example.com', iam: 'https://a.example.com' };
    expect(endpointsOf('cn-north-4', undefined, { ...env, ...ofRegion })).toEqual(both(all));
  });
});

const IAM = 'HUAWEICLOUD_SDK_IAM_ENDPOINT';

describe('the endpoint of STS, which is sent a token that lets its bearer in,', () => {
  const token = join(folder, 'token');
  writeFileSync(token, 'an-id-token');
  const oidc = { source: 'oidc', providerUrn: 'p', agencyUrn: 'a', idTokenFile: token };
  const OIDC = {
    HUAWEICLOUD_SDK_AK: '',
    HUAWEICLOUD_SDK_SK: '',
    HUAWEICLOUD_OIDC_PROVIDER_URN: 'p',
    HUAWEICLOUD_OIDC_AGENCY_URN: 'a',
    HUAWEICLOUD_OIDC_TOKEN_FILE: token,
  };
  const others = (region: string) =>
    Object.fromEntries(
      ['IMS', 'OBS', 'IAM'].map((name) => [
        `HUAWEICLOUD_SDK_REGION_${name}_${region.replaceAll('-', '_').toUpperCase()}`,
        'https://a.example.com',
      ]),
    );
  /** By the environment, by a source of the accounts file, and by the chain of the accounts file. */
  const three = (region: string, cloud?: string, env: NodeJS.ProcessEnv = {}) => [
    ...endpointsOf(region, cloud, { ...env, ...OIDC }),
    endpointsOf(region, cloud, env, { credentials: oidc })[1],
  ];
  const unknown = (region: string) =>
    `no endpoint of the Security Token Service (STS) is known in the region '${region}'`;

  test.each(['cn-north-4', 'tr-west-1'])('is that of the SDKs in %s', (region) => {
    for (const endpoints of three(region))
      expect(endpoints).toMatchObject({ ims: `https://ims.${region}.myhuaweicloud.com` });
  });

  test.each([
    ['mars-1', undefined],
    ['eu-de', undefined],
    ['eu-west-101', undefined],
    ['cn-north-9', undefined],
    ['cn-north-4', 'cloud.example.com'],
  ])('is not guessed in %s of the cloud %s', (region, cloud) => {
    const [byEnvironment, byChain, bySource] = three(region, cloud, others(region));
    expect(byEnvironment).toContain(`HUAWEICLOUD_SDK_STS_ENDPOINT is not set, and ${unknown(region)}`);
    for (const byFile of [byChain, bySource]) {
      expect(byFile).toContain(`accounts.default.endpoints.sts is not set, and ${unknown(region)}`);
    }
  });

  test('is not needed where no source asks it', () => {
    const all = { ims: 'https://a.example.com', obs: 'https://a.example.com', iam: 'https://a.example.com' };
    const env = { ...others('mars-1'), HUAWEICLOUD_SDK_STS_ENDPOINT: 'ftp://nonsense' };
    expect(endpointsOf('mars-1', undefined, env)).toEqual(both(all));
  });

  test.each([
    ['http://user:very-secret@127.0.0.1:1', 'has a user or a password, which an endpoint must not have'],
    ['ftp://user:very-secret@sts.example.com', 'has a user or a password, which an endpoint must not have'],
    ['http://sts.example.com', "is 'http://sts.example.com', which sends credentials over plain http"],
  ])('is checked where it is set by a variable of the SDKs (%s)', (endpoint, message) => {
    const variable = 'HUAWEICLOUD_SDK_REGION_STS_CN_NORTH_4';
    for (const refusal of three('cn-north-4', undefined, { [variable]: endpoint })) {
      expect(refusal).toContain(`${variable} ${message}`);
      expect(refusal).not.toContain('very-secret');
    }
  });
});
