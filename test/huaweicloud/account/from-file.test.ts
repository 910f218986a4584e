import { beforeEach, describe, expect, test } from 'vitest';
import {
  AccountConfigurationError,
  accountsFromEnvironment,
  accountsFromFile,
  type CloudAccount,
} from '../../../src/huaweicloud';
import { startSimulator } from '../../../src/testing';
import { type IdentityRig, LOGIN, METADATA_KEY, NEW_KEY, startIdentityRig } from '../../rigs/identity-rig';

let rig: IdentityRig;
beforeEach(async () => {
  rig = await startIdentityRig();
});

const place = () => {
  const { imsEndpoint: ims, obsEndpoint: obs, iamEndpoint: iam, region, projectId } = rig.simulator.info;
  return { region, projectId, endpoints: { ims, obs, iam } };
};

function accountsOf(accounts: object, env: NodeJS.ProcessEnv = rig.env()): CloudAccount[] {
  return accountsFromFile(rig.file('accounts.json', JSON.stringify({ accounts })), env);
}

const named = (accounts: CloudAccount[], name: string): CloudAccount => {
  const account = accounts.find((candidate) => candidate.name === name);
  if (account === undefined) throw new Error(`no account ${name}`);
  return account;
};

describe('plain http beyond the own link', () => {
  const keys = { source: 'static', accessKey: 'ak', secretKey: { env: 'SK' } };
  const far = { region: 'cn-north-4', endpoints: { obs: 'http://obs.example.com' }, credentials: keys };
  const env = { SK: 'sk' };

  test('is refused by the field, also for the metadata service', () => {
    const problems = [
      [
        far,
        /accounts\.far\.endpoints\.obs is 'http:\/\/obs\.example\.com', which sends credentials .* allowHttp of the account to true/,
      ],
      [
        { region: 'cn-north-4', credentials: { source: 'metadata', endpoint: 'http://metadata.example.com' } },
        /accounts\.far\.credentials\.endpoint is 'http:\/\/metadata\.example\.com'/,
      ],
    ] as const;
    for (const [account, problem] of problems) expect(() => accountsOf({ far: account }, env)).toThrow(problem);
  });

  test.each<[string, NodeJS.ProcessEnv, object, RegExp]>([
    [
      'a variable of the SDKs for the region',
      { HUAWEICLOUD_SDK_REGION_IAM_CN_NORTH_4: 'http://iam.example.com' },
      { credentials: keys },
      /HUAWEICLOUD_SDK_REGION_IAM_CN_NORTH_4 is 'http:\/\/iam\.example\.com', which/,
    ],
    [
      'the agent of a pod',
      { HC_CONTAINER_CREDENTIALS_FULL_URI: 'http://agent.example.com/v1' },
      { credentials: { source: 'podIdentity' } },
      /HC_CONTAINER_CREDENTIALS_FULL_URI is 'http:\/\/agent\.example\.com', which/,
    ],
    [
      'the metadata service of the environment',
      { IMS_EXPORT_METADATA_ENDPOINT: 'http://metadata.example.com' },
      {},
      /IMS_EXPORT_METADATA_ENDPOINT is 'http:\/\/metadata\.example\.com', which/,
    ],
    [
      'STS',
      {},
      { endpoints: { sts: 'http://sts.example.com' }, credentials: { source: 'oidc' } },
      /accounts\.far\.endpoints\.sts is 'http:\/\/sts\.example\.com', which/,
    ],
    [
      'the IAM of a profile',
      {},
      { credentials: { source: 'profile' } },
      /accounts\.far\.credentials use a profile whose iam_endpoint is 'http:\/\/iam\.example\.com', which/,
    ],
  ])('is refused for %s', (_what, variables, entry, message) => {
    const file = rig.file('profile', '[basic]\nak=a\nsk=s\niam_endpoint=http://iam.example.com\n');
    const idTokenFile = rig.file('token', 'a-token');
    const details: { [source: string]: object } = {
      profile: { file },
      oidc: { providerUrn: 'p', agencyUrn: 'a', idTokenFile },
    };
    const { credentials, ...rest } = entry as { credentials?: { source: string } };
    const full = credentials === undefined ? {} : { credentials: { ...credentials, ...details[credentials.source] } };
    const everything = { ...env, HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: idTokenFile, ...variables };
    const given = credentials?.source === 'podIdentity' ? everything : { ...env, ...variables };
    const start = (allowHttp: boolean) =>
      accountsOf({ far: { region: 'cn-north-4', allowHttp, ...rest, ...full } }, { ...given, HOME: '/nowhere' });
    expect(() => start(false)).toThrow(message);
    expect(start(true)).toHaveLength(1);
  });

  test('is allowed by the account, or by IMS_EXPORT_ALLOW_HTTP where the account does not say', () => {
    expect(accountsOf({ far: { ...far, allowHttp: true } }, env)).toMatchObject([{ allowHttp: true }]);
    const allowing = { ...env, IMS_EXPORT_ALLOW_HTTP: 'true' };
    expect(accountsOf({ far }, allowing)).toMatchObject([{ allowHttp: true }]);
    expect(() => accountsOf({ far: { ...far, allowHttp: false } }, allowing)).toThrow('plain http');
    expect(() => accountsOf({ far }, { ...env, IMS_EXPORT_ALLOW_HTTP: 'yes' })).toThrow(
      /IMS_EXPORT_ALLOW_HTTP is 'yes'/,
    );
  });
});

describe('the accounts of an accounts file', () => {
  test('need a region each, and get the endpoints of their regions', () => {
    const keys = { source: 'static', accessKey: 'ak', secretKey: { env: 'SK' } };
    const accounts = accountsOf(
      {
        default: { region: 'cn-north-4', credentials: keys },
        europe: {
          region: 'eu-west-101',
          projectId: '77b6a44cba5143ab91d13ab9a8ff44fd',
          endpoints: { ims: 'https://ims.example.com/' },
          obsPathStyle: true,
          api: { exportPath: 'v2.1', jobQuery: 'progress' },
          credentials: keys,
        },
      },
      { SK: 'sk' },
    );
    expect(accounts).toMatchObject([
      {
        name: 'default',
        region: 'cn-north-4',
        obsPathStyle: false,
        endpoints: { ims: 'https://ims.cn-north-4.myhuaweicloud.com', iam: 'https://iam.cn-north-4.myhuaweicloud.com' },
      },
      {
        name: 'europe',
        projectId: '77b6a44cba5143ab91d13ab9a8ff44fd',
        obsPathStyle: true,
        endpoints: { ims: 'https://ims.example.com', obs: 'https://obs.eu-west-101.myhuaweicloud.eu' },
        api: { exportPath: 'v2.1', jobQuery: 'progress' },
      },
    ]);
    expect(accounts[0]?.projectId).toBeUndefined();
  });

  test('sign with the credentials source that each names', async () => {
    const { accessKey, secretKey, iamUser, iamPassword, iamDomain, metadataEndpoint } = rig.simulator.info;
    rig.file('sk', `${secretKey}\n`);
    rig.file('profiles', `[other]\nak=${accessKey}\nsk=${secretKey}\n`);
    const iamUserSource = {
      source: 'iamPassword',
      user: iamUser,
      password: { env: 'EXPORTER_PASSWORD' },
      domainName: iamDomain,
    };
    const sources = {
      byDefault: undefined,
      chain: { source: 'chain' },
      environment: { source: 'environment' },
      profile: { source: 'profile', file: 'profiles', section: 'other' },
      metadata: { source: 'metadata', endpoint: metadataEndpoint },
      static: { source: 'static', accessKey, secretKey: { file: 'sk' } },
      iamPassword: iamUserSource,
      assumeRole: { source: 'assumeRole', agency: 'exporters', domainName: iamDomain, durationSeconds: 900 },
      assumeRoleByUser: { source: 'assumeRole', agency: 'exporters', domainName: iamDomain, from: iamUserSource },
    };
    const keys = { HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: secretKey, EXPORTER_PASSWORD: iamPassword };
    const accounts = accountsOf(
      Object.fromEntries(Object.entries(sources).map(([name, credentials]) => [name, { ...place(), credentials }])),
      rig.env(keys),
    );
    for (const name of Object.keys(sources)) await rig.useBoth(rig.client(named(accounts, name)));
    expect([rig.asked('iam', LOGIN), rig.asked('iam', NEW_KEY), rig.asked('metadata', METADATA_KEY)]).toEqual([
      2, 4, 1,
    ]);
    expect(rig.refused()).toBe(0);
  });

  test('can belong to different clouds', async () => {
    const other = await startSimulator();
    try {
      const here = rig.simulator.info;
      const there = other.info;
      const accounts = accountsOf(
        {
          here: {
            ...place(),
            credentials: { source: 'static', accessKey: here.accessKey, secretKey: { env: 'HERE' } },
          },
          there: {
            region: there.region,
            endpoints: { ims: there.imsEndpoint, obs: there.obsEndpoint, iam: there.iamEndpoint },
            credentials: { source: 'static', accessKey: { env: 'THERE_AK' }, secretKey: { env: 'THERE' } },
          },
        },
        { HERE: here.secretKey, THERE: there.secretKey, THERE_AK: there.accessKey },
      );
      expect(await rig.client(named(accounts, 'here')).projectId()).toBe(here.projectId);
      expect(await rig.client(named(accounts, 'there')).projectId()).toBe(there.projectId);
      await rig.useBoth(rig.client(named(accounts, 'here')));
    } finally {
      await other.close();
    }
  });

  test('use a rotated secret from its file', async () => {
    const path = rig.file('sk', 'old');
    const { accessKey } = rig.simulator.info;
    const accounts = accountsOf({
      default: { ...place(), credentials: { source: 'static', accessKey, secretKey: { file: path } } },
    });
    const client = rig.client(named(accounts, 'default'));
    await expect(rig.useBoth(client)).rejects.toMatchObject({ class: 'unauthorized' });
    rig.file('sk', rig.simulator.info.secretKey);
    await rig.useBoth(client);
  });
});

describe('the profile of an account in the accounts file', () => {
  const PROJECT = '77b6a44cba5143ab91d13ab9a8ff44fd';
  const profile = (place: string) => rig.file('profile', `\uFEFF[basic]\nak=a\nsk=b\n${place}`);
  const byProfile = (entry: object = {}) =>
    accountsOf({ default: { region: 'cn-north-4', credentials: { source: 'profile', file: 'profile' }, ...entry } });
  const byChain = () => {
    const env = { IMS_EXPORT_REGION: 'cn-north-4', HUAWEICLOUD_SDK_CREDENTIALS_FILE: rig.file('profile', '') };
    return {
      env,
      read: () => accountsOf({ default: { region: 'cn-north-4', credentials: { source: 'chain' } } }, env),
    };
  };

  test('supplies project and IAM endpoint, also through the credentials chain, as for the environment', () => {
    const { env, read } = byChain();
    profile(`iam_endpoint=https://iam.example.com/\nproject_id=${PROJECT}\n`);
    const place = { projectId: PROJECT, endpoints: { iam: 'https://iam.example.com' } };
    expect(byProfile()).toMatchObject([place]);
    expect(read()).toMatchObject([place]);
    expect(accountsFromEnvironment(env)).toMatchObject([place]);
  });

  test('is rejected when its project or IAM endpoint is invalid', () => {
    const { read } = byChain();
    profile('iam_endpoint=iam.cn-north-4.myhuaweicloud.com\nproject_id=not a project!\n');
    for (const accounts of [byProfile, read]) {
      expect(accounts).toThrow(
        "accounts.default.credentials use a profile whose project_id is 'not a project!', which is",
      );
      expect(accounts).toThrow(
        "use a profile whose iam_endpoint is 'iam.cn-north-4.myhuaweicloud.com', which is not a URL",
      );
    }
  });

  test('is what a message names when its project or IAM endpoint is invalid, for the environment too', () => {
    const { env } = byChain();
    const file = profile('iam_endpoint=nope\nproject_id=not a project!\n');
    const start = () => accountsFromEnvironment(env);
    const named = `HUAWEICLOUD_SDK_CREDENTIALS_FILE names ${file}. Its`;
    expect(start).toThrow(`${named} project_id is 'not a project!', which is not the id of a project`);
    expect(start).toThrow(`${named} iam_endpoint is 'nope', which is not a URL; it must be like 'https://iam.`);
    expect(start).not.toThrow('HUAWEICLOUD_SDK_IAM_ENDPOINT');
  });

  test('is not read for what the account itself sets', () => {
    profile('iam_endpoint=iam\nproject_id=none\n');
    const own = { projectId: PROJECT, endpoints: { iam: 'https://iam.example.com' } };
    expect(byProfile(own)).toMatchObject([own]);
  });
});

test('an accounts file can start with a byte order mark', () => {
  const accounts = { default: { region: 'cn-north-4', credentials: { source: 'metadata' } } };
  const file = rig.file('accounts.json', `\uFEFF${JSON.stringify({ accounts })}`);
  expect(accountsFromFile(file, {})).toMatchObject([{ name: 'default' }]);
});

describe('the accounts of a worker', () => {
  test('come from the file of IMS_EXPORT_CONFIG', () => {
    const keys = { source: 'static', accessKey: 'ak', secretKey: { env: 'SK' } };
    const file = rig.file(
      'accounts.json',
      JSON.stringify({ accounts: { prod: { region: 'cn-north-4', credentials: keys } } }),
    );
    expect(accountsFromEnvironment({ IMS_EXPORT_CONFIG: file, SK: 'sk' }).map(({ name }) => name)).toEqual(['prod']);
  });

  test('are the single account of the environment without such a file', () => {
    const env = { HUAWEICLOUD_SDK_AK: 'ak', HUAWEICLOUD_SDK_SK: 'sk', IMS_EXPORT_REGION: 'cn-north-4' };
    expect(accountsFromEnvironment(env).map(({ name }) => name)).toEqual(['default']);
    expect(accountsFromEnvironment({ ...env, IMS_EXPORT_CONFIG: ' ' })).toHaveLength(1);
  });
});

describe('an invalid accounts file', () => {
  const SK = { env: 'SK' };
  const keys = { source: 'static', accessKey: 'ak', secretKey: SK };
  const refusal = (content: unknown, env: NodeJS.ProcessEnv = { SK: 'sk' }): string => {
    const file = rig.file('accounts.json', typeof content === 'string' ? content : JSON.stringify(content));
    try {
      accountsFromEnvironment({ ...env, HOME: '/nowhere', IMS_EXPORT_CONFIG: file });
    } catch (error) {
      if (error instanceof AccountConfigurationError) return error.message;
      throw error;
    }
    throw new Error('it was taken');
  };
  const withAccount = (account: object) => ({
    accounts: { prod: { region: 'cn-north-4', credentials: keys, ...account } },
  });
  const withCredentials = (credentials: unknown) => withAccount({ credentials });

  test.each<[unknown, string]>([
    ['', 'names a file that is not JSON'],
    ['{"accounts": {\n"a": 1,,}}', 'names a file that is not JSON, see line 2.'],
    [[], 'The file is a list; it must be an object.'],
    [{}, 'accounts must be an object with an account under each name.'],
    [{ accounts: {} }, 'accounts is empty; there must be at least one account.'],
    [{ accounts: {}, account: {} }, "The file has the unknown 'account'; known are accounts."],
    [{ accounts: { 'a b': { region: 'cn-north-4' } } }, 'accounts.a b is not a name for an account'],
    [{ accounts: { prod: {} } }, "accounts.prod.region is missing; it must name a region, such as 'cn-north-4'."],
    [withAccount({ region: 'CN North' }), "accounts.prod.region is 'CN North', which is not the id of a region"],
    [
      withAccount({ regoin: 'cn-north-4' }),
      "accounts.prod has the unknown 'regoin'; known are region, cloud, projectId, endpoints",
    ],
    [
      withAccount({ projectId: 'cn-north-4' }),
      "accounts.prod.projectId is 'cn-north-4', which is not the id of a project",
    ],
    [withAccount({ endpoints: { ims: 'ims' } }), "accounts.prod.endpoints.ims is 'ims', which is not a URL"],
    [
      withAccount({ endpoints: { ecs: 'https://x' } }),
      "accounts.prod.endpoints has the unknown 'ecs'; known are ims, obs, iam, sts.",
    ],
    [withAccount({ obsPathStyle: 'yes' }), 'accounts.prod.obsPathStyle is a text; it must be true or false.'],
    [withAccount({ api: { exportPath: 'v3' } }), "accounts.prod.api.exportPath must be 'v1' or 'v2.1'."],
    [
      withCredentials({ source: 'vault' }),
      'accounts.prod.credentials.source must be one of chain, environment, profile, idToken, oidc, podIdentity, metadata, iamPassword, static, assumeRole.',
    ],
    [withCredentials('chain'), 'accounts.prod.credentials must be an object whose source is one of'],
    [
      withCredentials({ source: 'chain', file: 'x' }),
      "accounts.prod.credentials has the unknown 'file'; known are source.",
    ],
    [
      withCredentials({ source: 'static', accessKey: 'ak' }),
      'accounts.prod.credentials.secretKey must be {"env": "NAME_OF_A_VARIABLE"} or {"file": "/path/of/a/file"}',
    ],
    [withCredentials({ source: 'static', secretKey: SK }), 'accounts.prod.credentials.accessKey must be a text, or'],
    [withCredentials({ ...keys, secretKey: { env: 'A', file: 'b' } }), 'accounts.prod.credentials.secretKey must be'],
    [
      withCredentials({ ...keys, secretKey: { env: 'NOT_SET' } }),
      'accounts.prod.credentials.secretKey names the variable NOT_SET, which is not set.',
    ],
    [
      withCredentials({ ...keys, secretKey: { file: '/nowhere/sk' } }),
      'accounts.prod.credentials.secretKey names the file /nowhere/sk, which cannot be read (ENOENT).',
    ],
    [
      withCredentials({ source: 'iamPassword', user: 'u', password: SK }),
      'accounts.prod.credentials must have either domainName or domainId',
    ],
    [
      withCredentials({ source: 'assumeRole', agency: 'a', domainName: 'd', durationSeconds: 60, from: keys }),
      'accounts.prod.credentials.durationSeconds must be at least 900.',
    ],
    [
      withCredentials({ source: 'assumeRole', agency: 'a', domainName: 'd', from: { source: 'assumeRole' } }),
      'accounts.prod.credentials.from.source must be one of chain, environment, profile, idToken, oidc, podIdentity, metadata, iamPassword, static.',
    ],
    [
      withCredentials({
        source: 'assumeRole',
        agency: 'a',
        domainName: 'd',
        from: { ...keys, secretKey: { env: 'GONE' } },
      }),
      'accounts.prod.credentials.from.secretKey names the variable GONE',
    ],
    [
      withCredentials({ source: 'environment' }),
      'accounts.prod.credentials use the environment, where HUAWEICLOUD_SDK_AK is not set',
    ],
    [
      withCredentials({ source: 'profile', file: '/nowhere/profile' }),
      'accounts.prod.credentials cannot be used. The profile file /nowhere/profile cannot be read (ENOENT).',
    ],
  ])('is rejected with the field and what is right: %j', (content, message) => {
    expect(refusal(content)).toContain(message);
  });

  test('that does not exist is named in the error', () => {
    expect(() => accountsFromEnvironment({ IMS_EXPORT_CONFIG: '/nowhere/accounts.json' })).toThrow(
      'IMS_EXPORT_CONFIG names /nowhere/accounts.json, which cannot be read (ENOENT).',
    );
  });

  test('reports all its mistakes at once', () => {
    const message = refusal({ accounts: { a: { region: 1 }, b: { region: 'cn-north-4', typo: 1 } } });
    expect(message).toContain('accounts.a.region is a number');
    expect(message).toContain("accounts.b has the unknown 'typo'");
  });

  test.each<[string, unknown]>([
    ['where a reference must be', withCredentials({ ...keys, secretKey: 'PLANTED-SECRET' })],
    [
      'as a password',
      withCredentials({ source: 'iamPassword', user: 'u', domainName: 'd', password: 'PLANTED-SECRET' }),
    ],
    [
      'as a number of seconds',
      withCredentials({ source: 'assumeRole', agency: 'a', durationSeconds: 'PLANTED-SECRET' }),
    ],
    ['in a list', withCredentials({ ...keys, secretKey: ['PLANTED-SECRET'] })],
    ['as the source', withCredentials({ ...keys, source: 'PLANTED-SECRET' })],
    ['under an unknown field', withCredentials({ ...keys, secret: 'PLANTED-SECRET' })],
    ['as an account', { accounts: { prod: 'PLANTED-SECRET' } }],
    [
      'in the user part of an endpoint',
      withAccount({ endpoints: { ims: 'https://u:PLANTED-SECRET@ims.example.com' } }),
    ],
    ['in the user part of what is no URL', withAccount({ endpoints: { ims: 'u:PLANTED-SECRET@ims:x' } })],
    ['near a mistake of the JSON', '{"accounts": {"prod": {"secretKey": "PLANTED-SECRET",,}}}'],
    ['as all there is', 'PLANTED-SECRET'],
  ])('is rejected without repeating a secret that stands %s', (_where, content) => {
    const message = refusal(content);
    expect(message).toMatch(/must|not JSON|unknown|holds|not a URL/);
    expect(message).not.toContain('PLANTED');
  });

  test('with a secret in it is rejected with the advice where secrets belong', () => {
    expect(refusal(withCredentials({ ...keys, secretKey: 'PLANTED-SECRET' }))).toContain(
      'accounts.prod.credentials.secretKey is a text, but this file must not hold a secret: it must be {"env"',
    );
  });
});
