import { beforeEach, describe, expect, test } from 'vitest';
import {
  assumeRoleCredentials,
  type CloudClient,
  type CredentialsProvider,
  environmentCredentials,
  iamPasswordCredentials,
  metadataCredentials,
  staticCredentials,
} from '../../../src/huaweicloud';
import {
  type IdentityRig,
  LOGIN,
  linuxImage,
  METADATA_KEY,
  NEW_KEY,
  startIdentityRig,
  together,
} from '../../rigs/identity-rig';
import { cloudErrorOf } from '../../rigs/local-cloud';

const MINUTE_MS = 60_000;
const KEY_LIFE_MS = 6 * 3_600_000;

let rig: IdentityRig;
/** The client's clock. Signatures go by it too, and the cloud takes none that is a quarter of an hour off. */
let nowMs: number;
beforeEach(async () => {
  rig = await startIdentityRig();
  nowMs = Date.now();
});

const iamPassword = () => {
  const { iamUser: name, iamPassword: password, iamDomain, region, iamEndpoint } = rig.simulator.info;
  return iamPasswordCredentials({ user: { name, password, domain: { name: iamDomain } }, region, iamEndpoint });
};
const metadata = () => metadataCredentials({ endpoint: rig.simulator.info.metadataEndpoint });
const agency = () => {
  const { iamDomain, region, iamEndpoint, accessKey, secretKey } = rig.simulator.info;
  const from = staticCredentials({ accessKey, secretKey });
  const place = { region, iamEndpoint, domain: { name: iamDomain } };
  return assumeRoleCredentials({ ...place, agency: 'exporters', durationSeconds: 900, from });
};
const clientWith = (credentials: CredentialsProvider) => rig.client(rig.account(credentials), { now: () => nowMs });
const getImage = ({ ims }: CloudClient) => ims.getImage(linuxImage(rig.simulator));
const keysAskedFor = () => rig.asked('iam', NEW_KEY) + rig.asked('metadata', METADATA_KEY);
const keysGiven = () =>
  rig.simulator
    .requests()
    .filter(
      ({ path, status }) =>
        (path.endsWith(NEW_KEY) && status === 201) || (path.endsWith(METADATA_KEY) && status === 200),
    ).length;
/** Requests with a key that was refused. */
const refused = () =>
  rig.simulator.requests().filter(({ service, status }) => service !== 'metadata' && (status === 401 || status === 403))
    .length;

/** Keys of six hours that are given now end in ten minutes of the client's clock. */
function letKeysEndInTenMinutes(): void {
  rig.simulator.clock.set(nowMs - KEY_LIFE_MS + 10 * MINUTE_MS);
}

const EXPIRING: Array<[string, () => CredentialsProvider]> = [
  ['an IAM user', iamPassword],
  ['the agency of an ECS', metadata],
  ['an assumed agency', agency],
];

describe.each(EXPIRING)('the keys of %s', (name, credentials) => {
  const letThemEndSoon = () => {
    if (name === 'an assumed agency') rig.simulator.clock.set(nowMs - 5 * MINUTE_MS);
    else letKeysEndInTenMinutes();
  };

  test('are cached, and renewed five minutes before they expire', async () => {
    letThemEndSoon();
    const client = clientWith(credentials());
    await rig.useBoth(client);
    nowMs += 5 * MINUTE_MS - 5_000;
    await rig.useBoth(client);
    expect(keysGiven()).toBe(1);
    nowMs += 10_000;
    rig.simulator.clock.set(nowMs);
    await rig.useBoth(client);
    await rig.useBoth(client);
    expect([keysGiven(), refused()]).toEqual([2, 0]);
  });

  test('are renewed once for 200 callers when they expire', async () => {
    letThemEndSoon();
    const client = clientWith(credentials());
    await rig.useBoth(client);
    nowMs += 11 * MINUTE_MS;
    rig.simulator.clock.set(nowMs);
    const calls = await together(200, () => getImage(client));
    expect(calls.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect([keysGiven(), refused()]).toEqual([2, 0]);
  });

  test('are fetched once for 200 first callers', async () => {
    const client = clientWith(credentials());
    const calls = await together(200, () => getImage(client));
    expect(calls.every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(keysGiven()).toBe(1);
  });

  test('that expired early are renewed once and no call fails, for 1 caller and for 200', async () => {
    const client = clientWith(credentials());
    await rig.useBoth(client);
    rig.simulator.credentials.expireTokens();
    await getImage(client);
    expect([keysGiven(), refused()]).toEqual([2, 1]);
    rig.simulator.credentials.expireTokens();
    const calls = await together(200, () => getImage(client));
    expect(calls.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(keysGiven()).toBe(3);
  });

  test('that expired early are renewed before a HEAD, whose 403 would not say so', async () => {
    const client = clientWith(credentials());
    await rig.useBoth(client);
    rig.simulator.credentials.expireTokens();
    nowMs += 1_000;
    const { bucket } = rig.simulator.info;
    expect(await client.obs.headBucket(bucket)).toMatchObject({ storageClass: 'STANDARD' });
    expect(await client.obs.headObject(bucket, 'none')).toMatchObject({ object: null });
    expect(keysGiven()).toBe(2);
    // A permission that lacks is not mended by other keys.
    await expect(client.obs.headBucket(`${bucket}-denied`)).rejects.toMatchObject({ code: 'AccessDenied' });
    expect(keysGiven()).toBe(2);
  });
});

describe('the renewal of keys', () => {
  const REFUSE_KEYS = { service: 'iam', method: 'POST', times: 1_000, action: { status: 503 } } as const;

  test('does not affect callers when it fails while the old keys are valid, and is tried again', async () => {
    letKeysEndInTenMinutes();
    const client = clientWith(iamPassword());
    await rig.useBoth(client);
    rig.simulator.faults.add({ ...REFUSE_KEYS });
    nowMs += 6 * MINUTE_MS;
    const calls = await together(200, () => getImage(client));
    expect(calls.every(({ status }) => status === 'fulfilled')).toBe(true);
    rig.simulator.faults.clear();
    nowMs += 2_000;
    const before = keysAskedFor();
    await getImage(client);
    expect(keysAskedFor() - before).toBe(1);
  });

  test('delays one caller by two seconds at most when it is slow while the old keys are valid, and no other', async () => {
    letKeysEndInTenMinutes();
    const client = clientWith(iamPassword());
    await rig.useBoth(client);
    rig.simulator.faults.add({ service: 'iam', method: 'POST', action: { delayMs: 20_000 } });
    nowMs += 6 * MINUTE_MS;
    const startedAt = performance.now();
    const first = getImage(client);
    await getImage(client);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await first;
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  test('reports its failure once the old keys have expired, retries on the next call, and then less and less often', async () => {
    letKeysEndInTenMinutes();
    const client = clientWith(iamPassword());
    await rig.useBoth(client);
    nowMs += 11 * MINUTE_MS;
    rig.simulator.faults.add({ ...REFUSE_KEYS });
    const fail = () => cloudErrorOf(getImage(client));
    const first = await fail();
    expect(first).toMatchObject({ code: 'CredentialsUnavailable', httpStatus: null, executed: 'no' });
    expect(first.message).toContain(`could not be fetched from ${rig.simulator.info.iamEndpoint}`);
    const before = keysAskedFor();
    await fail();
    const afterSecond = keysAskedFor();
    expect(afterSecond).toBeGreaterThan(before);
    await together(200, fail);
    expect(keysAskedFor()).toBe(afterSecond);
    rig.simulator.faults.clear();
    nowMs += 1_000;
    await getImage(client);
  });

  test('reuses the token of the last login, and logs in again when that token expired early', async () => {
    letKeysEndInTenMinutes();
    const client = clientWith(iamPassword());
    await rig.useBoth(client);
    nowMs += 6 * MINUTE_MS;
    letKeysEndInTenMinutes();
    await rig.useBoth(client);
    expect([rig.asked('iam', LOGIN), rig.asked('iam', NEW_KEY)]).toEqual([1, 2]);
    nowMs += 6 * MINUTE_MS;
    letKeysEndInTenMinutes();
    rig.simulator.credentials.expireTokens();
    await rig.useBoth(client);
    expect([rig.asked('iam', LOGIN), rig.asked('iam', NEW_KEY)]).toEqual([2, 4]);
  });

  test('is not repeated endlessly for new keys that are all rejected', async () => {
    const client = clientWith(metadata());
    rig.simulator.credentials.revoke();
    for (let call = 0; call < 50; call += 1) {
      await cloudErrorOf(getImage(client));
      nowMs += 5_000;
    }
    expect(keysAskedFor()).toBeLessThan(10);
    expect(refused()).toBeLessThan(10);
    rig.simulator.credentials.restore();
  });
});

describe('a key that is due for renewal as soon as it arrives', () => {
  test('is fetched once in half a minute while the metadata service returns the same key until it expires', async () => {
    rig.simulator.metadata.renewedBeforeEndMs = 0;
    letKeysEndInTenMinutes();
    const client = clientWith(metadata());
    await getImage(client);
    nowMs += 7 * MINUTE_MS;
    for (let poll = 0; poll < 100; poll += 1) await getImage(client);
    expect(keysGiven()).toBe(2);
    nowMs += 30_000;
    await together(50, () => getImage(client));
    expect(keysGiven()).toBe(3);
    nowMs += 3 * MINUTE_MS;
    rig.simulator.clock.set(nowMs);
    await getImage(client);
    expect([keysGiven(), refused()]).toEqual([4, 0]);
  });

  test.each([
    ['in its last five minutes', agency, 11 * MINUTE_MS],
    ['expired', metadata, KEY_LIFE_MS + MINUTE_MS],
  ] as const)('is fetched once in half a minute when it arrives %s by a fast clock', async (_, source, fastMs) => {
    rig.simulator.clock.set(nowMs - fastMs);
    const client = clientWith(source());
    for (let read = 0; read < 50; read += 1) await getImage(client).catch(() => undefined);
    expect(keysGiven()).toBe(1);
    nowMs += 30_000;
    await getImage(client).catch(() => undefined);
    expect(keysGiven()).toBe(2);
  });
});

describe('a key of the environment', () => {
  test('that was rotated is used from the next request on', async () => {
    const { accessKey, secretKey } = rig.simulator.info;
    const env: NodeJS.ProcessEnv = { HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: secretKey };
    const client = clientWith(environmentCredentials(env));
    await rig.useBoth(client);
    const rotated = rig.simulator.credentials.rotate();
    await cloudErrorOf(getImage(client));
    Object.assign(env, { HUAWEICLOUD_SDK_AK: rotated.accessKey, HUAWEICLOUD_SDK_SK: rotated.secretKey });
    await rig.useBoth(client);
    expect(refused()).toBe(1);
  });
});
