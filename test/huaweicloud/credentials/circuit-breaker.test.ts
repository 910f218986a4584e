import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  CircuitBreakers,
  type CloudClient,
  type CloudClientOptions,
  environmentCredentials,
  staticCredentials,
} from '../../../src/huaweicloud';
import {
  type Acquired,
  type Acquisition,
  CircuitBreaker,
  type SignatureVerdict,
} from '../../../src/huaweicloud/credentials/circuit-breaker';
import { type IdentityRig, linuxImage, startIdentityRig, together } from '../../rigs/identity-rig';
import { cloudErrorOf } from '../../rigs/local-cloud';

const MINUTE_MS = 60_000;
/** The first rest, after which a second refusal makes the key rest for minutes. */
const FIRST_REST_MS = 5_000;
/** The same in a hurry: the first rest is a third of a second, and the second one longer than a read waits. */
const HURRIED_REST_MS = 20_000;
const LIST_IMAGES = { service: 'ims', method: 'GET', path: '/v2/cloudimages' } as const;

let rig: IdentityRig;
let nowMs: number;
beforeEach(async () => {
  rig = await startIdentityRig();
  nowMs = Date.now();
});

function client(
  secretKey: string,
  options: CloudClientOptions = {},
  changes: { projectId?: undefined } = {},
): CloudClient {
  const { accessKey } = rig.simulator.info;
  const account = { ...rig.account(staticCredentials({ accessKey, secretKey })), ...changes };
  return rig.client(account, { now: () => nowMs, ...options });
}
/** By a clock that runs. */
const hurried = { now: () => Date.now(), retry: { firstDelayMs: 1, refusedKeyRestMs: HURRIED_REST_MS } };
const rightClient = (options?: CloudClientOptions) => client(rig.simulator.info.secretKey, options);
const getImage = ({ ims }: CloudClient, tryRefusedKey = false) =>
  ims.getImage(linuxImage(rig.simulator), { tryRefusedKey });
const exportTo = ({ ims }: CloudClient, key: string) =>
  ims.exportImage({
    imageId: linuxImage(rig.simulator),
    bucketUrl: `${rig.simulator.info.bucket}:${key}`,
    fileFormat: 'qcow2',
  });
const failure = (call: Promise<unknown>) => cloudErrorOf(call).then(({ code }) => code);
const signedRequests = () => rig.simulator.requests().length;

describe('with a wrong secret key, at most two signed requests reach the cloud', () => {
  const READS_OF_IAM = 'reads of IAM';
  type Call = (shared: CloudClient) => Promise<unknown>;
  const everyCall: [string, Call][] = [
    ['reads of IMS', (wrong: CloudClient) => getImage(wrong)],
    ['reads of OBS', ({ obs }: CloudClient) => obs.readRange(rig.simulator.info.bucket, 'a', 0, 3)],
    ['HEADs of OBS, whose 403 says nothing', ({ obs }: CloudClient) => obs.headObject(rig.simulator.info.bucket, 'a')],
    [READS_OF_IAM, (wrong: CloudClient) => wrong.projectId()],
    ['exports', (wrong: CloudClient) => exportTo(wrong, 'a')],
    ['deletes', ({ obs }: CloudClient) => obs.deleteObject(rig.simulator.info.bucket, 'a')],
  ];

  async function callOften(shared: CloudClient, call: Call): Promise<void> {
    const calls = await together(200, () => call(shared));
    expect(calls.every(({ status }) => status === 'rejected')).toBe(true);
    for (let repeat = 0; repeat < 50; repeat += 1) await cloudErrorOf(call(shared));
  }
  const changesOf = (what: string) => (what === READS_OF_IAM ? { projectId: undefined } : {});

  test.each(everyCall)('from 200 callers at once and 50 later ones: %s', async (what, call) => {
    await callOften(client('wrong', hurried, changesOf(what)), call);
    expect(signedRequests()).toBe(2);
  });

  test.each(everyCall.filter(([what]) => what !== READS_OF_IAM))(
    'also where it was right before a pause: %s',
    async (_what, call) => {
      let aheadMs = 0;
      const clock = { ...hurried, now: () => Date.now() + aheadMs };
      const shared = rightClient(clock);
      await getImage(shared);
      rig.simulator.credentials.revoke();
      aheadMs = 1_000;
      await callOften(shared, call);
      expect(rig.refused()).toBe(2);
    },
  );

  test('from 200 callers of every kind with two accounts of the same key', async () => {
    const breakers = new CircuitBreakers(Date.now, HURRIED_REST_MS);
    const both = [
      client('wrong', { ...hurried, breakers }),
      client('wrong', { ...hurried, breakers }, { projectId: undefined }),
    ];
    const calls = both.flatMap((wrong) =>
      everyCall.map(
        ([, call]) =>
          () =>
            call(wrong),
      ),
    );
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => calls[index % calls.length]?.().catch(() => undefined)),
    );
    expect(signedRequests()).toBe(2);
  });

  test.each(everyCall.filter(([what]) => ['reads of IMS', 'exports'].includes(what)))(
    'also where the cloud refuses it more slowly than callers wait: %s',
    async (_what, call) => {
      rig.simulator.faults.add({ ...LIST_IMAGES, times: 100, action: { delayMs: 600 } });
      const wrong = client('wrong', { ...hurried, retry: { ...hurried.retry, maxTries: 1, tryLimitMs: 200 } });
      const startedAt = performance.now();
      while (performance.now() - startedAt < 2_200) await Promise.all([cloudErrorOf(call(wrong)), sleep(50)]);
      expect([signedRequests(), rig.refused()]).toEqual([2, 2]);
    },
  );

  test('also from callers who give up one after another', async () => {
    rig.simulator.faults.add({ ...LIST_IMAGES, times: 100, action: { delayMs: 500 } });
    const wrong = client('wrong', hurried);
    const image = linuxImage(rig.simulator);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        cloudErrorOf(wrong.ims.getImage(image, { signal: AbortSignal.timeout(100 * (index + 1)) })),
      ),
    );
    expect([signedRequests(), rig.refused()]).toEqual([2, 2]);
  });

  test('so that the cloud does not lock the key', async () => {
    const wrong = client('wrong', hurried);
    for (let call = 0; call < 10; call += 1) await together(20, () => getImage(wrong));
    await getImage(rightClient());
  });
});

describe('whether a key was refused again after its rest', () => {
  /** A key that rests, and a slow request that went out while it was good. */
  async function resting(): Promise<{ breaker: CircuitBreaker; late: Acquired }> {
    const breaker = new CircuitBreaker(() => nowMs);
    (await take(breaker)).release('accepted');
    const late = await take(breaker);
    await refuseTwice(breaker);
    return { breaker, late };
  }
  async function refuseTwice(breaker: CircuitBreaker): Promise<void> {
    (await take(breaker)).release('refused');
    nowMs += FIRST_REST_MS;
    (await take(breaker)).release('refused');
  }
  async function take(breaker: CircuitBreaker): Promise<Acquired> {
    const acquisition = await breaker.acquire('key', { limitMs: 1_000 });
    if (acquisition.kind !== 'acquired') throw new Error(acquisition.kind);
    return acquisition.acquired;
  }
  const refusedAgain = async (breaker: CircuitBreaker) => {
    const acquisition = await breaker.acquire('key', { limitMs: 1_000 });
    return acquisition.kind === 'open' ? acquisition.refusedAgainMsAgo : acquisition.kind;
  };

  test('is no while it rests for the first time', async () => {
    const { breaker } = await resting();
    expect(await refusedAgain(breaker)).toBeNull();
  });

  test('is said by a request that was sent after the rest, and forgotten when the key is accepted', async () => {
    const { breaker } = await resting();
    nowMs += 5 * MINUTE_MS;
    (await take(breaker)).release('refused');
    nowMs += 7_000;
    expect(await refusedAgain(breaker)).toBe(7_000);
    nowMs += 10 * MINUTE_MS;
    (await take(breaker)).release('accepted');
    await refuseTwice(breaker);
    expect(await refusedAgain(breaker)).toBeNull();
  });

  test('is not said by the late answer to a request from before the rest', async () => {
    const { breaker, late } = await resting();
    nowMs += MINUTE_MS;
    late.release('refused');
    expect(await refusedAgain(breaker)).toBeNull();
    expect(breaker.openForMs('key')).toBe(4 * MINUTE_MS);
  });
});

describe('a key that was rejected once', () => {
  test('rests for seconds, which other reads wait for within their time: a bad second is over by then', async () => {
    const shared = rightClient(hurried);
    const refusal = { status: 401, body: { error_code: 'APIGW.0301', error_msg: 'no' } };
    rig.simulator.faults.add({ ...LIST_IMAGES, times: 1, action: refusal });
    const calls = await together(200, () => getImage(shared));
    expect(calls.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(rig.refused()).toBe(1);
  });

  test('is held back from a caller with less time', async () => {
    rig.simulator.credentials.revoke();
    const hasty = rightClient({ retry: { maxTries: 1, tryLimitMs: 2_000 } });
    await failure(getImage(hasty));
    expect(await cloudErrorOf(getImage(hasty))).toMatchObject({
      code: 'CredentialsHeldBack',
      retryAfterMs: FIRST_REST_MS,
      refusedAgainMsAgo: null,
    });
  });
});

describe('a key that was rejected twice', () => {
  test('rests for five minutes, then one request tries it for all callers and releases it', async () => {
    rig.simulator.credentials.revoke();
    const shared = rightClient({ now: Date.now, breakers: new CircuitBreakers(() => nowMs) });
    await failure(getImage(shared));
    nowMs += FIRST_REST_MS;
    await failure(getImage(shared));
    expect(await cloudErrorOf(getImage(shared))).toMatchObject({
      code: 'CredentialsHeldBack',
      class: 'unauthorized',
      executed: 'no',
      retryAfterMs: 5 * MINUTE_MS,
    });
    nowMs += 5 * MINUTE_MS - 9_000;
    expect((await cloudErrorOf(getImage(shared))).retryAfterMs).toBe(9_000);
    nowMs += 9_000;
    const refusedCalls = await together(200, () => getImage(shared));
    expect(refusedCalls.every(({ status }) => status === 'rejected')).toBe(true);
    expect(rig.refused()).toBe(3);

    nowMs += 10 * MINUTE_MS;
    rig.simulator.credentials.restore();
    const calls = await together(200, () => getImage(shared));
    expect(calls.every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(rig.refused()).toBe(3);
  });

  test('rests twice as long after every rejected trial, up to an hour, and five minutes again after a success', async () => {
    const guard = new CircuitBreaker(() => nowMs);
    const end = async (verdict: SignatureVerdict) => {
      const admission = await guard.acquire('key', { limitMs: 10 });
      if (admission.kind === 'acquired') admission.acquired.release(verdict);
      return guard.openForMs('key') / MINUTE_MS;
    };
    const first = FIRST_REST_MS / MINUTE_MS;
    for (const rest of [first, 5, 10, 20, 40, 60, 60]) {
      expect(await end('refused')).toBe(rest);
      nowMs += rest * MINUTE_MS;
    }
    expect(await end('accepted')).toBe(0);
    expect(await end('refused')).toBe(first);
    nowMs += FIRST_REST_MS;
    expect(await end('refused')).toBe(5);
  });

  test('does not rest longer after the operator tried it, and can be tried by the operator at any time', async () => {
    rig.simulator.credentials.revoke();
    const shared = client(rig.simulator.info.secretKey, { now: Date.now, breakers: new CircuitBreakers(() => nowMs) });
    for (const restMs of [0, FIRST_REST_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 20 * MINUTE_MS]) {
      nowMs += restMs;
      expect(await failure(getImage(shared))).toBe('APIGW.0301');
    }
    nowMs += 10 * MINUTE_MS;
    expect(await failure(getImage(shared, true))).toBe('APIGW.0301');
    expect((await cloudErrorOf(getImage(shared))).retryAfterMs).toBe(40 * MINUTE_MS);
    rig.simulator.credentials.restore();
    expect(await getImage(shared, true)).toBeDefined();
    expect(await getImage(shared)).toBeDefined();
  });

  test('is tried early when the operator asks, at most four times in five minutes', async () => {
    rig.simulator.credentials.revoke();
    const shared = rightClient();
    const outcomes: string[] = [];
    await failure(getImage(shared));
    nowMs += FIRST_REST_MS;
    await failure(getImage(shared));
    nowMs += MINUTE_MS;
    await together(50, () => getImage(shared, true));
    expect(rig.refused()).toBeLessThanOrEqual(4);
    for (let call = 0; call < 10; call += 1) outcomes.push(await failure(getImage(shared, true)));
    expect(rig.refused()).toBe(4);
    expect(outcomes.at(-1)).toBe('CredentialsHeldBack');
    // Two of them are more than five minutes old.
    nowMs += 4 * MINUTE_MS;
    expect(await failure(getImage(shared))).toBe('CredentialsHeldBack');
    rig.simulator.credentials.restore();
    expect(await getImage(shared, true)).toBeDefined();
    expect(await getImage(shared)).toBeDefined();
  });

  test('is tried by a poll that the operator asked for, even before the project is known', async () => {
    const { jobId } = await exportTo(rightClient(), 'polled.qcow2');
    rig.simulator.credentials.revoke();
    const shared = client(rig.simulator.info.secretKey, {}, { projectId: undefined });
    await failure(shared.ims.getJob(jobId));
    nowMs += FIRST_REST_MS;
    await failure(shared.ims.getJob(jobId));
    rig.simulator.credentials.restore();
    expect(await failure(shared.ims.getJob(jobId))).toBe('CredentialsHeldBack');
    expect((await shared.ims.getJob(jobId, { tryRefusedKey: true })).status).toMatch(/INIT|RUNNING/);
  });

  test('does not delay another access key, another secret key or another token', async () => {
    const { accessKey, secretKey } = rig.simulator.info;
    const env: NodeJS.ProcessEnv = { HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: 'wrong' };
    const shared = rig.client(rig.account(environmentCredentials(env)), hurried);
    await together(10, () => getImage(shared));
    env.HUAWEICLOUD_SDK_SK = secretKey;
    env.HUAWEICLOUD_SDK_SECURITY_TOKEN = 'not-of-this-key';
    expect(await failure(getImage(shared))).toBe('APIGW.0301');
    delete env.HUAWEICLOUD_SDK_SECURITY_TOKEN;
    await rig.useBoth(shared);
    const rotated = rig.simulator.credentials.rotate();
    await together(10, () => getImage(shared));
    Object.assign(env, { HUAWEICLOUD_SDK_AK: rotated.accessKey, HUAWEICLOUD_SDK_SK: rotated.secretKey });
    await rig.useBoth(shared);
  });
});

describe('a key that was accepted', () => {
  test('lets any number of requests through', async () => {
    const shared = rightClient();
    await getImage(shared);
    rig.simulator.faults.add({ ...LIST_IMAGES, times: 20, action: { delayMs: 300 } });
    const startedAt = performance.now();
    await together(20, () => getImage(shared));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  test('and then revoked under load is rejected only for the requests already on connections', async () => {
    const shared = rightClient({ ...hurried, transport: { connections: 8 } });
    rig.simulator.faults.add({ ...LIST_IMAGES, times: 1_000, action: { delayMs: 30 } });
    const calls = together(400, () => getImage(shared));
    await expect.poll(() => rig.asked('ims', ''), { interval: 2, timeout: 10_000 }).toBeGreaterThan(40);
    rig.simulator.credentials.revoke();
    const accepted = (await calls).filter(({ status }) => status === 'fulfilled').length;
    expect(accepted).toBeGreaterThan(20);
    expect(rig.refused()).toBeGreaterThan(0);
    // One tried the key after its first rest.
    expect(rig.refused()).toBeLessThanOrEqual(8 + 1);
  });

  test('does not delay callers until slow answers come', async () => {
    const shared = rightClient();
    await getImage(shared);
    nowMs += 1_000;
    rig.simulator.faults.add({ ...LIST_IMAGES, times: 2, action: { delayMs: 3_000 } });
    let slowAreOut = true;
    const slow = together(2, () => getImage(shared)).then(() => {
      slowAreOut = false;
    });
    await expect.poll(() => rig.asked('ims', ''), { interval: 2, timeout: 3_000 }).toBe(3);
    const calls = await together(20, () => rig.useBoth(shared));
    expect(calls.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(slowAreOut).toBe(true);
    await slow;
  });

  test('delays nobody for longer than a second, however slow the read is that goes before an export', async () => {
    const shared = rightClient();
    await getImage(shared);
    nowMs += 1_000;
    rig.simulator.faults.add({ ...LIST_IMAGES, times: 1, action: { delayMs: 4_000 } });
    const startedAt = performance.now();
    await exportTo(shared, 'a.qcow2');
    expect(performance.now() - startedAt).toBeLessThan(1_800);
    expect([rig.asked('ims', ''), rig.asked('ims', '/file')]).toEqual([3, 1]);
  });

  test('may be used by any number of calls with one signal', async () => {
    const warned = vi.spyOn(process, 'emitWarning');
    onTestFinished(() => warned.mockRestore());
    const { signal } = new AbortController();
    const shared = rightClient();
    await together(20, () => shared.ims.getImage(linuxImage(rig.simulator), { signal }));
    expect(rig.asked('ims', '')).toBe(20);
    expect(warned).not.toHaveBeenCalled();
  });

  test('lets through exports that wait minutes for their answer', async () => {
    const shared = rightClient();
    await getImage(shared);
    rig.simulator.faults.add({ service: 'ims', method: 'POST', times: 20, action: { delayMs: 500 } });
    const startedAt = performance.now();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => exportTo(shared, `${index}.qcow2`).catch(() => undefined)),
    );
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(rig.asked('ims', '/file')).toBe(20);
  });

  test('is not blocked for a missing permission', async () => {
    const shared = rightClient();
    const denied = `${rig.simulator.info.bucket}-denied`;
    for (let call = 0; call < 5; call += 1) {
      expect(await failure(shared.obs.headBucket(denied))).toBe('AccessDenied');
      nowMs += 1_000;
    }
    await rig.useBoth(shared);
    rig.simulator.credentials.revoke('permissions');
    for (let call = 0; call < 5; call += 1) expect(await failure(getImage(shared))).toBe('IMG.0026');
    rig.simulator.credentials.restore();
    await rig.useBoth(shared);
  });
});

describe('a caller that waits for the verdict on a key', () => {
  test('stops waiting at its own limit', async () => {
    rig.simulator.faults.add({ ...LIST_IMAGES, times: 100, action: { delayMs: 5_000 } });
    const hasty = rightClient({ retry: { maxTries: 1, tryLimitMs: 200, budgetMs: 200 } });
    const startedAt = performance.now();
    const calls = await together(50, () => getImage(hasty));
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    expect(calls.map((call) => call.status === 'rejected' && call.reason.code)).toEqual(
      Array.from({ length: 50 }, () => 'RequestTimeout'),
    );
    expect(rig.asked('ims', '')).toBeLessThanOrEqual(2);
  });

  test('leaves when it is aborted', async () => {
    rig.simulator.faults.add({ ...LIST_IMAGES, times: 2, action: { delayMs: 1_000 } });
    const shared = rightClient();
    const first = together(2, () => getImage(shared));
    await expect.poll(() => rig.asked('ims', ''), { interval: 2 }).toBe(1);
    const impatient = new AbortController();
    const waiting = cloudErrorOf(shared.ims.getImage(linuxImage(rig.simulator), { signal: impatient.signal }));
    impatient.abort();
    expect(await waiting).toMatchObject({ code: 'Aborted', executed: 'no' });
    await first;
  });

  test('is not delayed by exports whose answer takes minutes', async () => {
    rig.simulator.faults.add({ service: 'ims', method: 'POST', times: 2, action: { delayMs: 1_500 } });
    const shared = rightClient();
    const exports = together(2, () => exportTo(shared, 'slow.qcow2'));
    await expect.poll(() => rig.asked('ims', '/file'), { interval: 2 }).toBe(2);
    const startedAt = performance.now();
    await rig.useBoth(shared);
    expect(performance.now() - startedAt).toBeLessThan(700);
    await exports;
  });

  test('is not delayed by an export on a key rejected once: a read proves the key first', async () => {
    const shared = rightClient();
    rig.simulator.credentials.revoke();
    await failure(getImage(shared));
    nowMs += FIRST_REST_MS;
    rig.simulator.credentials.restore();
    rig.simulator.faults.add({ service: 'ims', method: 'POST', action: { delayMs: 1_500 } });
    const slow = exportTo(shared, 'slow.qcow2');
    await expect.poll(() => rig.asked('ims', '/file'), { interval: 2 }).toBe(1);
    const startedAt = performance.now();
    await rig.useBoth(shared);
    expect(performance.now() - startedAt).toBeLessThan(700);
    await slow;
  });
});

describe('an answer that says nothing about the signature', () => {
  test.each([
    ['a 503', { status: 503 }],
    ['throttling by the gateway', { status: 429, body: { error_code: 'APIGW.0308', error_msg: 'm' } }],
    ['an unknown path', { status: 404, body: { error_code: 'APIGW.0101', error_msg: 'm' } }],
  ])('neither accepts nor rejects the key: %s', async (_what, action) => {
    rig.simulator.faults.add({ ...LIST_IMAGES, times: 3, action });
    const wrong = client('wrong', { ...hurried, retry: { ...hurried.retry, maxTries: 1 } });
    for (let call = 0; call < 3; call += 1) await failure(getImage(wrong));
    await together(20, () => getImage(wrong));
    expect(rig.refused()).toBe(2);
  });
});

describe('the signature guard', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const guarded = () => new CircuitBreaker(() => nowMs);
  const admit = async (guard: CircuitBreaker): Promise<Acquired> => {
    const admission: Acquisition = await guard.acquire('key', { limitMs: 10 });
    if (admission.kind !== 'acquired') throw new Error(admission.kind);
    return admission.acquired;
  };

  test('does not use the answer to an old request as a verdict on a newer key state', async () => {
    const guard = guarded();
    (await admit(guard)).release('accepted');
    const [quick, good, bad] = [await admit(guard), await admit(guard), await admit(guard)];
    quick.release('refused');
    good.release('accepted');
    expect([guard.wasAccepted('key'), good.holds()]).toEqual([false, false]);
    nowMs += FIRST_REST_MS;
    (await admit(guard)).release('accepted');
    bad.release('refused');
    expect((await admit(guard)).isTrial).toBe(false);
  });

  test('counts by a clock that no correction of the date moves', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    const { signatures } = new CircuitBreakers();
    const correctTheDate = (): void => {
      vi.setSystemTime(Date.now() - 60 * MINUTE_MS);
    };
    (await admit(signatures)).release('accepted');
    correctTheDate();
    vi.advanceTimersByTime(1_000);
    const trial = await admit(signatures);
    expect(trial.isTrial).toBe(true);
    trial.release('refused');
    correctTheDate();
    vi.advanceTimersByTime(FIRST_REST_MS);
    expect(signatures.openForMs('key')).toBe(0);
  });

  test('counts each permit once, and frees it without a verdict', async () => {
    const guard = guarded();
    const first = await admit(guard);
    await expect(admit(guard)).rejects.toThrow('gaveUp');
    first.release('none');
    first.release('refused');
    expect(guard.openForMs('key')).toBe(0);
    await admit(guard);
  });

  test('gives no trial to a caller whose time is too short to see the verdict', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const guard = guarded();
    const permit = await admit(guard);
    const hasty = guard.acquire('key', { limitMs: 200 });
    const patient = guard.acquire('key', { limitMs: 1_000 });
    await vi.advanceTimersByTimeAsync(150);
    permit.release('none');
    expect(await patient).toMatchObject({ kind: 'acquired' });
    expect(await hasty).toEqual({ kind: 'gaveUp', reason: 'limit' });
  });

  test('forgets keys not used for long, but none that rests', async () => {
    const guard = guarded();
    (await admit(guard)).release('refused');
    for (let key = 0; key < 1_000; key += 1) {
      const admission = await guard.acquire(`key-${key}`, { limitMs: 10 });
      if (admission.kind === 'acquired') admission.acquired.release('accepted');
    }
    await expect(admit(guard)).rejects.toThrow('open');
    expect(guard.wasAccepted('key-0')).toBe(false);
    expect(guard.wasAccepted('key-999')).toBe(true);
  });
});
