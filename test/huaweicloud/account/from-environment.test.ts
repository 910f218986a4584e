import { describe, expect, test } from 'vitest';
import { accountFromEnvironment, signerOf } from '../../../src/huaweicloud';

const ENV = { HUAWEICLOUD_SDK_AK: 'ak', HUAWEICLOUD_SDK_SK: 'very-secret', IMS_EXPORT_REGION: 'cn-north-4' };

describe('the account from the environment', () => {
  test('needs only a region and a key pair, and derives the endpoints', async () => {
    const account = accountFromEnvironment(ENV);
    expect(account).toMatchObject({
      name: 'default',
      region: 'cn-north-4',
      endpoints: {
        ims: 'https://ims.cn-north-4.myhuaweicloud.com',
        obs: 'https://obs.cn-north-4.myhuaweicloud.com',
        iam: 'https://iam.cn-north-4.myhuaweicloud.com',
      },
      obsPathStyle: false,
    });
    expect(account.projectId).toBeUndefined();
    expect(await account.credentials.get()).toEqual({ accessKey: 'ak', secretKey: 'very-secret' });
  });

  test('uses the domain of the European cloud for its regions', () => {
    const { endpoints } = accountFromEnvironment({ ...ENV, IMS_EXPORT_REGION: 'eu-west-101' });
    expect(endpoints.obs).toBe('https://obs.eu-west-101.myhuaweicloud.eu');
  });

  test('accepts every override and a temporary key', async () => {
    const account = accountFromEnvironment({
      ...ENV,
      HUAWEICLOUD_SDK_SECURITY_TOKEN: 'token',
      HUAWEICLOUD_SDK_PROJECT_ID: '77b6a44cba5143ab91d13ab9a8ff44fd',
      HUAWEICLOUD_SDK_IAM_ENDPOINT: 'https://iam.example.com/',
      IMS_EXPORT_IMS_ENDPOINT: 'http://127.0.0.1:8080',
      IMS_EXPORT_OBS_ENDPOINT: 'http://obs.localhost:8081',
      IMS_EXPORT_OBS_PATH_STYLE: 'TRUE',
    });
    expect(account).toMatchObject({
      projectId: '77b6a44cba5143ab91d13ab9a8ff44fd',
      endpoints: { ims: 'http://127.0.0.1:8080', obs: 'http://obs.localhost:8081', iam: 'https://iam.example.com' },
      obsPathStyle: true,
    });
    expect((await account.credentials.get()).securityToken).toBe('token');
  });

  test('takes endpoints of the variables of the SDKs over https where they have no scheme, as the SDKs do', () => {
    const env = {
      ...ENV,
      HUAWEICLOUD_SDK_IAM_ENDPOINT: 'iam.example.com',
      HUAWEICLOUD_SDK_STS_ENDPOINT: 'sts.example.com',
    };
    expect(accountFromEnvironment(env).endpoints.iam).toBe('https://iam.example.com');
    const oidc = {
      HUAWEICLOUD_OIDC_PROVIDER_URN: 'p',
      HUAWEICLOUD_OIDC_AGENCY_URN: 'a',
      HUAWEICLOUD_OIDC_ID_TOKEN: 'a-token',
    };
    expect(signerOf(accountFromEnvironment({ ...env, ...oidc }))).toBe('the agency of HUAWEICLOUD_OIDC_AGENCY_URN');
  });

  test('selects the API version and the job query', () => {
    const { api } = accountFromEnvironment({
      ...ENV,
      IMS_EXPORT_API_EXPORT_PATH: 'v2.1',
      IMS_EXPORT_API_JOB_QUERY: 'Progress',
    });
    expect(api).toEqual({ exportPath: 'v2.1', jobQuery: 'progress' });
  });

  test('uses path style for an OBS endpoint that is an IP address', () => {
    expect(accountFromEnvironment({ ...ENV, IMS_EXPORT_OBS_ENDPOINT: 'http://127.0.0.1:1' }).obsPathStyle).toBe(true);
    expect(accountFromEnvironment({ ...ENV, IMS_EXPORT_OBS_ENDPOINT: 'http://[::1]:1' }).obsPathStyle).toBe(true);
  });

  test.each(['cn-north-4', 'my-kualalumpur-1', 'eu-west-101', 'ae-ad-1', 'eu-de'])(
    'accepts the region %s',
    (region) => {
      expect(accountFromEnvironment({ ...ENV, IMS_EXPORT_REGION: region }).region).toBe(region);
    },
  );

  test.each([
    [{ IMS_EXPORT_REGION: '' }, "IMS_EXPORT_REGION is not set; it must name a region, such as 'cn-north-4'."],
    [{ IMS_EXPORT_REGION: 'CN North' }, "IMS_EXPORT_REGION is 'CN North', which is not the id of a region"],
    [{ HUAWEICLOUD_SDK_AK: ' ' }, 'HUAWEICLOUD_SDK_AK is not set; it must hold the access key (AK) of an IAM user.'],
    [{ HUAWEICLOUD_SDK_SK: undefined }, 'HUAWEICLOUD_SDK_SK is not set'],
    [{ HUAWEICLOUD_SDK_PROJECT_ID: 'cn-north-4' }, "HUAWEICLOUD_SDK_PROJECT_ID is 'cn-north-4', which is not the id"],
    [
      { IMS_EXPORT_IMS_ENDPOINT: 'ims.example.com' },
      "IMS_EXPORT_IMS_ENDPOINT is 'ims.example.com', which is not a URL",
    ],
    [
      { IMS_EXPORT_OBS_ENDPOINT: 'ftp://obs' },
      "IMS_EXPORT_OBS_ENDPOINT is 'ftp://obs', which is not an http or https URL",
    ],
    [{ IMS_EXPORT_OBS_ENDPOINT: 'https://obs.example.com?a=b' }, 'has a query or a fragment'],
    [{ IMS_EXPORT_OBS_PATH_STYLE: 'maybe' }, "IMS_EXPORT_OBS_PATH_STYLE is 'maybe'; it must be 'true' or 'false'."],
    [{ IMS_EXPORT_API_EXPORT_PATH: 'v2' }, "IMS_EXPORT_API_EXPORT_PATH is 'v2'; it must be 'v1' or 'v2.1'."],
    [{ IMS_EXPORT_API_JOB_QUERY: 'jobs' }, "IMS_EXPORT_API_JOB_QUERY is 'jobs'; it must be 'job' or 'progress'."],
  ])('rejects %j with what is right', (overrides, message) => {
    expect(() => accountFromEnvironment({ ...ENV, ...overrides })).toThrow(message);
  });

  test('reports every problem at once and no secret', () => {
    const env = {
      HUAWEICLOUD_SDK_SK: 'very-secret',
      IMS_EXPORT_IMS_ENDPOINT: 'https://user:pass-word@ims.example.com',
    };
    const message = String(captured(() => accountFromEnvironment(env)));
    expect(message).toContain('HUAWEICLOUD_SDK_AK');
    expect(message).toContain('IMS_EXPORT_REGION');
    expect(message).toContain('IMS_EXPORT_IMS_ENDPOINT');
    expect(message).not.toContain('very-secret');
    expect(message).not.toContain('pass-word');
  });
});

function captured(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
