import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DiscardInput } from '../../src/contract';
import { type ActivityRig, RUN_ID, startActivityRig } from '../rigs/activity-rig';

/** What the clocks of a worker do while it signs a request: after it asked whether it may, before it writes. */
let meanwhile: (() => void) | undefined;

let rig: ActivityRig;
beforeAll(async () => {
  rig = await startActivityRig({
    jobSeconds: 60,
    account: (account) => ({
      ...account,
      credentials: {
        get: async () => {
          meanwhile?.();
          return await account.credentials.get();
        },
      },
    }),
  });
});
afterEach(() => {
  meanwhile = undefined;
  vi.restoreAllMocks();
});
afterAll(() => rig.close());

const wallClock = (byMs: number) => {
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + byMs);
};
const monotonicClock = (byMs: number) => {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + byMs);
};

const clocks = (monotonicMs: number, wallMs: number) => {
  monotonicClock(monotonicMs);
  wallClock(wallMs);
};

/** A virtual machine that was suspended; one that stood still; a clock that was set right. */
const STOOD_STILL: Array<[string, () => void]> = [
  ['its machine was suspended, which the monotonic clock does not count', () => wallClock(20_000)],
  ['it stood still, and its wall clock was set back meanwhile', () => clocks(20_000, 10)],
  ['its wall clock was set back', () => wallClock(-60_000)],
];

/** Once, so that what comes after goes by clocks that agree. */
function once(change: () => void): () => void {
  return () => {
    meanwhile = undefined;
    change();
  };
}

describe('a worker between its last question and its POST', () => {
  const submit = () =>
    rig.submit({ request: rig.request(), mayPost: true, runId: RUN_ID }, { info: { heartbeatTimeoutMs: 30_000 } });

  it.each(STOOD_STILL)('F48 sends no POST when %s', async (_what, change) => {
    const before = rig.posts();
    meanwhile = once(change);
    expect(await submit()).toMatchObject({
      kind: 'notExecuted',
      reason: 'staleAttempt',
      error: { code: 'STALE_ATTEMPT' },
    });
    expect(rig.posts()).toBe(before);
  });

  it('F48 sends the POST when both clocks say that little time has passed', async () => {
    meanwhile = once(() => clocks(5_000, 5_000));
    expect(await submit()).toMatchObject({ kind: 'accepted' });
  });
});

describe('a worker between its reading of an object and the DELETE', () => {
  async function exported(): Promise<DiscardInput> {
    // The exports of the tests before have ended.
    rig.simulator.clock.advance(61_000);
    const request = rig.request();
    const notOlderThan = new Date(rig.simulator.clock.now()).toISOString();
    await rig.run('imsSubmitExport', { request, mayPost: true, runId: RUN_ID });
    rig.simulator.clock.advance(61_000);
    const verified = await rig.run('imsVerifyObject', { request, jobId: 'job', notOlderThan });
    if (verified.kind !== 'verified') throw new Error(`the object is ${verified.kind}`);
    return { request, object: verified.object, notOlderThan };
  }
  const deletes = () => rig.simulator.requests().filter(({ method }) => method === 'DELETE').length;

  it.each(STOOD_STILL)('F48 deletes nothing when %s, and the next attempt reads again', async (_what, change) => {
    const input = await exported();
    const before = deletes();
    let signed = 0;
    // The HEAD is signed first, then the DELETE.
    meanwhile = () => {
      signed += 1;
      if (signed === 2) change();
    };
    const { outcome } = await rig.runAs({}, 'imsDiscardObject', input);
    expect(outcome).toMatchObject({ type: 'StaleLook', nonRetryable: false });
    expect(deletes()).toBe(before);
    meanwhile = undefined;
    vi.restoreAllMocks();
    expect(await rig.run('imsDiscardObject', input)).toEqual({ kind: 'discarded' });
  });
});
