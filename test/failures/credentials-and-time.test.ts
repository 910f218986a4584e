import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accountFromEnvironment,
  type CloudClient,
  CloudError,
  createCloudClient,
  metadataCredentials,
} from '../../src/huaweicloud';
import { environmentOf } from '../../src/testing';
import { OneExport } from '../rigs/one-export';
import { type Rig, startRig } from '../rigs/rig';

describe('credentials that expire while an export runs', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({
      simulator: { jobSeconds: 3600 },
      account: (account, { metadataEndpoint }) => ({
        ...account,
        credentials: metadataCredentials({ endpoint: metadataEndpoint }),
      }),
    });
  });
  afterAll(() => rig.close());

  it('F12 expired temporary credentials are refreshed, and the export does not notice', async () => {
    const one = new OneExport(rig);
    const jobId = await one.accepted();
    rig.simulator.credentials.expireTokens();
    const { observations, lastError } = await one.until(({ polls }) => polls > 6);
    expect({ lastError, told: Object.keys(observations) }).toMatchObject({ lastError: null });
    rig.simulator.changeJob(jobId, { status: 'SUCCESS' });
    expect(await one.result()).toMatchObject({ verdict: 'succeeded', submissions: 1 });
  });

  it('F12 rejected credentials park the export, and it succeeds once they are fixed', async () => {
    const one = new OneExport(rig);
    const jobId = await one.accepted();
    rig.simulator.credentials.revoke();
    const parked = await one.until(({ phase }) => phase === 'parked');
    expect(parked).toMatchObject({ outcome: null, remoteJob: 'running', jobId });
    expect(parked.lastError).toMatch(/APIGW\.0301|CredentialsHeldBack|CredentialsUnavailable/);
    rig.simulator.credentials.restore();
    rig.simulator.changeJob(jobId, { status: 'SUCCESS' });
    await one.handle.signal('pollNow');
    expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId, submissions: 1 });
  });
});

describe('an HTTP call that hangs', () => {
  let rig: Rig;
  let cloud: CloudClient;
  beforeAll(async () => {
    rig = await startRig({
      simulator: { jobSeconds: 3600 },
      cloud: { retry: { tryLimitMs: 200, budgetMs: 1_000, firstDelayMs: 5 } },
    });
    cloud = createCloudClient(accountFromEnvironment(environmentOf(rig.simulator.info)), {
      retry: { tryLimitMs: 200, budgetMs: 500, firstDelayMs: 5 },
    });
  });
  afterAll(async () => {
    await cloud.close();
    await rig.close();
  });

  it('F14 an HTTP call that hangs ends at its own limit with a named error', async () => {
    rig.simulator.faults.add({
      service: 'ims',
      method: 'GET',
      path: '*/cloudimages',
      times: 20,
      action: { delayMs: 60_000 },
    });
    const error = await cloud.ims.getImage(rig.simulator.info.images.linux ?? '').catch((failed: unknown) => failed);
    rig.simulator.faults.clear();
    expect(error).toBeInstanceOf(CloudError);
    expect(error).toMatchObject({ code: 'RequestTimeout', operation: 'ListImages', executed: 'no' });
  });

  it('F14 a poll that hangs is a failed poll: the export polls again and succeeds', async () => {
    const one = new OneExport(rig);
    const jobId = await one.accepted();
    one.pollsFail(jobId, { delayMs: 60_000 }, { times: 5 });
    await one.until(({ lastError }) => lastError?.startsWith('RequestTimeout') === true);
    rig.simulator.changeJob(jobId, { status: 'SUCCESS' });
    expect(await one.result()).toMatchObject({ verdict: 'succeeded', submissions: 1 });
  });
});
