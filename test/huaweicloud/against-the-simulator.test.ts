import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ApiChoice,
  accountFromEnvironment,
  type CloudAccount,
  type CloudClient,
  createCloudClient,
  staticCredentials,
} from '../../src/huaweicloud';
import { environmentOf, type Simulator, startSimulator } from '../../src/testing';
import { cloudErrorOf } from '../rigs/local-cloud';

const NINE_HOURS = 9 * 3_600;

let simulator: Simulator;
let clients: CloudClient[] = [];
beforeAll(async () => {
  simulator = await startSimulator({ jobSeconds: NINE_HOURS });
});
beforeEach(async () => {
  simulator.faults.clear();
  await Promise.all(clients.map((client) => client.close()));
  clients = [];
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await simulator.close();
});

function client(overrides: Partial<CloudAccount> = {}, env: { [name: string]: string | undefined } = {}): CloudClient {
  const account = accountFromEnvironment({ ...environmentOf(simulator.info), ...env });
  const created = createCloudClient({ ...account, ...overrides }, { retry: { firstDelayMs: 1 } });
  clients.push(created);
  return created;
}

function image(name: string): string {
  const id = simulator.info.images[name];
  if (id === undefined) throw new Error(`the simulator has no image ${name}`);
  return id;
}

let exports = 0;
function freeObject(): { key: string; bucketUrl: string } {
  exports += 1;
  const key = `client-test/export-${exports}.qcow2`;
  return { key, bucketUrl: `${simulator.info.bucket}:${key}` };
}

function posts(): number {
  return simulator.requests().filter(({ method, path }) => method === 'POST' && path.endsWith('/file')).length;
}

/** Lets every export that runs come to its end. */
function finishExports(): void {
  simulator.clock.advance(NINE_HOURS * 1_000);
}

describe('an export from start to object', () => {
  test.each<[string, ApiChoice]>([
    ['v1 and ShowJob', {}],
    ['v2.1 and ShowJobProgress', { exportPath: 'v2.1', jobQuery: 'progress' }],
  ])('succeeds by %s', async (_api, api) => {
    const { ims, obs } = client({ api });
    const { key, bucketUrl } = freeObject();
    const { bucket } = simulator.info;
    expect((await obs.headObject(bucket, key)).object).toBeNull();

    const { jobId } = await ims.exportImage({ imageId: image('linux'), bucketUrl, fileFormat: 'qcow2' });
    simulator.clock.advance((NINE_HOURS * 1_000) / 2);
    const running = await ims.getJob(jobId);
    expect(running).toMatchObject({ status: 'RUNNING', jobType: 'imsNativeExportImageJob', endTime: null });

    finishExports();
    expect(await ims.getJob(jobId)).toMatchObject({ status: 'SUCCESS', errorCode: null });
    const { object } = await obs.headObject(bucket, key);
    expect(object).toMatchObject({ storageClass: 'STANDARD' });
    expect(object?.size).toBeGreaterThan(0);
    expect((await obs.readRange(bucket, key, 0, 3)).toString('latin1')).toBe('QFI\xfb');
    await obs.deleteObject(bucket, key);
    expect((await obs.headObject(bucket, key)).object).toBeNull();
  });
});

describe('the signature check of the simulator', () => {
  test('accepts our client in virtual-host style on a name that no DNS knows', async () => {
    const { bucket, obsEndpoint } = simulator.info;
    const endpoint = obsEndpoint.replace(/\/\/[^:]+/, '//obs.localhost');
    const { obs } = client({}, { IMS_EXPORT_OBS_ENDPOINT: endpoint, IMS_EXPORT_OBS_PATH_STYLE: 'false' });
    expect(await obs.headBucket(bucket)).toMatchObject({ storageClass: 'STANDARD', location: simulator.info.region });
    expect(await obs.headObject(bucket, 'no such/ключ+(1).qcow2')).toMatchObject({ object: null });
  });

  test('accepts our client when it first asks IAM for the project', async () => {
    const { ims, projectId } = client({}, { HUAWEICLOUD_SDK_PROJECT_ID: undefined });
    expect(await projectId()).toBe(simulator.info.projectId);
    expect(await ims.getImage(image('linux'))).toBeDefined();
  });

  test('rejects a wrong secret after one request', async () => {
    const { accessKey } = simulator.info;
    const before = simulator.requests().length;
    const { ims } = client({ credentials: staticCredentials({ accessKey, secretKey: 'wrong' }) });
    expect(await cloudErrorOf(ims.getImage(image('linux')))).toMatchObject({ class: 'unauthorized', httpStatus: 401 });
    expect(simulator.requests().length - before).toBe(1);
    // A right signature ends the row of failures.
    await client().ims.getImage(image('linux'));
  });
});

describe('an image read from the simulator', () => {
  test.each([
    ['linux', { imageType: 'private', status: 'active', imageSizeBytes: 10n * 1024n ** 3n, rootOrigin: 'file' }],
    ['queued', { status: 'queued' }],
    ['public', { imageType: 'gold' }],
    ['shared', { imageType: 'shared' }],
    ['fullEcs', { wholeImage: true }],
    ['iso', { diskFormat: 'iso', virtualEnvType: 'IsoImage' }],
    ['fromMarketplaceEcs', { productCode: 'OFFI001' }],
  ])('%s has its attributes', async (name, facts) => {
    expect(await client().ims.getImage(image(name))).toMatchObject({ id: image(name), ...facts });
  });

  test('has its parent, its backup and its key', async () => {
    const { ims } = client();
    expect((await ims.getImage(image('windowsFromPublic')))?.originalImageId).toBe(image('windowsPublic'));
    expect((await ims.getImage(image('fromBackup')))?.backupId).not.toBeNull();
    expect((await ims.getImage(image('encrypted')))?.cmkId).not.toBeNull();
    expect((await ims.getImage(image('linux')))?.cmkId).toBeNull();
  });

  test('is undefined when it does not exist', async () => {
    expect(await client().ims.getImage('00000000-0000-4000-8000-000000000000')).toBeUndefined();
  });
});

describe('a bucket read from the simulator', () => {
  test('has storage class and region', async () => {
    const { obs } = client();
    const { bucket, region } = simulator.info;
    expect(await obs.headBucket(bucket)).toMatchObject({ storageClass: 'STANDARD', location: region });
    expect((await obs.headBucket(`${bucket}-cold`)).storageClass).toBe('COLD');
    expect((await obs.headBucket(`${bucket}-elsewhere`)).location).not.toBe(region);
  });

  test('is an error of that name when it is denied or missing', async () => {
    const { obs } = client();
    const { bucket } = simulator.info;
    expect(await cloudErrorOf(obs.headBucket(`${bucket}-denied`))).toMatchObject({
      code: 'AccessDenied',
      class: 'forbidden',
    });
    expect(await cloudErrorOf(obs.headBucket(`${bucket}-none`))).toMatchObject({
      code: 'NoSuchBucket',
      class: 'notFound',
    });
    expect(await cloudErrorOf(obs.readRange(bucket, 'none', 0, 3))).toMatchObject({
      code: 'NoSuchKey',
      httpStatus: 404,
    });
  });
});

describe('an export that the simulator rejects', () => {
  test.each([
    ['tooLarge', 'permanent'],
    ['windowsFromPublic', 'permanent'],
    ['iso', 'permanent'],
  ])('was not executed for the image %s', async (name, errorClass) => {
    const call = client().ims.exportImage({ imageId: image(name), fileFormat: 'qcow2', ...freeObject() });
    expect(await cloudErrorOf(call)).toMatchObject({ executed: 'no', class: errorClass, httpStatus: 400 });
  });

  test('names a busy image and an existing object', async () => {
    const { ims } = client();
    const { bucketUrl } = freeObject();
    const request = { imageId: image('windowsFromFile'), bucketUrl, fileFormat: 'vhd' };
    await ims.exportImage(request);
    const busy = await cloudErrorOf(ims.exportImage({ ...request, ...freeObject() }));
    expect(busy).toMatchObject({ code: 'IMG.0148', class: 'imageBusy', executed: 'no' });
    finishExports();
    const exists = await cloudErrorOf(ims.exportImage(request));
    expect(exists).toMatchObject({ code: 'IMG.0070', class: 'destinationExists', executed: 'no' });
    expect(exists.requestId).not.toBeNull();
  });
});

describe('an answer lost by the simulator', () => {
  const EXPORT_PATH = '/v1/cloudimages/*/file';

  test.each(['dropBefore', 'dropAfter', 'truncate'])(
    'to the export (%s) makes it ambiguous, and the POST went out once',
    async (fault) => {
      simulator.faults.add({ service: 'ims', method: 'POST', path: EXPORT_PATH, action: { [fault]: true } });
      const before = posts();
      const call = client().ims.exportImage({ imageId: image('linux'), fileFormat: 'vmdk', ...freeObject() });
      expect(await cloudErrorOf(call)).toMatchObject({ executed: 'maybe', class: 'transient' });
      expect(posts() - before).toBe(1);
      finishExports();
    },
  );

  test('replaced by a gateway error makes the export ambiguous', async () => {
    const html = '<html><body>504 Gateway Time-out</body></html>';
    simulator.faults.add({ method: 'POST', path: EXPORT_PATH, action: { status: 504, body: html } });
    const call = client().ims.exportImage({ imageId: image('linux'), fileFormat: 'vmdk', ...freeObject() });
    expect(await cloudErrorOf(call)).toMatchObject({
      code: 'HTTP_504',
      executed: 'maybe',
      message: '504 Gateway Time-out',
    });
  });

  test('to a read makes the client ask again', async () => {
    const { ims, obs } = client();
    simulator.faults.add({ service: 'ims', method: 'GET', action: { dropBefore: true } });
    simulator.faults.add({ service: 'ims', method: 'GET', nth: 2, action: { truncate: true } });
    expect(await ims.getImage(image('linux'))).toBeDefined();
    simulator.faults.add({ service: 'obs', action: { status: 503 } });
    expect((await obs.headBucket(simulator.info.bucket)).storageClass).toBe('STANDARD');
  });

  test('without a job status is no verdict', async () => {
    const { ims } = client();
    const { jobId } = await ims.exportImage({ imageId: image('dataDisk'), fileFormat: 'vhd', ...freeObject() });
    simulator.faults.add({ service: 'ims', method: 'GET', action: { body: { job_id: jobId } } });
    expect(await cloudErrorOf(ims.getJob(jobId))).toMatchObject({ code: 'InvalidResponse' });
    simulator.changeJob(jobId, { status: 'FAIL', error_code: 'IMG.0061', fail_reason: 'Unknown system error.' });
    expect(await ims.getJob(jobId)).toMatchObject({
      status: 'FAIL',
      errorCode: 'IMG.0061',
      failReason: 'Unknown system error.',
    });
  });
});

describe('credentials in the simulator', () => {
  test('that were rotated in the environment are used from the next request on', async () => {
    const env: NodeJS.ProcessEnv = { ...environmentOf(simulator.info) };
    const cloud = createCloudClient(accountFromEnvironment(env));
    clients.push(cloud);
    await cloud.ims.getImage(image('linux'));
    const { accessKey, secretKey } = simulator.credentials.rotate();
    expect(await cloudErrorOf(cloud.ims.getImage(image('linux')))).toMatchObject({ class: 'unauthorized' });
    Object.assign(env, { HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: secretKey });
    expect(await cloud.ims.getImage(image('linux'))).toBeDefined();
  });

  test.each([
    ['credentials', 'unauthorized'],
    ['permissions', 'forbidden'],
  ] as const)('make a read fail after revoked %s as %s, until they are restored', async (what, errorClass) => {
    const { ims } = client();
    simulator.credentials.revoke(what);
    const error = await cloudErrorOf(ims.getImage(image('linux')));
    simulator.credentials.restore();
    expect(error.class).toBe(errorClass);
    expect(await ims.getImage(image('linux'))).toBeDefined();
  });
});
