import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createExportActivities } from '../../src/activities';
import { accountFromEnvironment, CircuitBreakers, createCloudClient } from '../../src/huaweicloud';
import { environmentOf } from '../../src/testing';
import { QUICK_EVIDENCE, temporalSaying } from '../rigs/activity-rig';
import { startBatchWorkflow, verdictsOf } from '../rigs/batch-rig';
import { eventsOf } from '../rigs/history';
import { OneExport } from '../rigs/one-export';
import { type Rig, startRig, until } from '../rigs/rig';
import { bundleWithQuickSubmits } from '../rigs/temporal';

/**
 * After the second refusal in a row. Longer than a request waits by itself, so that it is the export that waits; the first rest is a
 * sixtieth of it.
 */
const REST_MS = 12_000;

const EXPORTS = 20;

let rig: Rig;
/** Of the worker's clock. */
let aheadMs = 0;
beforeAll(async () => {
  rig = await startRig({
    bundle: await bundleWithQuickSubmits(),
    simulator: { jobSeconds: 1 },
    cloud: { now: () => Date.now() + aheadMs, retry: { refusedKeyRestMs: REST_MS } },
  });
});
afterAll(() => rig.close());

/** A gateway refuses signatures that are right: in a bad second one, and if it lasts one more after the first rest of the key. */
function refusesReads(times: number): void {
  const action = {
    status: 401,
    body: { error_code: 'APIGW.0301', error_msg: 'Incorrect IAM authentication information' },
  };
  rig.simulator.faults.add({ service: 'ims', method: 'GET', path: '*/cloudimages', times, action });
  // What accepted the key before the pause no longer counts.
  aheadMs += 1_000;
}

const refusals = () => rig.simulator.requests().filter(({ status }) => status === 401).length;

it("F44 a gateway's bad second holds no export back", async () => {
  const before = refusals();
  refusesReads(1);
  const exports = Array.from({ length: EXPORTS }, () => new OneExport(rig));
  await Promise.all(exports.map((one) => one.start()));
  const results = await Promise.all(exports.map((one) => one.result()));
  expect(results.map(({ verdict }) => verdict)).toEqual(exports.map(() => 'succeeded'));
  expect(refusals() - before).toBe(1);
  const histories = await Promise.all(exports.map((one) => one.handle.fetchHistory()));
  expect(JSON.stringify(histories.map(eventsOf))).not.toContain('CredentialsHeldBack');
});

it('F44 twenty exports that start while a good key rests all succeed, and so does a batch', async () => {
  const before = refusals();
  refusesReads(2);
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
  expect(refusals() - before).toBe(2);
});

it('F44 exports whose submit is held back wait for the key, and are submitted once each', async () => {
  const { credentials, faults, requests } = rig.simulator;
  const before = refusals();
  const exports = Array.from({ length: 6 }, () => new OneExport(rig));
  const body = { error_code: 'APIGW.0308', error_msg: 'over ratelimit' };
  const throttled = { status: 429, headers: { 'Retry-After': '3' }, body };
  faults.add({ service: 'ims', method: 'POST', path: '*/file', times: exports.length, action: throttled });
  await Promise.all(exports.map((one) => one.start()));
  await until('all are to submit', () => requests().filter(({ status }) => status === 429).length === exports.length);
  credentials.revoke();
  await until('the key rests', () => refusals() - before === 2);
  credentials.restore();
  await Promise.any(
    exports.map((one) => one.until(({ lastError }) => lastError?.includes('CredentialsHeldBack') === true)),
  );
  const results = await Promise.all(exports.map((one) => one.result()));
  expect(results.map(({ submissions }) => submissions)).toEqual(exports.map(() => 1));
  expect(exports.flatMap((one) => one.jobs())).toHaveLength(exports.length);
  expect(refusals() - before).toBe(2);
});

it('F44 a key that rests for longer than submitBudget is reported as what it is, with nothing submitted', async () => {
  const before = refusals();
  refusesReads(2);
  const [first, second, late] = [
    new OneExport(rig),
    new OneExport(rig),
    new OneExport(rig, { options: { submitBudget: '1s' } }),
  ];
  await Promise.all([first.start(), second.start()]);
  await until('the key rests', () => refusals() - before === 2);
  await late.start();
  expect(await late.failure()).toMatchObject({
    type: 'AccessDenied',
    message: expect.stringMatching(/^Nothing was submitted: .*CredentialsHeldBack/),
  });
  expect(late.posts()).toEqual([]);
  expect((await Promise.all([first.result(), second.result()])).map(({ verdict }) => verdict)).toEqual([
    'succeeded',
    'succeeded',
  ]);
});

it('F44 exports end as AccessDenied when the cloud refuses the key again after its rest, and not before', async () => {
  const { credentials, requests } = rig.simulator;
  const before = refusals();
  credentials.revoke();
  try {
    const exports = Array.from({ length: 4 }, () => new OneExport(rig));
    await Promise.all(exports.map((one) => one.start()));
    const failures = await Promise.all(exports.map((one) => one.failure()));
    expect(failures.map(({ type }) => type)).toEqual(exports.map(() => 'AccessDenied'));
    const times = requests()
      .filter(({ status }) => status === 401)
      .slice(before)
      .map(({ at }) => Date.parse(at));
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThanOrEqual(REST_MS);
    // Fewer than would lock the key.
    expect(times.length).toBeLessThanOrEqual(5);
    expect(exports.flatMap((one) => one.posts())).toEqual([]);
  } finally {
    credentials.restore();
  }
});

it('F44 a submit that is refused, held back and refused again ends as AccessDenied: a rest does not forget', async () => {
  const one = new OneExport(rig, { options: { submitBudget: '30s' } });
  const other = new OneExport(rig, { options: { submitBudget: '1s' } });
  one.postsFail({
    status: 401,
    headers: { 'Retry-After': '2' },
    body: { error_code: 'APIGW.0301', error_msg: 'Incorrect IAM authentication information' },
  });
  try {
    await one.start();
    await one.until(({ phase }) => phase === 'waitingToSubmit');
    rig.simulator.credentials.revoke();
    await other.start();
    expect(await other.failure()).toMatchObject({ type: 'AccessDenied' });
    await one.until(({ lastError }) => lastError?.includes('CredentialsHeldBack') === true);
    expect(await one.failure()).toMatchObject({
      type: 'AccessDenied',
      message: expect.stringMatching(/^The cloud refused to export .*APIGW\.0301/),
    });
    expect(one.posts()).toHaveLength(1);
  } finally {
    rig.simulator.credentials.restore();
  }
});

/** Each worker has a circuit breaker of its own, and any of them may take the next attempt. Their clock is set by hand. */
describe('on two workers', () => {
  const FIRST_REST_MS = 5_000;
  const SHIPPED_REST_MS = 300_000;
  let nowMs = Date.now();

  type Worker = ReturnType<typeof newWorker>;

  function newWorker() {
    const account = accountFromEnvironment(environmentOf(rig.simulator.info));
    const client = createCloudClient(account, { breakers: new CircuitBreakers(() => nowMs) });
    onTestFinished(() => client.close());
    const accounts = new Map([['default', { region: account.region, client }]]);
    return { client, activities: createExportActivities({ accounts, evidence: QUICK_EVIDENCE }) };
  }

  /** The key is refused to two requests of this worker, one of them after the first rest of it. */
  async function startRest({ client }: Worker): Promise<void> {
    refusesReads(2);
    await client.checkAccess().catch(() => undefined);
    nowMs += FIRST_REST_MS;
    await client.checkAccess().catch(() => undefined);
  }

  /** One export, whose attempts any worker may take. */
  function validation() {
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
  }

  it('F44 an export waits for a key that rests on one worker after the other, and is validated', async () => {
    const [first, second] = [newWorker(), newWorker()];
    const attemptBy = validation();
    await startRest(first);
    expect(await attemptBy(first)).toBe('CloudUnavailable');
    nowMs += SHIPPED_REST_MS - 10_000;
    await startRest(second);
    nowMs += 10_000;
    expect(await attemptBy(second)).toBe('CloudUnavailable');
    expect(await attemptBy(second)).toBe('CloudUnavailable');
    nowMs += SHIPPED_REST_MS;
    expect(await attemptBy(second)).toBe('validated');
  });

  it('F44 the worker that saw the key refused again after its rest ends the exports of before, and no later one', async () => {
    const [first, second] = [newWorker(), newWorker()];
    await startRest(first);
    await startRest(second);
    const [early, alsoEarly] = [validation(), validation()];
    expect(await early(first)).toBe('CloudUnavailable');
    nowMs += SHIPPED_REST_MS;
    refusesReads(2);
    await first.client.checkAccess().catch(() => undefined);
    rig.simulator.faults.clear();
    nowMs += 1_000;
    const later = validation();
    nowMs += 500;
    expect(await later(first)).toBe('CloudUnavailable');
    expect(await early(first)).toBe('AccessDenied');
    // To the other one it may have been accepted since.
    expect(await alsoEarly(second)).toBe('validated');
  });
});
