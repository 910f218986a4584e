import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountFromEnvironment } from '../../src/huaweicloud';
import { type ActivityRig, exportedObject, startActivityRig } from '../rigs/activity-rig';
import { cloudErrorOf, type LocalCloud, startLocalCloud } from '../rigs/local-cloud';

let cloud: LocalCloud;
beforeEach(async () => {
  cloud = await startLocalCloud();
});
afterEach(() => cloud.close());

const elsewhere = { location: 'https://obs.elsewhere.example/ims-image/a.qcow2' };

describe('a redirected DELETE', () => {
  it.each([
    [301, 'PermanentRedirect'],
    [302, 'TemporaryRedirect'],
    [307, 'TemporaryRedirect'],
    [308, 'HTTP_308'],
  ])('F65 a redirected DELETE with %i is not executed, and not followed', async (status, code) => {
    cloud.reply({ status, headers: { 'x-obs-request-id': 'o1', ...elsewhere } });
    const error = await cloudErrorOf(cloud.client().obs.deleteObject('ims-image', 'a.qcow2'));
    expect(error).toMatchObject({ code, executed: 'no', httpStatus: status });
    expect(cloud.requests).toHaveLength(1);
  });

  it.each([303, 304])(
    'F65 a redirected DELETE may have been executed where the answer %i says no more',
    async (status) => {
      cloud.reply({ status, headers: { 'x-obs-request-id': 'o1', ...elsewhere } });
      const error = await cloudErrorOf(cloud.client().obs.deleteObject('ims-image', 'a.qcow2'));
      expect(error).toMatchObject({ executed: 'maybe' });
    },
  );

  it('F65 a redirected DELETE by something on the way may have been executed', async () => {
    cloud.reply({ status: 307, headers: elsewhere });
    const error = await cloudErrorOf(cloud.client().obs.deleteObject('ims-image', 'a.qcow2'));
    expect(error).toMatchObject({ code: 'InvalidResponse', executed: 'maybe' });
  });

  it('F65 a redirected DELETE leaves the object of a canceled export there, and says so', async () => {
    const rig: ActivityRig = await startActivityRig({ jobSeconds: 60 });
    try {
      const input = await exportedObject(rig);
      const status = 301;
      rig.simulator.faults.add({ service: 'obs', method: 'DELETE', times: 9, action: { status, headers: elsewhere } });
      expect(await rig.run('imsDiscardObject', input)).toEqual({
        kind: 'kept',
        reason: 'OBS refused: 301 PermanentRedirect',
      });
    } finally {
      await rig.close();
    }
  });
});

describe('an OBS endpoint with a path', () => {
  const ENV = {
    IMS_EXPORT_REGION: 'cn-north-4',
    HUAWEICLOUD_SDK_AK: 'AK',
    HUAWEICLOUD_SDK_SK: 'SK',
  };

  it('F65 an OBS endpoint with a path is refused, since requests would go past the path', () => {
    const withObs = (obs: string) => () => accountFromEnvironment({ ...ENV, IMS_EXPORT_OBS_ENDPOINT: obs });
    expect(withObs('https://gateway.example.com/obs')).toThrow(
      "IMS_EXPORT_OBS_ENDPOINT is 'https://gateway.example.com/obs', which has a path",
    );
    expect(withObs('https://gateway.example.com/')().endpoints.obs).toBe('https://gateway.example.com');
  });

  it('F65 an OBS endpoint with a path is no problem for IMS, whose path is kept', () => {
    const { endpoints } = accountFromEnvironment({
      ...ENV,
      IMS_EXPORT_IMS_ENDPOINT: 'https://gateway.example.com/ims',
    });
    expect(endpoints.ims).toBe('https://gateway.example.com/ims');
  });

  it('F65 an OBS endpoint with a path is refused too when an application has made the account', async () => {
    const { obs } = cloud.client({ endpoints: { ims: cloud.origin, iam: cloud.origin, obs: `${cloud.origin}/obs` } });
    const error = await cloudErrorOf(obs.headObject('ims-image', 'a.qcow2'));
    expect(error).toMatchObject({ code: 'NotSent', message: expect.stringContaining('has a path') });
    expect(cloud.requests).toHaveLength(0);
  });
});
