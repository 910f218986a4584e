import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountFromEnvironment, createCloudClient } from '../../src/huaweicloud';
import { environmentOf, type FaultAction } from '../../src/testing';
import { casesOf } from '../rigs/long-form';
import { ALWAYS, ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig } from '../rigs/rig';
import { bundleWithQuickSubmits } from '../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleWithQuickSubmits(), simulator: { jobSeconds: 1 } });
});
afterAll(() => rig.close());

const said = (code: string, status = 400): FaultAction => ({ status, body: { error: { code, message: 'said so' } } });

it.concurrent('F9 a crash between the POST and its record does not export twice, and the job is found', async () => {
  const one = new OneExport(rig, { options: { acceptUnconfirmed: true } });
  one.postsFail({ dropAfter: true });
  await one.start();
  expect(await one.result()).toMatchObject({ confirmed: false, submissions: 1, object: { format: 'qcow2' } });
  expect(one.jobs()).toHaveLength(1);
  expect(one.posts()).toHaveLength(1);
});

it.concurrent('F9 a job is in the memo as soon as the cloud has accepted it', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.accepted();
  expect((await one.remains()).memo).toMatchObject({ jobId, imageId: one.imageId, bucketUrl: one.bucketUrl });
});

it.concurrent.each<[string, FaultAction]>([
  ['a connection that breaks after the request', { dropAfter: true }],
  ['a connection that breaks before the answer', { dropBefore: true }],
  ['HTTP 502', { status: 502, body: '<html>Bad Gateway</html>' }],
  ['HTTP 504', { status: 504, body: '' }],
  ['IMG.0018', said('IMG.0018')],
  ['half an answer', { truncate: true }],
])('F10 the transport never repeats the POST after %s', async (_what, action) => {
  const one = new OneExport(rig, { options: { maxProbes: 0 } });
  one.postsFail(action);
  await one.start();
  expect(await one.failure()).toMatchObject({
    type: 'ExportOutcomeUnknown',
    details: [expect.objectContaining({ reason: 'submitAmbiguous', jobId: null })],
  });
  expect(one.posts()).toHaveLength(1);
});

it.concurrent('F10 "already exported" after an ambiguous submit counts as our own object, and makes no failure and no second job', async () => {
  const one = new OneExport(rig);
  one.postsFail({ dropAfter: true });
  // The look finds nothing yet; by the time of the probe the object is there.
  one.headsFail({ status: 404 }, { nth: 2 });
  await one.start();
  expect(await one.failure()).toMatchObject({
    type: 'ExportOutcomeUnknown',
    details: [expect.objectContaining({ object: expect.objectContaining({ format: 'qcow2' }) })],
  });
  expect(one.posts()).toHaveLength(2);
  expect(one.jobs()).toHaveLength(1);
});

it.concurrent('F10 "being exported" after an ambiguous submit makes the export wait, not fail', async () => {
  const one = new OneExport(rig, { options: { acceptUnconfirmed: true } });
  one.postsFail({ dropAfter: true });
  one.postsFail(said('IMG.0148'), { nth: 2 });
  one.headsFail({ status: 404 }, { nth: 2 });
  await one.start();
  expect(await one.result()).toMatchObject({ confirmed: false, submissions: 1 });
  expect(one.jobs()).toHaveLength(1);
});

it.concurrent('F17 an object at the destination is neither overwritten nor reported as ours', async () => {
  const one = new OneExport(rig);
  rig.simulator.putObject(one.objectKey, 'somebody else’s');
  await one.start();
  expect(await one.failure()).toMatchObject({
    type: 'DestinationExists',
    message: expect.stringContaining(one.bucketUrl),
    details: [expect.objectContaining({ object: expect.objectContaining({ size: expect.any(Number) }) })],
  });
  expect(one.posts()).toEqual([]);
  expect((await one.remains()).memo).toMatchObject({ outcome: 'failed', remoteJob: 'none' });
});

it.concurrent.each([
  ['-cold', 'bucketStorageClass'],
  ['-elsewhere', 'bucketRegion'],
  ['-missing', 'bucketExists'],
])('F18 an unsuitable bucket is rejected before anything is submitted: ims-image%s', async (suffix, rule) => {
  const bucket = `${rig.simulator.info.bucket}${suffix}`;
  const one = new OneExport(rig, { bucketUrl: `${bucket}:f18/a.qcow2` });
  await one.start();
  expect(await one.failure()).toMatchObject({
    type: 'ExportNotAllowed',
    message: expect.stringContaining(bucket),
    details: [expect.objectContaining({ rule })],
  });
  expect(one.posts()).toEqual([]);
});

it.concurrent('F18 a missing permission at the submit ends the export as AccessDenied when it is missing again', async () => {
  const one = new OneExport(rig);
  one.postsFail(said('IMG.0026', 403), ALWAYS);
  await one.start();
  expect(await one.failure()).toMatchObject({ type: 'AccessDenied', message: expect.stringContaining('IMG.0026') });
  expect(one.posts()).toHaveLength(2);
});

const THROTTLES: Array<[what: string, action: FaultAction]> = [
  ['HTTP 429', { status: 429, body: { error_code: 'APIGW.0308', error_msg: 'throttled', request_id: 'r' } }],
  ['IMG.0060 on HTTP 400', said('IMG.0060')],
];

it.concurrent.each(casesOf(THROTTLES, 1))(
  'F19 throttling makes the submit wait and costs no attempt: %s',
  async (_what, action) => {
    const one = new OneExport(rig);
    one.postsFail(action, { times: 3 });
    await one.start();
    expect(await one.result()).toMatchObject({ verdict: 'succeeded', submissions: 1 });
    expect(one.posts()).toHaveLength(4);
  },
);

it.concurrent('F19 Retry-After delays the next POST', async () => {
  const one = new OneExport(rig);
  one.postsFail({ status: 429, headers: { 'Retry-After': '3' }, body: {} });
  await one.start();
  await one.result();
  const [first, second] = one.posts().map(({ at }) => Date.parse(at));
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(2_900);
});

it.concurrent('F19 throttling without end exhausts submitBudget, and nothing is submitted', async () => {
  const one = new OneExport(rig, { options: { submitBudget: '1s' } });
  one.postsFail(said('IMG.0060'), ALWAYS);
  await one.start();
  expect(await one.failure()).toMatchObject({
    type: 'SubmitRejected',
    message: expect.stringMatching(/Nothing was submitted.*submitBudget.*IMG\.0060/s),
  });
  expect(one.jobs()).toEqual([]);
});

it.concurrent('F19 a Retry-After beyond submitBudget ends the export at once and is in the failure', async () => {
  const one = new OneExport(rig, { options: { submitBudget: '2h' } });
  one.postsFail({ status: 429, headers: { 'Retry-After': '86400' }, body: {} });
  await one.start();
  expect(await one.failure()).toMatchObject({
    type: 'SubmitRejected',
    message: expect.stringMatching(/Nothing was submitted: the cloud asks to wait 1 d .*longer than is left/),
  });
  expect(one.posts()).toHaveLength(1);
});

it.concurrent('F21 a batch above the task limit of the cloud queues, submits each item once, and none fails', async () => {
  const batch = Array.from({ length: 6 }, () => new OneExport(rig));
  // The limit on tasks lets one after another in.
  for (const [place, one] of batch.entries()) one.postsFail(said('IMG.0060'), { times: place });
  await Promise.all(batch.map((one) => one.start()));
  await batch
    .at(-1)
    ?.until(({ phase, lastError }) => phase === 'waitingToSubmit' && /IMG\.0060/.test(String(lastError)));
  for (const [place, one] of batch.entries()) {
    expect(await one.result()).toMatchObject({ verdict: 'succeeded', submissions: 1 });
    expect(one.posts()).toHaveLength(place + 1);
    expect(one.jobs()).toHaveLength(1);
  }
});

it.concurrent('F21 an item that is throttled until submitBudget ends fails, and can be started again', async () => {
  const one = new OneExport(rig, { options: { submitBudget: '1s' } });
  one.postsFail(said('IMG.0060'), { times: 1_000 });
  await one.start();
  expect(await one.failure()).toMatchObject({ type: 'SubmitRejected', message: expect.stringContaining('IMG.0060') });
  expect((await one.remains()).memo).toMatchObject({ outcome: 'failed', remoteJob: 'none' });
});

it.concurrent('F30 the second of two exports of one image waits for the first, and both succeed', async () => {
  const first = new OneExport(rig, { options: ON_REQUEST });
  const second = first.to(`${rig.simulator.info.bucket}:f30/second`);
  const jobId = await first.withLongJob().accepted();
  await second.start();
  await second.until(
    ({ phase, lastError }) => phase === 'waitingToSubmit' && lastError?.startsWith('IMG.0148') === true,
  );
  rig.longJobs.delete(first.imageId);
  first.changeJob(jobId, { status: 'SUCCESS' });
  expect(await second.result()).toMatchObject({ verdict: 'succeeded', submissions: 1 });
  await first.poll();
  await first.result();
});

it.concurrent('F30 an export of a busy image fails at once with whenImageBusy fail, and names the code', async () => {
  const first = new OneExport(rig, { options: ON_REQUEST });
  await first.withLongJob().accepted();
  const second = first.to(`${rig.simulator.info.bucket}:f30/refused`, { whenImageBusy: 'fail' });
  await second.start();
  expect(await second.failure()).toMatchObject({
    type: 'SubmitRejected',
    message: expect.stringContaining('IMG.0148'),
  });
  await first.handle.cancel();
});

it.concurrent('F31 a quick export and a conversion both succeed', async () => {
  const quick = new OneExport(rig, { image: 'large', isQuickExport: true });
  await quick.start();
  expect(await quick.result()).toMatchObject({ fileFormat: 'zvhd2', object: { format: 'zvhd2' } });
  const conversion = new OneExport(rig, { fileFormat: 'vmdk' });
  await conversion.start();
  expect(await conversion.result()).toMatchObject({ fileFormat: 'vmdk', object: { format: 'vmdk' } });
});

it.concurrent.each([
  [{ isQuickExport: true }, { is_quick_export: true }],
  [{ fileFormat: 'qcow2' }, { file_format: 'qcow2' }],
])('F31 the POST sends %j as %j and nothing else', async (format, sent) => {
  const bodies: unknown[] = [];
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('');
    if (request.method === 'POST') bodies.push(JSON.parse(body));
    response.end('{"job_id": "edc89b490d7d4392898e19b2deb34797"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ims = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const account = accountFromEnvironment(environmentOf(rig.simulator.info));
  const cloud = createCloudClient({ ...account, endpoints: { ...account.endpoints, ims } });
  await cloud.ims.exportImage({ imageId: 'image', bucketUrl: 'ims-image:a', ...format });
  await cloud.close();
  server.close();
  expect(bodies).toEqual([{ bucket_url: 'ims-image:a', ...sent }]);
});

it.concurrent('F32 an outdated preflight rule can be set to warn: the valid export succeeds with a warning', async () => {
  const { id } = rig.simulator.addImage('linux', { min_disk: 1500 });
  const strict = new OneExport(rig).of(id, { rules: { diskSizeLimit: 'error' } });
  await strict.start();
  expect(await strict.failure()).toMatchObject({
    type: 'ExportNotAllowed',
    message: expect.stringContaining("options.rules.diskSizeLimit to 'warn'"),
  });
  const lenient = strict.of(id, { rules: { diskSizeLimit: 'warn' } });
  await lenient.start();
  const { verdict, warnings } = await lenient.result();
  expect(verdict).toBe('succeeded');
  expect(warnings).toContainEqual(expect.stringContaining('diskSizeLimit'));
});

it.concurrent('F38 every further submit is counted, limited by maxProbes, and shown', async () => {
  const one = new OneExport(rig, { options: { maxProbes: 2 } });
  one.postsFail({ dropBefore: true }, ALWAYS);
  await one.start();
  expect(await one.failure()).toMatchObject({
    type: 'ExportOutcomeUnknown',
    message: expect.stringContaining('maxProbes (2) is used up'),
    details: [expect.objectContaining({ status: expect.objectContaining({ submissions: 3 }) })],
  });
  expect(one.posts()).toHaveLength(3);
});
