/** Credentials that are fetched for a token in a file: by an agency of STS, by an identity provider of IAM, and by the agent of a pod. */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  AccountConfigurationError,
  accountFromEnvironment,
  accountsFromFile,
  assumeRoleCredentials,
  type CloudAccount,
  type CredentialsProvider,
  defaultChain,
  describeAccounts,
  iamPasswordCredentials,
  idTokenCredentials,
  metadataCredentials,
  namesAnAccount,
  oidcCredentials,
  profileCredentials,
  signerOf,
  staticCredentials,
} from '../../../src/huaweicloud';
import { resourcesOfItsOwn } from '../../../src/huaweicloud/credentials/provider';
import type { IdTokenUse } from '../../../src/testing';
import { type IdentityRig, linuxImage, NEW_KEY, startIdentityRig, together } from '../../rigs/identity-rig';
import { cloudErrorOf } from '../../rigs/local-cloud';

let rig: IdentityRig;
beforeEach(async () => {
  rig = await startIdentityRig();
});

type Variables = { [name: string]: string | undefined };

interface TokenSource {
  use: IdTokenUse;
  variables(): Variables;
  /** The request that gives out the key, or what the key is made from. */
  asks: [service: string, path: string];
  signer: string;
  /** Without it the source is half configured. */
  needs: string[];
  file: string;
}

const SOURCES: TokenSource[] = [
  {
    use: 'oidc',
    variables: () => ({
      HUAWEICLOUD_OIDC_PROVIDER_URN: rig.simulator.identityProvider.providerUrn,
      HUAWEICLOUD_OIDC_AGENCY_URN: rig.simulator.identityProvider.agencyUrn,
      HUAWEICLOUD_OIDC_TOKEN_FILE: rig.file('oidc-token', rig.simulator.identityProvider.issue('oidc')),
      HUAWEICLOUD_SDK_STS_ENDPOINT: rig.simulator.info.iamEndpoint,
    }),
    asks: ['iam', '/v5/agencies/assume-with-oidc'],
    signer: 'the agency of HUAWEICLOUD_OIDC_AGENCY_URN',
    needs: ['HUAWEICLOUD_OIDC_PROVIDER_URN', 'HUAWEICLOUD_OIDC_AGENCY_URN', 'HUAWEICLOUD_OIDC_TOKEN_FILE'],
    file: 'oidc-token',
  },
  {
    use: 'idToken',
    variables: () => ({
      HUAWEICLOUD_SDK_IDP_ID: rig.simulator.identityProvider.idpId,
      HUAWEICLOUD_SDK_ID_TOKEN_FILE: rig.file('idToken-token', `${rig.simulator.identityProvider.issue('idToken')}\n`),
    }),
    asks: ['iam', '/v3.0/OS-AUTH/id-token/tokens'],
    signer: 'the ID token of HUAWEICLOUD_SDK_ID_TOKEN_FILE',
    needs: ['HUAWEICLOUD_SDK_IDP_ID', 'HUAWEICLOUD_SDK_ID_TOKEN_FILE'],
    file: 'idToken-token',
  },
  {
    use: 'pod',
    variables: () => ({
      HC_CONTAINER_CREDENTIALS_FULL_URI: rig.simulator.identityProvider.podIdentityUri,
      HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: rig.file('pod-token', rig.simulator.identityProvider.issue('pod')),
    }),
    asks: ['metadata', '/v1/credentials'],
    signer: 'the pod identity of HC_CONTAINER_CREDENTIALS_FULL_URI',
    needs: ['HC_CONTAINER_CREDENTIALS_FULL_URI', 'HC_CONTAINER_AUTHORIZATION_TOKEN_FILE'],
    file: 'pod-token',
  },
];

const METADATA = (): Variables => ({ IMS_EXPORT_METADATA_ENDPOINT: rig.simulator.info.metadataEndpoint });

describe.each(SOURCES)('the token source $use', ({ use, variables, asks, signer, needs, file }) => {
  const clientOf = (changes: Variables = {}) => {
    const account = accountFromEnvironment(rig.env({ ...METADATA(), ...variables(), ...changes }));
    return { account, client: rig.client(account) };
  };

  test('signs requests to IMS and OBS, and says that it does', async () => {
    const { account, client } = clientOf();
    expect(signerOf(account)).toBe(signer);
    expect(describeAccounts([account])).toBe(`region cn-north-4, signed by ${signer}`);
    await rig.useBoth(client);
    expect([rig.asked(...asks), rig.asked('metadata', '/securitykey'), rig.refused()]).toEqual([1, 0, 0]);
  });

  test('is asked once for any number of requests', async () => {
    const { client } = clientOf();
    const results = await together(20, () => rig.useBoth(client));
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(rig.asked(...asks)).toBe(1);
  });

  test('is asked again when its file was rotated, by a write or by another link, and then for the new token', async () => {
    const { client } = clientOf();
    await rig.useBoth(client);
    rig.file(file, `${rig.simulator.identityProvider.issue(use)}\n\n`);
    await rig.useBoth(client);
    expect(rig.asked(...asks)).toBe(2);
    // As Kubernetes does: the name is a link into a folder that is replaced.
    const path = rig.file('next-token', 'not read');
    mkdirSync(`${path}-folder`);
    writeFileSync(join(`${path}-folder`, 'token'), rig.simulator.identityProvider.issue(use));
    rmSync(path);
    symlinkSync(join(`${path}-folder`, 'token'), path);
    renameSync(path, join(path, '..', file));
    await rig.useBoth(client);
    expect([rig.asked(...asks), rig.refused()]).toEqual([3, 0]);
  });

  test('is asked again after its key was refused', async () => {
    const { client } = clientOf();
    await rig.useBoth(client);
    rig.simulator.credentials.expireTokens();
    await rig.useBoth(client);
    expect(rig.asked(...asks)).toBe(2);
  });

  test('is asked again five minutes before its key expires, by the token that is in the file then', async () => {
    const { account } = clientOf();
    const resources = { ...resourcesOfItsOwn(), now: () => rig.simulator.clock.now() };
    const credentials = account.credentials.forClient?.(resources);
    const first = await credentials?.get();
    rig.simulator.clock.advance((first?.expiresAtMs ?? 0) - rig.simulator.clock.now() - 5 * 60_000 - 1_000);
    expect(await credentials?.get()).toEqual(first);
    rig.file(file, rig.simulator.identityProvider.issue(use));
    rig.simulator.clock.advance(2_000);
    expect(await credentials?.get()).not.toEqual(first);
    expect([rig.asked(...asks), rig.refused()]).toEqual([2, 0]);
    await resources.transport.close();
  });

  test('signs with the old key while the new token is refused, and with another one as soon as there is one', async () => {
    const { client } = clientOf();
    await rig.useBoth(client);
    rig.file(file, 'not-a-token-that-anybody-issued');
    await rig.useBoth(client);
    rig.file(file, '');
    await rig.useBoth(client);
    rig.file(file, rig.simulator.identityProvider.issue(use));
    const asked = rig.asked(...asks);
    await rig.useBoth(client);
    expect(rig.asked(...asks)).toBe(asked + 1);
  });

  test('whose token expired is an error that names what to check, and repeats no token', async () => {
    const { client } = clientOf();
    const token = rig.simulator.identityProvider.issue(use, { lifeSeconds: 60 });
    rig.file(file, token);
    rig.simulator.clock.advance(61_000);
    const error = await cloudErrorOf(client.ims.getImage(linuxImage(rig.simulator)));
    expect(error).toMatchObject({ code: 'CredentialsUnavailable', executed: 'no', httpStatus: null });
    expect(error.message).toMatch(/could not be fetched from http:\/\/127\.0\.0\.1:\d+: \S.*Check /s);
    expect(JSON.stringify(error) + error.stack).not.toContain(token.slice(-20));
  });

  test('whose token was refused takes up the next one at once, however often it was refused', async () => {
    const { account } = clientOf();
    const resources = { ...resourcesOfItsOwn(), now: () => 0 };
    const credentials = account.credentials.forClient?.(resources);
    rig.file(file, 'nobody-issued-this');
    for (let count = 0; count < 5; count += 1) await expect(credentials?.get()).rejects.toThrow('401');
    expect(rig.asked(...asks)).toBeLessThan(5);
    rig.file(file, rig.simulator.identityProvider.issue(use));
    await credentials?.get();
    await resources.transport.close();
  });

  test('shows no token when the service repeats it', async () => {
    const { client } = clientOf();
    const token = rig.simulator.identityProvider.issue(use);
    rig.file(file, token);
    const body = { error_code: 'X.1', error_msg: `bad ${token}`, error: { code: 400, message: `bad ${token}` } };
    rig.simulator.faults.add({ path: `*${asks[1]}`, times: 9, action: { status: 400, body } });
    const error = await cloudErrorOf(client.ims.getImage(linuxImage(rig.simulator)));
    expect(error.message).toContain('bad ***');
    expect(JSON.stringify(error) + error.stack).not.toContain(token.slice(0, 20));
  });

  test.each(needs)('that lacks %s stops the worker by that name, whatever else is configured', (missing) => {
    const { accessKey, secretKey } = rig.simulator.info;
    const keys = use === 'pod' ? {} : { HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: secretKey };
    const env = rig.env({ ...METADATA(), ...keys, ...variables(), [missing]: ' ' });
    expect(() => accountFromEnvironment(env)).toThrow(AccountConfigurationError);
    expect(() => accountFromEnvironment(env)).toThrow(`${missing} is not set; it must hold `);
  });

  test.each([
    ['is missing', undefined, 'cannot be read (ENOENT)'],
    ['is empty', ' \n', 'does not hold one token'],
    ['holds more than a token', 'very-secret and-more', 'does not hold one token'],
  ])('whose file %s stops the worker by name', (_what, content, message) => {
    const env = rig.env({ ...METADATA(), ...variables() });
    const path = rig.file(file, content ?? '');
    if (content === undefined) rmSync(path);
    const start = () => accountFromEnvironment(env);
    expect(start).toThrow(`${needs.find((name) => name.endsWith('FILE'))} names ${path}. The token file ${path}`);
    expect(start).toThrow(message);
    expect(start).not.toThrow('very-secret');
  });
});

describe('the agency by OpenID Connect', () => {
  const env = (changes: Variables) => rig.env({ ...SOURCES[0]?.variables(), ...changes });

  test('takes the token of a variable before that of a file', async () => {
    const token = rig.simulator.identityProvider.issue('oidc');
    const changes = { HUAWEICLOUD_OIDC_ID_TOKEN: token, HUAWEICLOUD_OIDC_TOKEN_FILE: '/nowhere' };
    await rig.useBoth(rig.client(accountFromEnvironment(env(changes))));
    expect(rig.refused()).toBe(0);
  });

  test.each([
    [
      { HUAWEICLOUD_OIDC_DURATION_SECONDS: '1h' },
      "HUAWEICLOUD_OIDC_DURATION_SECONDS is '1h'; it must be a whole number of seconds from 900 to 86400, such as '3600'.",
    ],
    [{ HUAWEICLOUD_OIDC_DURATION_SECONDS: '899' }, 'a whole number of seconds from 900 to 86400'],
    [{ HUAWEICLOUD_OIDC_DURATION_SECONDS: '86401' }, 'a whole number of seconds from 900 to 86400'],
    [{ HUAWEICLOUD_OIDC_ID_TOKEN: 'two words' }, 'HUAWEICLOUD_OIDC_ID_TOKEN is no token'],
    [
      { HUAWEICLOUD_SDK_STS_ENDPOINT: 'ftp://sts' },
      "HUAWEICLOUD_SDK_STS_ENDPOINT is 'ftp://sts', which is not an http or https URL; it must be like 'https://sts.cn-north-4.myhuaweicloud.com'.",
    ],
  ])('is refused with %j', (changes, message) => {
    expect(() => accountFromEnvironment(env(changes))).toThrow(message);
    expect(() => accountFromEnvironment(env(changes))).not.toThrow('two words');
  });
});

describe('a profile with an ID token', () => {
  const profile = (...lines: string[]) =>
    rig.file('profile', ['[basic]', `iam_endpoint = ${rig.simulator.info.iamEndpoint}`, ...lines, ''].join('\n'));
  const idpId = () => `idp_id = ${rig.simulator.identityProvider.idpId}`;
  const tokenFile = () =>
    `id_token_file = ${rig.file('profile-token', rig.simulator.identityProvider.issue('idToken'))}`;
  const KEYS = ['ak = unused', 'sk = unused'];
  const start = (file: string) =>
    accountFromEnvironment(
      rig.env({ HUAWEICLOUD_SDK_CREDENTIALS_FILE: file, HUAWEICLOUD_SDK_IAM_ENDPOINT: undefined }),
    );

  test('signs by the token before its keys', async () => {
    const account = start(profile(idpId(), tokenFile(), ...KEYS));
    await rig.useBoth(rig.client(account));
    expect([rig.asked('iam', '/id-token/tokens'), rig.asked('iam', NEW_KEY), rig.refused()]).toEqual([1, 1, 0]);
    expect(signerOf(account)).toMatch(/^the profile \[basic\] of .*profile$/);
  });

  test('changes to keys when the file does', async () => {
    const client = rig.client(start(profile(idpId(), tokenFile())));
    await rig.useBoth(client);
    profile(`ak = ${rig.simulator.info.accessKey}`, `sk = ${rig.simulator.info.secretKey}`);
    const since = rig.simulator.requests().length;
    rig.simulator.credentials.expireTokens();
    await rig.useBoth(client);
    expect([rig.asked('iam', '', since), rig.refused()]).toEqual([0, 0]);
  });

  test('shows no user of its IAM endpoint, and is not sent there', async () => {
    const place = 'iam_endpoint = http://user:very-secret@127.0.0.1:1';
    const file = rig.file('profile', ['[basic]', place, idpId(), tokenFile()].join('\n'));
    const error = await profileCredentials({ file }).get().then(String, String);
    expect(error).toContain(`In the profile file ${file}, iam_endpoint has a user or a password`);
    expect(error).not.toContain('very-secret');
  });

  test('of which one half is missing stops the worker, also beside keys', () => {
    expect(() => start(profile(idpId(), ...KEYS))).toThrow("has no 'id_token_file' in a section [basic]");
    expect(() => start(profile(tokenFile(), ...KEYS))).toThrow("has no 'idp_id' in a section [basic]");
    expect(() => start(profile(idpId(), 'id_token_file = /nowhere'))).toThrow(
      'id_token_file names /nowhere. The token file /nowhere cannot be read (ENOENT).',
    );
  });
});

describe('an endpoint with a user in it', () => {
  const endpoint = 'http://user:very-secret@127.0.0.1:1';
  const user = { name: 'u', password: 'p', domain: { name: 'd' } };
  const from = staticCredentials({ accessKey: 'a', secretKey: 's' });
  const token = (): string => rig.file('token', 'a-token');
  const oidc = () => ({ providerUrn: 'p', agencyUrn: 'a', idToken: { value: 'a-token' } });
  test.each<[string, () => CredentialsProvider]>([
    ['oidc', () => oidcCredentials({ source: oidc(), stsEndpoint: endpoint })],
    ['ID token', () => idTokenCredentials({ source: { idpId: 'i', idTokenFile: token() }, iamEndpoint: endpoint })],
    ['IAM user', () => iamPasswordCredentials({ user, region: 'cn-north-4', iamEndpoint: endpoint })],
    [
      'agency',
      () => assumeRoleCredentials({ agency: 'a', domain: user.domain, from, region: 'r-1', iamEndpoint: endpoint }),
    ],
    ['metadata', () => metadataCredentials({ endpoint })],
  ])('is shown without it by the source %s', async (_source, make) => {
    const error = await make().get().then(String, String);
    expect(error).toContain('…@127.0.0.1:1');
    expect(error).not.toContain('very-secret');
  });

  test.each(['iam', 'sts'] as const)('is named where none is known of %s, and no request is sent', async (service) => {
    const source = service === 'sts' ? SOURCES[0] : SOURCES[1];
    const env = rig.env({ ...source?.variables(), HUAWEICLOUD_SDK_STS_ENDPOINT: '', HUAWEICLOUD_SDK_IAM_ENDPOINT: '' });
    await expect(defaultChain(env, { region: 'mars-1' }).get()).rejects.toThrow(
      `No endpoint of ${service.toUpperCase()} is known in the region 'mars-1': set HUAWEICLOUD_SDK_${service.toUpperCase()}_ENDPOINT`,
    );
  });
});

const OTHER_KEYS: Variables = { HUAWEICLOUD_SDK_AK: 'a', HUAWEICLOUD_SDK_SK: 's' };

describe('the keys of Terraform', () => {
  const keys = (): Variables => {
    const { accessKey, secretKey, region, projectId } = rig.simulator.info;
    const place = { HW_REGION_NAME: region, HW_PROJECT_ID: projectId };
    const unset = { IMS_EXPORT_REGION: undefined, HUAWEICLOUD_SDK_PROJECT_ID: undefined };
    return { ...unset, ...place, HW_ACCESS_KEY: accessKey, HW_SECRET_KEY: secretKey };
  };

  test('sign before the agency of the ECS, in their region and project', async () => {
    const account = accountFromEnvironment(rig.env({ ...METADATA(), ...keys() }));
    expect([signerOf(account), account.region, account.projectId]).toEqual([
      'the access key of HW_ACCESS_KEY',
      rig.simulator.info.region,
      rig.simulator.info.projectId,
    ]);
    await rig.useBoth(rig.client(account));
    expect(rig.asked('metadata', '')).toBe(0);
  });

  test.each<[string, string, Variables]>([
    ['sign in their region', 'used', {}],
    ['sign without a region of theirs', 'used', { IMS_EXPORT_REGION: 'cn-north-4', HW_REGION_NAME: '' }],
    ['sign in another region', 'not used', { IMS_EXPORT_REGION: 'cn-south-1' }],
    ['do not sign, in their region', 'used', OTHER_KEYS],
    ['do not sign, in another region', 'not used', { ...OTHER_KEYS, IMS_EXPORT_REGION: 'cn-south-1' }],
    [
      'do not sign, without a region of theirs',
      'not used',
      { ...OTHER_KEYS, IMS_EXPORT_REGION: 'cn-north-4', HW_REGION_NAME: '' },
    ],
  ])('that %s: their project is %s', (_what, use, changes) => {
    const { projectId } = accountFromEnvironment(rig.env({ ...keys(), ...changes }));
    expect(projectId).toBe(use === 'used' ? rig.simulator.info.projectId : undefined);
  });

  test('come after the names of the SDKs, the profile and the pod identity', () => {
    const { accessKey, secretKey } = rig.simulator.info;
    const profile = rig.file('profile', `[basic]\nak=${accessKey}\nsk=${secretKey}\n`);
    const others = (changes: Variables) => accountFromEnvironment(rig.env({ ...keys(), ...changes }));
    expect(signerOf(others({ HUAWEICLOUD_SDK_AK: 'a', HUAWEICLOUD_SDK_SK: 's' }))).toContain('HUAWEICLOUD_SDK_AK');
    expect(signerOf(others({ HUAWEICLOUD_SDK_CREDENTIALS_FILE: profile }))).toContain('the profile');
    expect(signerOf(others(SOURCES[2]?.variables() ?? {}))).toContain('the pod identity');
    const place = { IMS_EXPORT_REGION: 'cn-south-1', HUAWEICLOUD_SDK_PROJECT_ID: '0123456789abcdef0123456789abcdef' };
    expect(others(place)).toMatchObject({ region: 'cn-south-1', projectId: '0123456789abcdef0123456789abcdef' });
  });

  test.each([
    [{ HW_SECRET_KEY: '' }, 'HW_SECRET_KEY is not set; it must hold the secret key (SK) of an IAM user.'],
    [{ HW_ACCESS_KEY: '' }, 'HW_ACCESS_KEY is not set'],
    [
      { HW_ASSUME_ROLE_AGENCY_NAME: 'exporters' },
      'HW_ASSUME_ROLE_AGENCY_NAME is set, and this package does not support it',
    ],
    [
      { HW_USER_PASSWORD: 'very-secret', HW_ACCESS_KEY: '' },
      'set IMS_EXPORT_IAM_USER, IMS_EXPORT_IAM_PASSWORD and IMS_EXPORT_IAM_DOMAIN',
    ],
    [{ HW_AUTH_TOKEN: 'very-secret' }, 'HW_AUTH_TOKEN is set, and this package does not support it'],
    [
      { HW_SHARED_CONFIG_FILE: '/f', HW_SECRET_KEY: '' },
      'set HUAWEICLOUD_SDK_CREDENTIALS_FILE to a profile file of the SDKs',
    ],
    [{ HW_PROJECT_ID: 'cn-north-4' }, "HW_PROJECT_ID is 'cn-north-4', which is not the id of a project"],
    [{ HW_REGION_NAME: 'CN North' }, "HW_REGION_NAME is 'CN North', which is not the id of a region"],
  ])('with %j stop the worker by name', (changes, message) => {
    const start = () => accountFromEnvironment(rig.env({ ...METADATA(), ...keys(), ...changes }));
    expect(start).toThrow(message);
    expect(start).not.toThrow('very-secret');
  });
});

describe('further identities of Terraform', () => {
  const NAMES = ['HW_USER_NAME', 'HW_USER_ID', 'HW_USER_PASSWORD', 'HW_SHARED_CONFIG_FILE', 'HW_PROFILE'];
  const ALWAYS = ['HW_ASSUME_ROLE_AGENCY_NAME', 'HW_AUTH_TOKEN'];
  const keys = { HW_ACCESS_KEY: 'a', HW_SECRET_KEY: 's' };

  test.each(NAMES)('%s counts where there is no key of Terraform, as there', (name) => {
    const start = (changes: Variables) => accountFromEnvironment(rig.env({ ...METADATA(), [name]: 'x', ...changes }));
    expect(signerOf(start(keys))).toBe('the access key of HW_ACCESS_KEY');
    expect(() => start({})).toThrow(`${name} is set, and this package does not support it`);
  });

  test.each([...NAMES, ...ALWAYS])(
    '%s means a worker: what checks an environment says what is wrong with it',
    (name) => {
      expect(namesAnAccount({ [name]: 'x' })).toBe(true);
      expect(namesAnAccount({ HW_REGION_NAME: 'cn-north-4', HW_PROJECT_ID: 'x' })).toBe(false);
    },
  );
});

describe('in an accounts file', () => {
  const accountsOf = (credentials: object, more: object = {}): CloudAccount[] => {
    const { imsEndpoint: ims, obsEndpoint: obs, iamEndpoint: iam, region, projectId } = rig.simulator.info;
    const endpoints = { ims, obs, iam, sts: iam };
    const accounts = { default: { region, projectId, endpoints, credentials, ...more } };
    return accountsFromFile(rig.file('accounts.json', JSON.stringify({ accounts })), rig.env(SOURCES[2]?.variables()));
  };

  test('a source is shown on one line, whatever its name holds', () => {
    rig.file('of-sts', 'a-token');
    const agencyUrn = 'iam::d:agency:a\u001b[2J\nready: forged';
    const accounts = accountsOf({ source: 'oidc', providerUrn: 'p', agencyUrn, idTokenFile: 'of-sts' });
    const shown = 'the agency iam::d:agency:a\\u001b[2J\\u000aready: forged';
    expect(describeAccounts(accounts)).toBe(`region cn-north-4, signed by ${shown}`);
  });

  test('each token source signs, with a file beside the accounts file', async () => {
    const { identityProvider } = rig.simulator;
    const { idpId, providerUrn, agencyUrn } = identityProvider;
    rig.file('of-iam', identityProvider.issue('idToken'));
    rig.file('of-sts', identityProvider.issue('oidc'));
    const sources = [
      { source: 'idToken', idpId, idTokenFile: 'of-iam' },
      { source: 'oidc', providerUrn, agencyUrn, idTokenFile: 'of-sts', durationSeconds: 900 },
      { source: 'podIdentity' },
    ];
    for (const source of sources) {
      const [account] = accountsOf(source);
      if (account !== undefined) await rig.useBoth(rig.client(account));
    }
    expect([SOURCES.map(({ asks }) => rig.asked(...asks)), rig.refused()]).toEqual([[1, 1, 1], 0]);
  });

  test.each([
    [{ source: 'idToken', idpId: 'x' }, 'accounts.default.credentials.idTokenFile is missing; it must be the path'],
    [
      { source: 'idToken', idpId: 'x', idTokenFile: '/nowhere' },
      'accounts.default.credentials.idTokenFile names /nowhere. The token file /nowhere cannot be read (ENOENT).',
    ],
    [
      { source: 'oidc', providerUrn: 'p', agencyUrn: 'a', idTokenFile: '/nowhere' },
      'accounts.default.credentials.idTokenFile names /nowhere.',
    ],
  ])('%j is refused by field', (credentials, message) => {
    expect(() => accountsOf(credentials)).toThrow(message);
  });
});
