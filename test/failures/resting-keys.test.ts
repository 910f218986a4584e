import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it, type TestContext } from 'vitest';
import { createExportActivities } from '../../src/activities';
import { accountFromEnvironment, CircuitBreakers, createCloudClient } from '../../src/huaweicloud';
import { environmentOf } from '../../src/testing';
import { QUICK_EVIDENCE, temporalSaying } from '../rigs/activity-rig';
import { startBatchWorkflow, verdictsOf } from '../rigs/batch-rig';
import { eventsOf } from '../rigs/history';
import { eventually, OneExport } from '../rigs/one-export';
import { startRig, until } from '../rigs/rig';
import { bundleWithQuickSubmits } from '../rigs/temporal';

/** Of a read, which waits for no longer rest by itself. */
const TRY_LIMIT_MS = 2_000;
/** After the second refusal in a row: it is the export that waits. The first rest is a sixtieth of it. */
const REST_MS = 3 * TRY_LIMIT_MS;

const EXPORTS = 20;

/** Each test has a cloud, a worker and a key of its own, which no request has used, so that the keys rest side by side. */
async function rigOfNewKey({ onTestFinished }: TestContext) {
  /** Of the worker's clock, and where it stands still. */
  let aheadMs = 0;
  let stoodStillAtMs: number | null = null;
  const rig = await startRig({
    bundle: await bundleWithQuickSubmits(),
    simulator: { jobSeconds: 1 },
    cloud: {
      now: () => (stoodStillAtMs ?? Date.now()) + aheadMs,
      retry: { refusedKeyRestMs: REST_MS, tryLimitMs: TRY_LIMIT_MS },
    },
  });
  onTestFinished(() => rig.close());
  /** What accepted the key before no longer counts. */
  const afterAPause = () => {
    aheadMs += 1_000;
  };
  const refusals = () => rig.simulator.requests().filter(({ status }) => status === 401).length;
  /** A gateway refuses signatures that are right: in a bad second one, and if it lasts one more after the first rest of the key. */
  const refusesReads = (times: number): void => {
    const action = {
      status: 401,
      body: { error_code: 'APIGW.0301', error_msg: 'Incorrect IAM authentication information' },
    };
    rig.simulator.faults.add({ service: 'ims', method: 'GET', path: '*/cloudimages', times, action });
    afterAPause();
  };
  return {
    rig,
    refusals,
    refusesReads,
    /** Both refusals meet an export that no test looks at, so that those that it looks at have seen none. */
    async keyRests(): Promise<void> {
      refusesReads(2);
      await new OneExport(rig).start();
      await until('the key rests', () => refusals() === 2);
    },
    /** The key is revoked while no request is on its way. */
    revoke(): void {
      rig.simulator.credentials.revoke();
      afterAPause();
    },
    /** Holds the rest of a key for as long as something takes. */
    async whileTheClockStands(happens: () => Promise<unknown>): Promise<void> {
      stoodStillAtMs = Date.now();
      await happens();
      aheadMs += REST_MS;
      stoodStillAtMs = null;
    },
  };
}

/** The same with a key that the cloud has accepted. */
async function rigOfUsedKey(context: TestContext) {
  const ofNewKey = await rigOfNewKey(context);
  const used = await new OneExport(ofNewKey.rig).start();
  expect(await used.result()).toMatchObject({ verdict: 'succeeded' });
  return ofNewKey;
}

describe.concurrent('a key that was refused', { timeout: 120_000 }, () => {
  it("F44 a gateway's bad second holds no export back", async (context) => {
    const { rig, refusesReads, refusals } = await rigOfNewKey(context);
    refusesReads(1);
    const exports = Array.from({ length: EXPORTS }, () => new OneExport(rig));
    await Promise.all(exports.map((one) => one.start()));
    const results = await Promise.all(exports.map((one) => one.result()));
    expect(results.map(({ verdict }) => verdict)).toEqual(exports.map(() => 'succeeded'));
    expect(refusals()).toBe(1);
    const histories = await Promise.all(exports.map((one) => one.handle.fetchHistory()));
    expect(JSON.stringify(histories.map(eventsOf))).not.toContain('CredentialsHeldBack');
  });

  it('F44 twenty exports that start while a good key rests all succeed, and so does a batch', async (context) => {
    const { rig, keyRests, refusals } = await rigOfUsedKey(context);
    await keyRests();
    const exports = Array.from({ length: EXPORTS }, () => new OneExport(rig));
    await Promise.all(exports.map((one) => one.start()));
    const imageId = rig.simulator.addImage('linux').id;
    const batch = await startBatchWorkflow(rig, {
      images: [{ imageId }],
      to: `${rig.simulator.info.bucket}:{name}-{imageId}`,
    });
    const results = await Promise.all(exports.map((one) => one.result()));
    expect(results.map(({ verdict }) => verdict)).toEqual(exports.map(() => 'succeeded'));
    expect(verdictsOf(await batch.result())).toEqual(['succeeded']);
    expect(refusals()).toBe(2);
  });

  it('F44 exports whose submit is held back wait for the key, and are submitted once each', async (context) => {
    const { rig, keyRests, whileTheClockStands, refusals } = await rigOfNewKey(context);
    const { faults, requests } = rig.simulator;
    const exports = Array.from({ length: 6 }, () => new OneExport(rig));
    const body = { error_code: 'APIGW.0308', error_msg: 'over ratelimit' };
    const throttled = { status: 429, headers: { 'Retry-After': '8' }, body };
    faults.add({ service: 'ims', method: 'POST', path: '*/file', times: exports.length, action: throttled });
    await Promise.all(exports.map((one) => one.start()));
    await until('all are to submit', () => requests().filter(({ status }) => status === 429).length === exports.length);
    await keyRests();
    await whileTheClockStands(() =>
      eventually('an export is held back', async () => {
        const states = await Promise.all(exports.map((one) => one.until(() => true)));
        return states.find(({ lastError }) => lastError?.includes('CredentialsHeldBack'));
      }),
    );
    const results = await Promise.all(exports.map((one) => one.result()));
    expect(results.map(({ submissions }) => submissions)).toEqual(exports.map(() => 1));
    expect(exports.flatMap((one) => one.jobs())).toHaveLength(exports.length);
    expect(refusals()).toBe(2);
  });

  it('F44 a key that rests for longer than submitBudget is reported as what it is, with nothing submitted', async (context) => {
    const { rig, keyRests, whileTheClockStands } = await rigOfUsedKey(context);
    const [first, second, late] = [
      new OneExport(rig),
      new OneExport(rig),
      new OneExport(rig, { options: { submitBudget: '1s' } }),
    ];
    await keyRests();
    await whileTheClockStands(async () => {
      await Promise.all([first.start(), second.start(), late.start()]);
      expect(await late.failure()).toMatchObject({
        type: 'AccessDenied',
        message: expect.stringMatching(/^Nothing was submitted: .*CredentialsHeldBack/),
      });
    });
    expect(late.posts()).toEqual([]);
    expect((await Promise.all([first.result(), second.result()])).map(({ verdict }) => verdict)).toEqual([
      'succeeded',
      'succeeded',
    ]);
  });

  it('F44 exports end as AccessDenied when the cloud refuses the key again after its rest, and not before', async (context) => {
    const { rig, revoke } = await rigOfUsedKey(context);
    const { requests } = rig.simulator;
    revoke();
    const exports = Array.from({ length: 4 }, () => new OneExport(rig));
    await Promise.all(exports.map((one) => one.start()));
    const failures = await Promise.all(exports.map((one) => one.failure()));
    expect(failures.map(({ type }) => type)).toEqual(exports.map(() => 'AccessDenied'));
    const times = requests()
      .filter(({ status }) => status === 401)
      .map(({ at }) => Date.parse(at));
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThanOrEqual(REST_MS);
    // Fewer than would lock the key.
    expect(times.length).toBeLessThanOrEqual(5);
    expect(exports.flatMap((one) => one.posts())).toEqual([]);
  });

  it('F44 a submit that is refused, held back and refused again ends as AccessDenied: a rest does not forget', async (context) => {
    const { rig, revoke, whileTheClockStands, refusals } = await rigOfUsedKey(context);
    const one = new OneExport(rig, { options: { submitBudget: '30s' } });
    const other = new OneExport(rig, { options: { submitBudget: '1s' } });
    one.postsFail({
      status: 401,
      headers: { 'Retry-After': '10' },
      body: { error_code: 'APIGW.0301', error_msg: 'Incorrect IAM authentication information' },
    });
    await one.start();
    await one.until(({ phase }) => phase === 'waitingToSubmit');
    revoke();
    await other.start();
    await until('the key rests', () => refusals() === 2);
    await whileTheClockStands(async () => {
      expect(await other.failure()).toMatchObject({ type: 'AccessDenied' });
      await one.until(({ lastError }) => lastError?.includes('CredentialsHeldBack') === true);
    });
    expect(await one.failure()).toMatchObject({
      type: 'AccessDenied',
      message: expect.stringMatching(/^The cloud refused to export .*APIGW\.0301/),
    });
    expect(one.posts()).toHaveLength(1);
  });
});

/** Each worker has a circuit breaker of its own, and any of them may take the next attempt. Their clock is set by hand. */
describe.concurrent('a key that was refused to one of two workers', () => {
  const FIRST_REST_MS = 5_000;
  const SHIPPED_REST_MS = 300_000;

  async function twoWorkers(context: TestContext) {
    const { rig, refusesReads } = await rigOfNewKey(context);
    let nowMs = Date.now();
    const newWorker = () => {
      const account = accountFromEnvironment(environmentOf(rig.simulator.info));
      const client = createCloudClient(account, { breakers: new CircuitBreakers(() => nowMs) });
      context.onTestFinished(() => client.close());
      const accounts = new Map([['default', { region: account.region, client }]]);
      return { client, activities: createExportActivities({ accounts, evidence: QUICK_EVIDENCE }) };
    };
    type Worker = ReturnType<typeof newWorker>;
    const pass = (ms: number): void => {
      nowMs += ms;
    };
    return {
      faults: rig.simulator.faults,
      workers: [newWorker(), newWorker()] as const,
      refusesReads,
      pass,
      /** The key is refused to two requests of this worker, one of them after the first rest of it. */
      async startRest({ client }: Worker): Promise<void> {
        refusesReads(2);
        await client.checkAccess().catch(() => undefined);
        pass(FIRST_REST_MS);
        await client.checkAccess().catch(() => undefined);
      },
      /** One export, whose attempts any worker may take. */
      validation() {
        const scheduledTimestampMs = nowMs;
        const input = new OneExport(rig).input;
        return (worker: Worker) =>
          new MockActivityEnvironment(
            { scheduledTimestampMs, currentAttemptScheduledTimestampMs: nowMs, scheduleToCloseTimeoutMs: 7_200_000 },
            { logger: new DefaultLogger('ERROR'), client: temporalSaying(false) },
          )
            .run(worker.activities.imsValidateExport, input)
            .then(
              () => 'validated',
              ({ type }) => type,
            );
      },
    };
  }

  it('F44 an export waits for a key that rests on one worker after the other, and is validated', async (context) => {
    const { workers, startRest, validation, pass } = await twoWorkers(context);
    const [first, second] = workers;
    const attemptBy = validation();
    await startRest(first);
    expect(await attemptBy(first)).toBe('CloudUnavailable');
    pass(SHIPPED_REST_MS - 10_000);
    await startRest(second);
    pass(10_000);
    expect(await attemptBy(second)).toBe('CloudUnavailable');
    expect(await attemptBy(second)).toBe('CloudUnavailable');
    pass(SHIPPED_REST_MS);
    expect(await attemptBy(second)).toBe('validated');
  });

  it('F44 the worker that saw the key refused again after its rest ends the exports of before, and no later one', async (context) => {
    const { workers, startRest, validation, pass, refusesReads, faults } = await twoWorkers(context);
    const [first, second] = workers;
    await startRest(first);
    await startRest(second);
    const [early, alsoEarly] = [validation(), validation()];
    expect(await early(first)).toBe('CloudUnavailable');
    pass(SHIPPED_REST_MS);
    refusesReads(2);
    await first.client.checkAccess().catch(() => undefined);
    faults.clear();
    pass(1_000);
    const later = validation();
    pass(500);
    expect(await later(first)).toBe('CloudUnavailable');
    expect(await early(first)).toBe('AccessDenied');
    // To the other one it may have been accepted since.
    expect(await alsoEarly(second)).toBe('validated');
  });
});
