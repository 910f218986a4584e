import type { ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Credentials } from '../../src/huaweicloud';
import { type ActivityRig, RUN_ID, startActivityRig } from '../rigs/activity-rig';

let rig: ActivityRig;
/** The worker's key: as in a profile that an operator changes. */
let key: Credentials;

beforeEach(async () => {
  rig = await startActivityRig({
    account: (account) => ({ ...account, credentials: { get: async () => key } }),
    // Its first rest is a sixtieth of that.
    retry: { refusedKeyRestMs: 60_000 },
  });
  key = { accessKey: rig.simulator.info.accessKey, secretKey: rig.simulator.info.secretKey };
  // Two refusals in a row, and the key rests.
  rig.simulator.credentials.revoke();
  for (let tries = 0; tries < 2; tries += 1) await attempt();
  rig.simulator.credentials.restore();
});
afterEach(() => rig.close());

/** One attempt of a validation. @param heartbeatDetails what the attempt before has left */
const attempt = (heartbeatDetails?: unknown) =>
  rig.runAs({ heartbeatDetails }, 'imsValidateExport', {
    imageId: rig.simulator.info.images.linux ?? '',
    bucketUrl: `${rig.simulator.info.bucket}:free.qcow2`,
    fileFormat: 'qcow2',
  });

describe('while the key rests', () => {
  it('F44 a validation looks for another key within a minute, and takes it', async () => {
    const { outcome, heartbeats } = await attempt();
    expect(outcome).toMatchObject({
      type: 'CloudUnavailable',
      message: expect.stringContaining('CredentialsHeldBack'),
    });
    expect((outcome as ApplicationFailure).nextRetryDelay).toBeLessThan(60_000);
    key = rig.simulator.credentials.rotate();
    expect((await attempt(heartbeats.at(-1))).outcome).toMatchObject({ request: { account: 'default' } });
  });

  it('F69 a submit that is held back is tried again within a minute, and takes another key', async () => {
    const submit = () => rig.submit({ request: rig.request(), mayPost: true, runId: RUN_ID }, {});
    const posts = rig.posts();
    const heldBack = await submit();
    expect(heldBack).toMatchObject({ kind: 'notExecuted', error: { code: 'CredentialsHeldBack' } });
    expect((heldBack as { retryAfterMs: number }).retryAfterMs).toBeLessThan(60_000);
    expect(rig.posts()).toBe(posts);
    key = rig.simulator.credentials.rotate();
    expect(await submit()).toMatchObject({ kind: 'accepted' });
    expect(rig.posts()).toBe(posts + 1);
  });
});
