import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sdkHmacSha256Signature, sha256Hex } from '../../../src/huaweicloud/signing/sdk-hmac-sha256';
import { cloudErrorOf, IMAGE_ID, JOB_ID, type LocalCloud, PROJECT_ID, startLocalCloud } from '../../rigs/local-cloud';

let cloud: LocalCloud;
beforeAll(async () => {
  cloud = await startLocalCloud();
});
beforeEach(() => {
  cloud.requests.length = 0;
});
afterAll(() => cloud.close());

describe('every request of the IMS client', () => {
  test('is signed with the headers that it names', async () => {
    cloud.reply({ body: { job_id: JOB_ID } });
    const securityToken = 'temporary';
    const credentials = { get: async () => ({ accessKey: 'testAK', secretKey: 'testSK', securityToken }) };
    const client = cloud.client({ credentials }, { now: () => Date.UTC(2019, 10, 15, 3, 36, 55) });
    await client.ims.exportImage({ imageId: IMAGE_ID, bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' });
    const [seen] = cloud.requests;
    const [, accessKey, names = '', signature] =
      /^SDK-HMAC-SHA256 Access=(.+), SignedHeaders=(.+), Signature=(.+)$/.exec(seen?.headers.authorization ?? '') ?? [];
    expect(accessKey).toBe('testAK');
    expect(names).toBe('content-type;host;x-project-id;x-sdk-date;x-security-token');
    const headers = names.split(';').map((name) => [name, String(seen?.headers[name])] as const);
    const payloadHash = sha256Hex(seen?.body ?? '');
    expect(seen?.headers['x-sdk-date']).toBe('20191115T033655Z');
    expect(signature).toBe(
      sdkHmacSha256Signature(
        { method: 'POST', path: seen?.url ?? '', query: '', headers, payloadHash },
        '20191115T033655Z',
        'testSK',
      ),
    );
  });
});

describe('exportImage', () => {
  test('sends a conversion with file_format and without is_quick_export', async () => {
    cloud.reply({ body: { job_id: JOB_ID }, headers: { 'X-Request-Id': 'r1' } });
    const request = { imageId: IMAGE_ID, bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2', isQuickExport: false };
    expect(await cloud.client().ims.exportImage(request)).toEqual({ jobId: JOB_ID, requestId: 'r1' });
    expect(cloud.requests).toMatchObject([
      {
        method: 'POST',
        url: `/v1/cloudimages/${IMAGE_ID}/file`,
        body: '{"bucket_url":"ims-image:a.qcow2","file_format":"qcow2"}',
        headers: { 'content-type': 'application/json', 'x-project-id': PROJECT_ID },
      },
    ]);
  });

  test('sends a quick export without file_format, accepts 202 like 200, and can use v2.1', async () => {
    cloud.reply({ status: 202, body: { job_id: JOB_ID } });
    const { ims } = cloud.client({ api: { exportPath: 'v2.1' } });
    await ims.exportImage({
      imageId: IMAGE_ID,
      bucketUrl: 'ims-image:a.zvhd2',
      fileFormat: 'vhd',
      isQuickExport: true,
    });
    expect(cloud.requests).toMatchObject([
      { url: `/v2.1/cloudimages/${IMAGE_ID}/file`, body: '{"bucket_url":"ims-image:a.zvhd2","is_quick_export":true}' },
    ]);
  });

  test.each([
    ['no job id', 200, {}],
    ['an empty job id', 200, { job_id: '' }],
    ['a job id that is no id', 200, { job_id: '../x' }],
    ['an empty body', 200, undefined],
    ['HTML', 200, '<html>'],
    ['an undocumented status', 204, undefined],
    ['an error inside a success', 200, { error: { code: 'IMG.0061', message: 'm' } }],
  ])('is ambiguous after a success with %s', async (_what, status, body) => {
    cloud.reply({ status, body });
    const call = cloud.client().ims.exportImage({ imageId: IMAGE_ID, bucketUrl: 'b:k', fileFormat: 'vhd' });
    expect(await cloudErrorOf(call)).toMatchObject({ code: 'InvalidResponse', executed: 'maybe' });
    expect(cloud.requests).toHaveLength(1);
  });

  test('reports a failure of its own last check as NotSent', async () => {
    const objection = new Error('too late');
    const call = cloud.client().ims.exportImage(
      { imageId: IMAGE_ID, bucketUrl: 'b:k', fileFormat: 'vhd' },
      {
        beforeSend: () => {
          throw objection;
        },
      },
    );
    expect(await cloudErrorOf(call)).toMatchObject({ code: 'NotSent', executed: 'no', cause: objection });
    expect(cloud.requests).toHaveLength(0);
  });
});

describe('getImage', () => {
  const ROW = {
    id: IMAGE_ID,
    name: 'centos',
    status: 'active',
    __imagetype: 'private',
    visibility: 'private',
    owner: PROJECT_ID,
    protected: false,
    __os_type: 'Linux',
    __platform: 'CentOS',
    virtual_env_type: 'FusionCompute',
    disk_format: 'zvhd2',
    __image_size: '449261568',
    min_disk: 40,
    __whole_image: 'False',
    __originalimagename: '33ad552d-1a3d-4c2c-8d0c-0d2f0c1a0001',
    __backup_id: '',
    __productcode: '',
    __data_origin: null,
    __system__cmkid: 'cmk-1',
    something_new: { a: 1 },
  };

  test('returns the fields that the rules need, and null for empty ones', async () => {
    cloud.reply({ body: { images: [ROW] } });
    expect(await cloud.client().ims.getImage(IMAGE_ID)).toMatchObject({
      id: IMAGE_ID,
      status: 'active',
      imageType: 'private',
      owner: PROJECT_ID,
      platform: 'CentOS',
      diskFormat: 'zvhd2',
      imageSizeBytes: 449_261_568n,
      minDiskGb: 40,
      wholeImage: false,
      originalImageId: '33ad552d-1a3d-4c2c-8d0c-0d2f0c1a0001',
      backupId: null,
      productCode: null,
      dataOrigin: null,
      cmkId: 'cmk-1',
      rootOrigin: null,
    });
    expect(cloud.requests[0]?.url).toBe(`/v2/cloudimages?id=${IMAGE_ID}`);
  });

  test.each([
    ['9007199254740993', 9_007_199_254_740_993n],
    [1024, 1024n],
    ['', null],
    ['12 GB', null],
    [-1, null],
    [undefined, null],
  ])('reads the size %j as %s bytes', async (size, imageSizeBytes) => {
    cloud.reply({ body: { images: [{ ...ROW, __image_size: size }] } });
    expect((await cloud.client().ims.getImage(IMAGE_ID))?.imageSizeBytes).toBe(imageSizeBytes);
  });

  test('reads a flag of an unexpected type as null, even one that cannot be printed', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    cloud.reply({ body: JSON.stringify({ images: [{ ...ROW, protected: 'X' }] }).replace('"X"', deep) });
    expect(await cloud.client().ims.getImage(IMAGE_ID)).toMatchObject({ id: IMAGE_ID, protected: null });
  });

  test('throws on a row that is no image, instead of "not found"', async () => {
    for (const images of [[1], [null], [{ name: 'no id' }], [{ id: '' }]]) {
      cloud.reply({ body: { images } });
      const error = await cloudErrorOf(cloud.client().ims.getImage(IMAGE_ID));
      expect(error).toMatchObject({ code: 'InvalidResponse' });
      expect(error.message).toContain("'images.0");
    }
  });

  test('throws on an id that is an object without a usable length', async () => {
    const id = { length: { valueOf: null, toString: null } };
    cloud.reply({ body: { images: [{ ...ROW, id }] } });
    expect(await cloudErrorOf(cloud.client().ims.getImage(IMAGE_ID))).toMatchObject({ code: 'InvalidResponse' });
  });

  test('returns undefined when the cloud shows no image of the id', async () => {
    const { ims } = cloud.client();
    cloud.reply({ body: { images: [] } });
    expect(await ims.getImage(IMAGE_ID)).toBeUndefined();
    cloud.reply({ body: { images: [{ ...ROW, id: 'another' }] } });
    expect(await ims.getImage(IMAGE_ID)).toBeUndefined();
    cloud.reply({ status: 400, body: { error: { code: 'IMG.0144', message: 'The image does not exist.' } } });
    expect(await ims.getImage(IMAGE_ID)).toBeUndefined();
  });

  test('throws on a wrong path, instead of "not found"', async () => {
    cloud.reply({ status: 404, body: { error_code: 'APIGW.0101', error_msg: 'The API does not exist' } });
    expect(await cloudErrorOf(cloud.client().ims.getImage(IMAGE_ID))).toMatchObject({ class: 'permanent' });
    cloud.reply({ body: { image: ROW } });
    expect(await cloudErrorOf(cloud.client().ims.getImage(IMAGE_ID))).toMatchObject({ code: 'InvalidResponse' });
  });
});

describe('getJob', () => {
  const SUCCESS = {
    job_id: '9a175ac892fa134201930039db1a27b1',
    job_type: 'imsNativeExportImageJob',
    begin_time: '2024-11-06T06:46:51.929Z',
    end_time: '2024-11-06T06:49:53.657Z',
    status: 'SUCCESS',
    error_code: null,
    fail_reason: null,
    entities: { image_id: '1ab4df10-fe18-48b7-91c9-53695fcd9df5' },
  };

  test('asks ShowJob under the project', async () => {
    cloud.reply({ body: SUCCESS, headers: { 'X-Request-Id': 'r2' } });
    expect(await cloud.client().ims.getJob(JOB_ID)).toMatchObject({
      status: 'SUCCESS',
      jobType: 'imsNativeExportImageJob',
      endTime: '2024-11-06T06:49:53.657Z',
      requestId: 'r2',
    });
    expect(cloud.requests[0]?.url).toBe(`/v1/${PROJECT_ID}/jobs/${JOB_ID}`);
  });

  test('asks ShowJobProgress by option, without a project', async () => {
    cloud.reply({ body: SUCCESS });
    await cloud.client({ projectId: undefined, api: { jobQuery: 'progress' } }).ims.getJob(JOB_ID);
    expect(cloud.requests.map(({ url }) => url)).toEqual([`/v1/cloudimages/job/${JOB_ID}`]);
  });

  test.each([
    ['no status', { job_id: JOB_ID }],
    ['an empty status', { ...SUCCESS, status: '' }],
    ['half a body', '{"job_id":"9a175ac892fa13420193'],
    ['another body', [1, 2]],
  ])('throws instead of a verdict for %s', async (_what, body) => {
    cloud.reply({ body });
    expect(await cloudErrorOf(cloud.client().ims.getJob(JOB_ID))).toMatchObject({
      code: 'InvalidResponse',
      class: 'transient',
    });
  });

  test('distinguishes an unknown job from an unknown path', async () => {
    cloud.reply({ status: 404, body: { error: { code: 'IMG.0404', message: 'no such job' } } });
    expect(await cloudErrorOf(cloud.client().ims.getJob(JOB_ID))).toMatchObject({ class: 'notFound' });
    cloud.reply({ status: 404, body: { error_code: 'APIGW.0101', error_msg: 'The API does not exist' } });
    expect(await cloudErrorOf(cloud.client().ims.getJob(JOB_ID))).toMatchObject({ class: 'permanent' });
  });
});

describe('a client without a project id', () => {
  const lookup = `/v3/projects?name=cn-north-4`;

  test('asks IAM for the project of the region once', async () => {
    cloud.reply({ body: { projects: [{ id: 'p1', name: 'cn-north-4' }] } }, { body: { status: 'RUNNING' } });
    const client = cloud.client({ projectId: undefined });
    await Promise.all([client.ims.getJob(JOB_ID), client.projectId()]);
    await client.ims.getJob(JOB_ID);
    expect(cloud.requests.map(({ url }) => url)).toEqual([lookup, `/v1/p1/jobs/${JOB_ID}`, `/v1/p1/jobs/${JOB_ID}`]);
    expect(cloud.requests[0]?.headers['x-project-id']).toBeUndefined();
  });

  test.each([
    [[], 'ProjectNotFound'],
    [[{ id: 'a' }, { id: 'b' }], 'ProjectAmbiguous'],
  ])('with the projects %j fails with what to set, and exports nothing', async (projects, code) => {
    cloud.reply({ body: { projects } });
    const { ims } = cloud.client({ projectId: undefined });
    const error = await cloudErrorOf(ims.exportImage({ imageId: IMAGE_ID, bucketUrl: 'b:k', fileFormat: 'vhd' }));
    expect(error).toMatchObject({ code, class: 'permanent', executed: 'no', operation: 'ListProjects' });
    expect(error.message).toContain('HUAWEICLOUD_SDK_PROJECT_ID');
    expect(cloud.requests.map(({ url }) => url)).toEqual([lookup]);
  });

  test('asks IAM again after a failed lookup', async () => {
    cloud.reply({ status: 403, body: { error: { code: 403, message: 'no', title: 'Forbidden' } } });
    const client = cloud.client({ projectId: undefined });
    expect(await cloudErrorOf(client.projectId())).toMatchObject({ code: '403', class: 'forbidden' });
    cloud.reply({ body: { projects: [{ id: 'p1' }] } });
    expect(await client.projectId()).toBe('p1');
  });
});

describe('listImages', () => {
  const row = (id: string) => ({ id, name: id, __imagetype: 'private' });

  test('asks for a page of private images by the parameter names of the API', async () => {
    cloud.reply({ body: { images: [row('a'), row('b')] } });
    const filter = { name: 'web server', tag: 'backup=nightly', osType: 'Linux', enterpriseProjectId: '0' };
    const images = await cloud.client().ims.listImages(filter, { limit: 2, marker: IMAGE_ID });
    expect(images.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(cloud.requests).toMatchObject([
      {
        method: 'GET',
        url: `/v2/cloudimages?__imagetype=private&name=web%20server&tag=backup%3Dnightly&__os_type=Linux&enterprise_project_id=0&limit=2&marker=${IMAGE_ID}`,
      },
    ]);
  });

  test('leaves out parameters that are not given', async () => {
    cloud.reply({ body: { images: [] } });
    expect(await cloud.client().ims.listImages({})).toEqual([]);
    expect(cloud.requests[0]?.url).toBe('/v2/cloudimages?__imagetype=private&limit=100');
  });
});
