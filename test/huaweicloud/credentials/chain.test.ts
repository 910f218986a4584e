import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { AccountConfigurationError, accountFromEnvironment, defaultChain, signerOf } from '../../../src/huaweicloud';
import { isEcs } from '../../../src/huaweicloud/credentials/metadata';
import { type IdentityRig, LOGIN, METADATA_KEY, startIdentityRig } from '../../rigs/identity-rig';

let rig: IdentityRig;
beforeEach(async () => {
  rig = await startIdentityRig();
});

type Variables = { [name: string]: string | undefined };
const ACCESS_KEY = (): Variables => ({
  HUAWEICLOUD_SDK_AK: rig.simulator.info.accessKey,
  HUAWEICLOUD_SDK_SK: rig.simulator.info.secretKey,
});
const IAM_USER = (): Variables => ({
  IMS_EXPORT_IAM_USER: rig.simulator.info.iamUser,
  IMS_EXPORT_IAM_PASSWORD: rig.simulator.info.iamPassword,
});
const PROFILE = (): Variables => {
  const { accessKey, secretKey } = rig.simulator.info;
  return {
    HUAWEICLOUD_SDK_CREDENTIALS_FILE: rig.file('credentials.ini', `[basic]\nak=${accessKey}\nsk=${secretKey}\n`),
  };
};
const METADATA = (): Variables => ({ IMS_EXPORT_METADATA_ENDPOINT: rig.simulator.info.metadataEndpoint });

/** Which source signed: only some of them ask anybody, and only the profile's key is said to be such. */
async function signer(variables: Variables): Promise<'IAM user' | 'metadata' | 'a key at hand'> {
  await rig.useBoth(rig.client(accountFromEnvironment(rig.env(variables))));
  if (rig.asked('iam', LOGIN) > 0) return 'IAM user';
  return rig.asked('metadata', METADATA_KEY) > 0 ? 'metadata' : 'a key at hand';
}

describe('the credentials chain', () => {
  test('signs with a key of the environment before everything else', async () => {
    const others = { ...IAM_USER(), HUAWEICLOUD_SDK_CREDENTIALS_FILE: '/nowhere', ...METADATA() };
    expect(await signer({ ...ACCESS_KEY(), ...others })).toBe('a key at hand');
  });

  test('signs with an IAM user before a profile and the ECS agency', async () => {
    expect(await signer({ ...IAM_USER(), HUAWEICLOUD_SDK_CREDENTIALS_FILE: '/nowhere', ...METADATA() })).toBe(
      'IAM user',
    );
  });

  test('signs with a profile and does not ask for the ECS agency', async () => {
    expect(await signer({ ...PROFILE(), ...METADATA() })).toBe('a key at hand');
    expect(rig.asked('metadata', '')).toBe(0);
  });

  test('signs with the ECS agency when nothing else is configured', async () => {
    expect(await signer(METADATA())).toBe('metadata');
  });

  test('skips a profile without keys', async () => {
    const env = rig.env(METADATA());
    mkdirSync(join(String(env.HOME), '.huaweicloud'));
    rig.file('.huaweicloud/credentials', '[global]\ndomain_id = 1\n');
    expect(await signer(METADATA())).toBe('metadata');
  });

  describe('a profile in the home folder', () => {
    const start = (content: string) => {
      const env = rig.env(METADATA());
      mkdirSync(join(String(env.HOME), '.huaweicloud'));
      const file = rig.file('.huaweicloud/credentials', content);
      return () => signerOf(accountFromEnvironment(env)).replace(file, 'FILE');
    };

    test.each([
      ['[basic]\nak: a\nsk : s\n'],
      ['[basic]\nAK=a\nSk = s'],
      ['[DEFAULT]\nak=a\n[basic]\nsk=s'],
      ['sk=s\n[other]\nak=x\n[basic] ; the exporter\nak=a # of 2026\n'],
      ['[basic]\r\nak = "a"\r\nnonsense\r\nsk = true\r\n'],
    ])('signs with %j', (content) => {
      expect(start(content)()).toBe('the profile [basic] of FILE');
    });

    test.each([
      ['[basic]\nsecurity_token = t\n', "has no 'ak' in a section [basic]. Add it, or remove 'security_token'."],
      ['[basic]\nsk: s\n', "has no 'ak' in a section [basic]. Add it, or remove 'sk'."],
      ['[basic]\nid_token_file: /f\n', "has no 'idp_id' in a section [basic]. Add it, or remove 'id_token_file'."],
      ['[basic]\niam_endpoint: https://iam.example.com\n', "has no 'ak' in a section [basic]."],
      ['[basic]\nnonsense\n', "has no 'ak' in a section [basic]."],
    ])('stops the worker with %j, rather than that another source signs', (content, message) => {
      const starting = start(content);
      expect(starting).toThrow(message);
      expect(starting).toThrow('HUAWEICLOUD_SDK_CREDENTIALS_FILE is not set, so ');
    });

    test.each([[''], ['# nothing\n'], ['[basic]\n'], ['[basic.ak]\nak=a\nsk=s\n'], ['ak=a\nsk=s\n']])(
      'is passed over with %j',
      (content) => {
        expect(start(content)()).toBe('the agency of the ECS');
      },
    );
  });

  test('selects the source again when the environment changes', async () => {
    const env = rig.env({ ...METADATA() });
    const client = rig.client(accountFromEnvironment(env));
    await rig.useBoth(client);
    const asked = rig.asked('metadata', METADATA_KEY);
    Object.assign(env, ACCESS_KEY());
    rig.simulator.metadata.agency = false;
    rig.simulator.credentials.expireTokens();
    await rig.useBoth(client);
    expect(rig.asked('metadata', METADATA_KEY)).toBe(asked);
  });
});

describe('an incompletely configured source of credentials', () => {
  test.each<[Variables, string]>([
    [{ HUAWEICLOUD_SDK_AK: 'ak' }, 'HUAWEICLOUD_SDK_SK is not set; it must hold the secret key (SK) of an IAM user.'],
    [{ HUAWEICLOUD_SDK_SK: 'sk' }, 'HUAWEICLOUD_SDK_AK is not set; it must hold the access key (AK) of an IAM user.'],
    [{ HUAWEICLOUD_SDK_SECURITY_TOKEN: 'token' }, 'HUAWEICLOUD_SDK_AK is not set'],
    [
      { IMS_EXPORT_IAM_USER: 'exporter' },
      'IMS_EXPORT_IAM_PASSWORD is not set; it must hold the password of the IAM user.',
    ],
    [{ IMS_EXPORT_IAM_PASSWORD: 'secret' }, 'IMS_EXPORT_IAM_USER is not set'],
    [
      { IMS_EXPORT_IAM_USER: 'exporter', IMS_EXPORT_IAM_PASSWORD: 'secret', IMS_EXPORT_IAM_DOMAIN: '' },
      'IMS_EXPORT_IAM_DOMAIN is not set; it must hold the name of the account that the IAM user belongs to.',
    ],
    [{ HUAWEICLOUD_SDK_CREDENTIALS_FILE: '/nowhere/credentials' }, 'names /nowhere/credentials. The profile file'],
    [{ IMS_EXPORT_METADATA_ENDPOINT: 'metadata' }, "IMS_EXPORT_METADATA_ENDPOINT is 'metadata', which is not a URL"],
  ])('%j is an error, whatever else is configured', (variables, message) => {
    const env = rig.env({ ...METADATA(), ...variables });
    expect(() => accountFromEnvironment(env)).toThrow(AccountConfigurationError);
    expect(() => accountFromEnvironment(env)).toThrow(message);
  });

  const OIDC = (): Variables => ({
    HUAWEICLOUD_OIDC_PROVIDER_URN: 'p',
    HUAWEICLOUD_OIDC_AGENCY_URN: 'a',
    HUAWEICLOUD_OIDC_ID_TOKEN: 'a-token',
  });
  test.each<[string, () => Variables, Variables, string]>([
    ['an access key', ACCESS_KEY, { HUAWEICLOUD_SDK_IDP_ID: 'idp' }, 'HUAWEICLOUD_SDK_ID_TOKEN_FILE'],
    ['an access key', ACCESS_KEY, { IMS_EXPORT_IAM_USER: 'exporter' }, 'IMS_EXPORT_IAM_PASSWORD'],
    [
      'an access key',
      ACCESS_KEY,
      { HC_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1' },
      'HC_CONTAINER_AUTHORIZATION_TOKEN_FILE',
    ],
    ['an access key', ACCESS_KEY, { HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/f' }, 'HC_CONTAINER_CREDENTIALS_FULL_URI'],
    ['an access key', ACCESS_KEY, { HW_ACCESS_KEY: 'ak' }, 'HW_SECRET_KEY'],
    ['an access key', ACCESS_KEY, { HW_SECURITY_TOKEN: 'token' }, 'HW_ACCESS_KEY'],
    ['an agency', OIDC, { HUAWEICLOUD_SDK_AK: 'ak' }, 'HUAWEICLOUD_SDK_SK'],
    ['an agency', OIDC, { HUAWEICLOUD_SDK_SECURITY_TOKEN: 'token' }, 'HUAWEICLOUD_SDK_SK'],
    ['an ECS agency', METADATA, { HUAWEICLOUD_OIDC_SESSION_NAME: 's' }, 'HUAWEICLOUD_OIDC_PROVIDER_URN'],
  ])(
    'beside %s of which all is configured is an error that says which variable to set or to unset',
    (_what, whole, half, missing) => {
      const env = rig.env({ ...whole(), ...half });
      const [set] = Object.keys(half);
      const start = () => accountFromEnvironment(env);
      expect(start).toThrow(
        new RegExp(
          `${missing} is not set; it must hold .*\\. Set it, or unset ${set}, so that another source can sign\\.`,
        ),
      );
    },
  );

  test('of a profile is an error too, but what does not mean to sign is none', () => {
    const beside = (changes: Variables) => () =>
      signerOf(accountFromEnvironment(rig.env({ ...ACCESS_KEY(), ...changes })));
    const profile = (content: string) => ({ HUAWEICLOUD_SDK_CREDENTIALS_FILE: rig.file('profile', content) });
    expect(beside(profile('[basic]\nak=a\n'))).toThrow("has no 'sk' in a section [basic]. Add it, or remove 'ak'.");
    expect(beside(profile('[basic]\nid_token_file=/f\nak=a\nsk=s'))).toThrow("has no 'idp_id'");
    const harmless = [profile('[basic]\nproject_id=p'), { HUAWEICLOUD_SDK_CREDENTIALS_FILE: '/nowhere' }];
    const ofTerraform = [{ HW_USER_NAME: 'somebody' }, { HW_ASSUME_ROLE_AGENCY_NAME: 'exporters' }];
    for (const changes of [...harmless, ...ofTerraform]) {
      expect(beside(changes)()).toBe('the access key of HUAWEICLOUD_SDK_AK');
    }
  });

  test('is an error of the chain when it appears later', async () => {
    const env = rig.env(ACCESS_KEY());
    const { credentials } = accountFromEnvironment(env);
    delete env.HUAWEICLOUD_SDK_SK;
    await expect(credentials.get()).rejects.toThrow('HUAWEICLOUD_SDK_SK is not set');
  });
});

describe('without any configured source of credentials', () => {
  const everything = (home: string) => [
    'HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK are not set',
    'IMS_EXPORT_IAM_USER and IMS_EXPORT_IAM_PASSWORD are not set',
    `there is no file ${join(home, '.huaweicloud', 'credentials')}`,
    'this is not an ECS of Huawei Cloud; if it is one, set IMS_EXPORT_METADATA_ENDPOINT=http://169.254.169.254',
  ];

  test.skipIf(isEcs())('the environment is no account, and the error lists what to set and what was checked', () => {
    const env = rig.env();
    const told = () => accountFromEnvironment(env);
    expect(told).toThrow('HUAWEICLOUD_SDK_AK is not set; it must hold the access key (AK) of an IAM user.');
    expect(told).toThrow('HUAWEICLOUD_SDK_SK is not set; it must hold the secret key (SK) of an IAM user.');
    for (const reason of everything(String(env.HOME))) expect(told).toThrow(reason);
  });

  test.skipIf(isEcs())('the chain lists each source and why it was skipped', async () => {
    const env = rig.env();
    const failure = await defaultChain(env, { region: 'cn-north-4' }).get().then(String, String);
    for (const reason of everything(String(env.HOME))) expect(failure).toContain(reason);
  });

  test('the agency is asked only on an ECS, recognized by its asset tag', () => {
    expect(isEcs(rig.file('chassis_asset_tag', 'HUAWEICLOUD\n'))).toBe(true);
    expect(isEcs(rig.file('chassis_asset_tag', 'To be filled by O.E.M.\n'))).toBe(false);
    expect(isEcs('/nowhere')).toBe(false);
  });

  test('an error about something else still says which source would have signed', () => {
    const region = { IMS_EXPORT_REGION: '' };
    expect(() => accountFromEnvironment(rig.env({ ...IAM_USER(), ...region }))).toThrow(
      'HUAWEICLOUD_SDK_AK is not set and HUAWEICLOUD_SDK_SK is not set, so the IAM user of IMS_EXPORT_IAM_USER would sign',
    );
    expect(() => accountFromEnvironment(rig.env({ ...METADATA(), ...region }))).toThrow(
      'the agency of the ECS would sign',
    );
    expect(() => accountFromEnvironment(rig.env({ ...PROFILE(), ...region }))).toThrow('credentials.ini would sign');
  });
});
