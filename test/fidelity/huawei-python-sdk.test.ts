import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../src/testing';
import { type PythonPackages, pythonPackages } from '../rigs/python-packages';

/** The vendor's Python SDK, unchanged and by its own defaults, against the simulator. */
const VERSION = '3.1.219';

let packages: PythonPackages;
let simulator: Simulator;
let home: string;
let python: ChildProcess | undefined;
let answers: AsyncIterator<string>;

beforeAll(async () => {
  packages = await pythonPackages('huaweicloudsdkims', VERSION);
  simulator = await startSimulator({ jobSeconds: 3_600 });
  home = mkdtempSync(join(tmpdir(), 'python-home-'));
  if ('missing' in packages) return;
  const { info } = simulator;
  python = spawn('python3', [join(__dirname, 'ims_client.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      // The SDK reads and writes files of its own in the home directory.
      HOME: home,
      PYTHONPATH: packages.path,
      ACCESS_KEY: info.accessKey,
      SECRET_KEY: info.secretKey,
      PROJECT_ID: info.projectId,
      IMS_ENDPOINT: info.imsEndpoint,
      IAM_ENDPOINT: info.iamEndpoint,
    },
  });
  if (python.stdout) answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
}, 300_000);

beforeEach(({ skip }) => {
  if ('missing' in packages) skip(packages.missing);
});

afterAll(async () => {
  python?.stdin?.end();
  await simulator?.close();
  rmSync(home, { recursive: true, force: true });
});

interface SdkAnswer {
  images: Array<{ id: string; name: string; status: string; image_size: string }>;
  job_id: string;
}

async function sdk(operation: string, args: object = {}): Promise<SdkAnswer> {
  python?.stdin?.write(`${JSON.stringify({ operation, arguments: args })}\n`);
  const { value, done } = await answers.next();
  if (done) throw new Error('the Python process ended; its own message is above');
  return JSON.parse(value);
}

it('the Huawei Python SDK lists images of the simulator', async () => {
  const { images } = await sdk('list', { id: simulator.info.images.linux });
  expect(images).toMatchObject([{ id: simulator.info.images.linux, status: 'active', image_size: '10737418240' }]);
});

it('the Huawei Python SDK signs a query with special characters so that the simulator accepts it', async () => {
  const name = "a b+%&=()*!'~/ü";
  const { id } = simulator.addImage('linux', { name });
  expect(await sdk('list', { name })).toMatchObject({ images: [{ id, name }] });
});

it('the Huawei Python SDK finds its project by the region', async () => {
  const { images } = await sdk('listAfterDiscovery', { id: simulator.info.images.large });
  expect(images).toHaveLength(1);
});

it('the Huawei Python SDK exports an image, and reads the job by both queries', async () => {
  const image = simulator.info.images.linux;
  const body = { bucket_url: 'ims-image:sdk/linux.qcow2', file_format: 'qcow2', is_quick_export: false };
  const { job_id } = await sdk('export', { image, ...body });
  simulator.clock.advance(1_800_000);
  const running = { job_id, status: 'RUNNING', entities: { image_id: image, process_percent: 0.5 } };
  expect(await sdk('showJob', { job: job_id })).toMatchObject(running);
  expect(await sdk('showJobProgress', { job: job_id })).toMatchObject(running);
  simulator.clock.advance(1_800_000);
  expect(await sdk('showJob', { job: job_id })).toMatchObject({ status: 'SUCCESS', entities: { process_percent: 1 } });
});

it('the Huawei Python SDK exports an image by quick export without a format', async () => {
  const image = simulator.info.images.large;
  const { job_id } = await sdk('export', { image, bucket_url: 'ims-image:sdk/large.zvhd2', is_quick_export: true });
  expect(job_id).toMatch(/^[0-9a-f]{32}$/);
});

it('the Huawei Python SDK reads code, message and request id of a rejected export', async () => {
  const image = simulator.info.images.public;
  expect(await sdk('export', { image, bucket_url: 'ims-image:sdk/public.vhd', file_format: 'vhd' })).toEqual({
    status: 400,
    code: 'IMG.0077',
    message: 'The public image cannot be exported.',
    requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

it('the Huawei Python SDK reads the code of a rejected key', async () => {
  expect(await sdk('listWithWrongKey')).toMatchObject({
    status: 401,
    code: 'APIGW.0301',
    requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});
