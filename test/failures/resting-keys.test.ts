import { afterAll, beforeAll, expect, it } from 'vitest';
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
