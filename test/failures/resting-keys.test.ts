import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createExportActivities } from '../../src/activities';
import { accountFromEnvironment, CircuitBreakers, createCloudClient } from '../../src/huaweicloud';
import { environmentOf } from '../../src/testing';
import { QUICK_EVIDENCE, temporalSaying } from '../rigs/activity-rig';
import { startBatchWorkflow, verdictsOf } from '../rigs/batch-rig';
import { OneExport } from '../rigs/one-export';
import { type Rig, startRig, until } from '../rigs/rig';
import { bundleWithQuickSubmits } from '../rigs/temporal';

/** Longer than a read waits by itself, so that it is the export that waits. */
const REST_MS = 5_000;

const EXPORTS = 20;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    bundle: await bundleWithQuickSubmits(),
    simulator: { jobSeconds: 1 },
    cloud: { retry: { refusedKeyRestMs: REST_MS } },
  });
});
afterAll(() => rig.close());

/** A gateway's bad second: it refuses two signatures that are right, and the circuit of the key opens. */
function badSecond(method: 'GET' | 'POST', path: string): void {
  const action = {
    status: 401,
    body: { error_code: 'APIGW.0301', error_msg: 'Incorrect IAM authentication information' },
  };
  rig.simulator.faults.add({ service: 'ims', method, path, times: 2, action });
}

const refusals = () => rig.simulator.requests().filter(({ status }) => status === 401).length;

it('F44 twenty exports that start while a good key rests all succeed, and so does a batch', async () => {
  badSecond('GET', '*/cloudimages');
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

it('F44 exports whose submit is held back wait for the key, and are submitted once each', async () => {
  const before = refusals();
  badSecond('POST', '*/file');
  const exports = Array.from({ length: 6 }, () => new OneExport(rig));
  await Promise.all(exports.map((one) => one.start()));
  const results = await Promise.all(exports.map((one) => one.result()));
  expect(results.map(({ submissions }) => submissions)).toEqual(exports.map(() => 1));
  expect(exports.flatMap((one) => one.jobs())).toHaveLength(exports.length);
  expect(refusals() - before).toBe(2);
});

it('F44 a key that rests for longer than submitBudget is reported as what it is, with nothing submitted', async () => {
  const before = refusals();
  badSecond('GET', '*/cloudimages');
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

  /** The key is refused to two requests of this worker. */
  async function startRest({ client }: Worker): Promise<void> {
    badSecond('GET', '*/cloudimages');
    for (const _ of [1, 2]) await client.checkAccess().catch(() => undefined);
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
    badSecond('GET', '*/cloudimages');
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
