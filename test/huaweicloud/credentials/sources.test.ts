import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  accountFromEnvironment,
  assumeRoleCredentials,
  type CredentialsProvider,
  environmentCredentials,
  iamPasswordCredentials,
  metadataCredentials,
  profileCredentials,
  staticCredentials,
} from '../../../src/huaweicloud';
import {
  type IdentityRig,
  LOGIN,
  linuxImage,
  METADATA_KEY,
  METADATA_TOKEN,
  NEW_KEY,
  startIdentityRig,
} from '../../rigs/identity-rig';
import { cloudErrorOf } from '../../rigs/local-cloud';
import { send, signedHeaders } from '../../rigs/simulator-requests';

let rig: IdentityRig;
beforeEach(async () => {
  rig = await startIdentityRig();
});

const permanentKey = () => {
  const { accessKey, secretKey } = rig.simulator.info;
  return { accessKey, secretKey };
};
const iamUser = () => {
  const { iamUser: name, iamPassword: password, iamDomain, region, iamEndpoint } = rig.simulator.info;
  return { user: { name, password, domain: { name: iamDomain } }, region, iamEndpoint };
};
const agencyOf = (from: CredentialsProvider, agency = 'exporters') => {
  const { iamDomain, region, iamEndpoint } = rig.simulator.info;
  return assumeRoleCredentials({ agency, domain: { name: iamDomain }, from, region, iamEndpoint });
};
const metadata = () => metadataCredentials({ endpoint: rig.simulator.info.metadataEndpoint });

/** What a client of these credentials answers to a read that cannot be signed, or is refused. */
const failureWith = (credentials: CredentialsProvider) =>
  cloudErrorOf(rig.client(rig.account(credentials)).ims.getImage(linuxImage(rig.simulator)));

describe('a signed request to IMS and to OBS succeeds with', () => {
  test.each<[string, () => CredentialsProvider | Promise<CredentialsProvider>]>([
    ['a fixed key', () => staticCredentials(permanentKey())],
    ['a temporary key (STS triple)', async () => staticCredentials(await metadata().get())],
    [
      'a key of the environment',
      () => {
        const { accessKey, secretKey } = permanentKey();
        return environmentCredentials({ HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: secretKey });
      },
    ],
    [
      'a profile',
      () => {
        const { accessKey, secretKey } = permanentKey();
        return profileCredentials({ file: rig.file('profile', `[basic]\nak = ${accessKey}\nsk = ${secretKey}\n`) });
      },
    ],
    ['the agency of an ECS', metadata],
    ['an IAM user and its password', () => iamPasswordCredentials(iamUser())],
    ['an agency assumed with a fixed key', () => agencyOf(staticCredentials(permanentKey()))],
    ['an agency assumed by an IAM user', () => agencyOf(iamPasswordCredentials(iamUser()))],
    ['an agency assumed by the agency of an ECS', () => agencyOf(metadata())],
  ])('%s', async (_source, make) => {
    const client = rig.client(rig.account(await make()));
    await rig.useBoth(client);
    expect(rig.refused()).toBe(0);
  });
});

describe('the profile file', () => {
  const profile = (sk: string) =>
    `; keys of the exporter\n[basic]\nak=${rig.simulator.info.accessKey}\nsk = ${sk}\nproject_id = ${rig.simulator.info.projectId}\niam_endpoint = ${rig.simulator.info.iamEndpoint}/\n`;

  test('is read again when it has changed', async () => {
    const file = rig.file('profile', profile('wrong-and-long-ago'));
    const client = rig.client(rig.account(profileCredentials({ file })));
    const error = await cloudErrorOf(client.ims.getImage(linuxImage(rig.simulator)));
    expect(error).toMatchObject({ class: 'unauthorized', httpStatus: 401 });
    rig.file('profile', profile(rig.simulator.info.secretKey));
    await rig.useBoth(client);
  });

  test('supplies project and IAM endpoint when its key signs', () => {
    const { projectId, iamEndpoint, accessKey, secretKey } = rig.simulator.info;
    const named = {
      HUAWEICLOUD_SDK_CREDENTIALS_FILE: rig.file('profile', profile('sk')),
      HUAWEICLOUD_SDK_PROJECT_ID: undefined,
      HUAWEICLOUD_SDK_IAM_ENDPOINT: undefined,
    };
    const byProfile = accountFromEnvironment(rig.env(named));
    expect([byProfile.projectId, byProfile.endpoints.iam]).toEqual([projectId, iamEndpoint]);
    const byKey = { ...named, HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: secretKey };
    expect(accountFromEnvironment(rig.env(byKey)).projectId).toBeUndefined();
  });

  test('can hold a temporary key', async () => {
    const { accessKey, secretKey, securityToken } = await metadata().get();
    const file = rig.file('profile', `[basic]\nak=${accessKey}\nsk=${secretKey}\nsecurity_token=${securityToken}\n`);
    await rig.useBoth(rig.client(rig.account(profileCredentials({ file }))));
  });

  test.each([
    ['is missing', undefined, 'cannot be read (ENOENT)'],
    ['lacks the section', '[global]\nak=a\nsk=b\n', "has no 'ak' in a section [basic]"],
    ['lacks the secret key', '[basic]\nak=a\n', "has no 'sk' in a section [basic]"],
    ['is no INI at all', '\u0000\u0001{"ak":1}', "has no 'ak'"],
  ])('that %s is named in the error', async (_what, content, message) => {
    const file = content === undefined ? join('/nowhere', 'credentials') : rig.file('profile', content);
    const error = await failureWith(profileCredentials({ file }));
    expect(error).toMatchObject({ code: 'CredentialsUnavailable', executed: 'no', httpStatus: null });
    expect(error.message).toContain(file);
    expect(error.message).toContain(message);
  });

  test('in the home folder is found without a variable', async () => {
    const env = rig.env();
    mkdirSync(join(String(env.HOME), '.huaweicloud'));
    rig.file('.huaweicloud/credentials', profile(rig.simulator.info.secretKey));
    await rig.useBoth(rig.client(accountFromEnvironment(env)));
  });
});

describe('the metadata service of an ECS', () => {
  test('is asked with a session token, which is cached', async () => {
    rig.simulator.metadata.tokens = 'required';
    const client = rig.client(rig.account(metadata()));
    await rig.useBoth(client);
    rig.simulator.credentials.expireTokens();
    await rig.useBoth(client);
    expect([rig.asked('metadata', METADATA_TOKEN), rig.asked('metadata', METADATA_KEY)]).toEqual([1, 2]);
  });

  test.each([404, 405, 503] as const)(
    'that answers %i to the token request is asked without a token',
    async (status) => {
      rig.simulator.metadata.tokens = status;
      await rig.useBoth(rig.client(rig.account(metadata())));
      expect(rig.asked('metadata', METADATA_KEY)).toBe(1);
    },
  );

  test('gives another session token once when the old one has expired', async () => {
    const client = rig.client(rig.account(metadata()));
    await rig.useBoth(client);
    // Longer than a session token lasts; the keys of the agency have ended as well.
    rig.simulator.clock.advance(7 * 3_600_000);
    await rig.useBoth(client);
    expect([rig.asked('metadata', METADATA_TOKEN), rig.asked('metadata', METADATA_KEY)]).toEqual([2, 3]);
  });

  test.each(['optional', 'required', 404] as const)(
    'of an ECS without an agency (tokens: %s) makes an error that says what to do',
    async (tokens) => {
      Object.assign(rig.simulator.metadata, { agency: false, tokens });
      const error = await failureWith(metadata());
      expect(error).toMatchObject({ code: 'CredentialsUnavailable', class: 'unauthorized' });
      expect(error.message).toContain(rig.simulator.info.metadataEndpoint);
      expect(error.message).toContain('this ECS has no agency');
      expect(rig.asked('ims', '')).toBe(0);
    },
  );

  test('that does not exist is named in the error', async () => {
    const error = await failureWith(metadataCredentials({ endpoint: 'http://127.0.0.1:9' }));
    expect(error.message).toMatch(/http:\/\/127\.0\.0\.1:9: ECONNREFUSED.*Check that this is an ECS/s);
  });

  test('that does not answer is given up after three seconds', async () => {
    rig.simulator.faults.add({ service: 'metadata', action: { delayMs: 30_000 } });
    const startedAt = performance.now();
    const error = await failureWith(metadata());
    expect(error.message).toContain('RequestTimeout');
    expect(performance.now() - startedAt).toBeLessThan(4_500);
  });

  test('that answers something else than a key makes an error', async () => {
    rig.simulator.faults.add({ service: 'metadata', path: `*${METADATA_KEY}`, times: 9, action: { body: '<html>' } });
    expect((await failureWith(metadata())).message).toContain('body that is not JSON');
    rig.simulator.faults.clear();
    rig.simulator.faults.add({
      service: 'metadata',
      path: `*${METADATA_KEY}`,
      times: 9,
      action: { body: { credential: {} } },
    });
    expect((await failureWith(metadata())).message).toContain("'credential.access'");
  });
});

test.each(['1', '2037-01-08', '2037-01-08T02:56:19', 'tomorrow Z', '2037-13-08T02:56:19Z'])(
  'a key that ends at %j is refused: that is no time, or none of a zone',
  async (expires_at) => {
    const credential = { access: 'a', secret: 's', securitytoken: 't', expires_at };
    rig.simulator.faults.add({
      service: 'metadata',
      path: `*${METADATA_KEY}`,
      times: 9,
      action: { body: { credential } },
    });
    expect((await failureWith(metadata())).message).toContain("'credential.expires_at'");
  },
);

describe('the login of an IAM user', () => {
  test('happens once, and its token serves further keys', async () => {
    const credentials = iamPasswordCredentials(iamUser());
    const client = rig.client(rig.account(credentials));
    await rig.useBoth(client);
    await rig.useBoth(client);
    expect([rig.asked('iam', LOGIN), rig.asked('iam', NEW_KEY)]).toEqual([1, 1]);
  });

  test('with a wrong password fails and is not tried again for five minutes', async () => {
    const wrong = { ...iamUser(), user: { ...iamUser().user, password: 'not-the-one' } };
    let nowMs = Date.now();
    const client = rig.client(rig.account(iamPasswordCredentials(wrong)), { now: () => nowMs });
    const read = () => cloudErrorOf(client.ims.getImage(linuxImage(rig.simulator)));
    const first = await read();
    expect(first).toMatchObject({ code: 'CredentialsUnavailable', class: 'unauthorized', retryAfterMs: 300_000 });
    expect(first.message).toContain(`refused the password of the IAM user '${wrong.user.name}'`);
    expect(first.message).toContain('The username or password is wrong.');
    nowMs += 60_000;
    expect((await read()).message).toContain('not tried again for 4 min');
    expect(rig.asked('iam', LOGIN)).toBe(1);
    nowMs += 240_000;
    await read();
    expect(rig.asked('iam', LOGIN)).toBe(2);
  });

  test('with a corrected password is tried at once', async () => {
    const env = rig.env({ IMS_EXPORT_IAM_USER: rig.simulator.info.iamUser, IMS_EXPORT_IAM_PASSWORD: 'wrong' });
    const client = rig.client(accountFromEnvironment(env));
    for (let call = 0; call < 3; call += 1) await cloudErrorOf(client.ims.getImage(linuxImage(rig.simulator)));
    expect(rig.asked('iam', LOGIN)).toBe(1);
    env.IMS_EXPORT_IAM_PASSWORD = rig.simulator.info.iamPassword;
    await rig.useBoth(client);
  });

  test('works for an account given by its id', async () => {
    const { iamUser: name, iamPassword: password } = rig.simulator.info;
    const variables = {
      IMS_EXPORT_IAM_USER: name,
      IMS_EXPORT_IAM_PASSWORD: password,
      IMS_EXPORT_IAM_DOMAIN: undefined,
    };
    const ofNobody = accountFromEnvironment(rig.env({ ...variables, HUAWEICLOUD_SDK_DOMAIN_ID: 'no-such-account' }));
    expect((await failureWith(ofNobody.credentials)).message).toContain('of the account no-such-account');
    const ofOurs = accountFromEnvironment(rig.env({ ...variables, HUAWEICLOUD_SDK_DOMAIN_ID: await domainId() }));
    await rig.useBoth(rig.client(ofOurs));
  });

  test.each([503, 502])('is tried twice and reports that IAM is unavailable when it answers %i', async (status) => {
    rig.simulator.faults.add({
      service: 'iam',
      method: 'POST',
      times: 9,
      action: { status, body: '<html>down</html>' },
    });
    const error = await failureWith(iamPasswordCredentials(iamUser()));
    expect(error.message).toMatch(
      new RegExp(`could not be fetched from http.*HTTP_${status}: down.*Check the endpoint of IAM`),
    );
    expect(rig.asked('iam', LOGIN)).toBe(2);
  });
});

/** As IAM tells it to whoever asks for the projects of the region. */
async function domainId(): Promise<string> {
  const target = `/v3/projects?name=${rig.simulator.info.region}`;
  const answer = await send(
    rig.simulator.info.iamEndpoint,
    'GET',
    target,
    signedHeaders(rig.simulator.info, 'GET', target),
  );
  return (answer.json.projects[0] as unknown as { domain_id: string }).domain_id;
}

describe('assuming an agency', () => {
  test('of an account that has none fails with a message that says so', async () => {
    const { region, iamEndpoint } = rig.simulator.info;
    const from = staticCredentials(permanentKey());
    const domain = { name: 'somebody-else' };
    const error = await failureWith(assumeRoleCredentials({ agency: 'exporters', domain, from, region, iamEndpoint }));
    expect(error.message).toContain("the agency 'exporters' of the account 'somebody-else'");
    expect(error.message).toContain('Could not find the agency.');
  });

  test('with a wrong key is tried twice and no more', async () => {
    const from = staticCredentials({ ...permanentKey(), secretKey: 'wrong' });
    let nowMs = Date.now();
    const client = rig.client(rig.account(agencyOf(from)), { now: () => nowMs });
    for (let call = 0; call < 5; call += 1) {
      await cloudErrorOf(client.ims.getImage(linuxImage(rig.simulator)));
      nowMs += 5_000;
    }
    expect([rig.refused(), rig.asked('iam', NEW_KEY)]).toEqual([2, 2]);
  });
});
