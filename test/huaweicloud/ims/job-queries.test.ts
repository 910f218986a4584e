import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ApiChoice, accountFromEnvironment, type CloudClient, createCloudClient } from '../../../src/huaweicloud';
import { environmentOf, type Simulator, startSimulator } from '../../../src/testing';
import { cloudErrorOf } from '../../rigs/local-cloud';

const HOUR_MS = 3_600_000;

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ jobSeconds: 3_600 });
});
afterAll(() => simulator.close());

const APIS: Array<Required<ApiChoice>> = [
  { exportPath: 'v1', jobQuery: 'job' },
  { exportPath: 'v1', jobQuery: 'progress' },
  { exportPath: 'v2.1', jobQuery: 'job' },
  { exportPath: 'v2.1', jobQuery: 'progress' },
];

/** What a job query answers besides the fields under test. */
const PLAIN = { job_id: 'j', job_type: 'imsNativeExportImageJob', begin_time: '', end_time: '' };

describe.each(APIS)(
  'with export path $exportPath and job query $jobQuery the IMS client',
  ({ exportPath, jobQuery }) => {
    let client: CloudClient;
    let imageId: string;
    beforeAll(() => {
      const account = accountFromEnvironment(environmentOf(simulator.info));
      client = createCloudClient({ ...account, api: { exportPath, jobQuery } }, { retry: { firstDelayMs: 1 } });
      imageId = simulator.addImage('linux').id;
    });
    afterEach(() => simulator.faults.clear());
    afterAll(() => client.close());

    const begin = async (format: object = { fileFormat: 'qcow2' }) => {
      simulator.clock.advance(HOUR_MS);
      const key = `queries/${simulator.jobs().length}.img`;
      return client.ims.exportImage({ imageId, bucketUrl: `${simulator.info.bucket}:${key}`, ...format });
    };

    /** The query acts, and its answer is replaced. */
    const answering = async (body: unknown) => {
      const { jobId } = await begin();
      const path = jobQuery === 'job' ? '/v1/*/jobs/*' : '/v1/cloudimages/job/*';
      simulator.faults.add({ service: 'ims', method: 'GET', path, action: { body } });
      return client.ims.getJob(jobId);
    };

    test('sends the documented requests', async () => {
      const before = simulator.requests().length;
      const { jobId } = await begin();
      await client.ims.getJob(jobId);
      const query =
        jobQuery === 'job' ? `/v1/${simulator.info.projectId}/jobs/${jobId}` : `/v1/cloudimages/job/${jobId}`;
      const sent = simulator.requests().slice(before);
      // The read that proves the key is not of the export.
      expect(sent.filter(({ path }) => path !== '/v2/cloudimages')).toMatchObject([
        { method: 'POST', path: `/${exportPath}/cloudimages/${imageId}/file`, status: 200 },
        { method: 'GET', path: query, status: 200 },
      ]);
    });

    test.each([
      ['by conversion', { fileFormat: 'vmdk' }, 'imsGoofysExportImageJob'],
      ['by quick export', { isQuickExport: true }, 'imsQuickExportImageJob'],
    ])('follows an export %s from its first status to its last', async (_how, format, subJobType) => {
      const { jobId } = await begin(format);
      const job = { jobId, jobType: 'imsNativeExportImageJob', imageId };
      expect(await client.ims.getJob(jobId)).toMatchObject({ ...job, status: 'INIT', progress: 0, endTime: null });
      simulator.clock.advance(HOUR_MS * 0.37);
      expect(await client.ims.getJob(jobId)).toMatchObject({
        ...job,
        status: 'RUNNING',
        progress: 0.37,
        errorCode: null,
        failReason: null,
      });
      simulator.clock.advance(HOUR_MS);
      const ended = await client.ims.getJob(jobId);
      expect(ended).toMatchObject({ ...job, status: 'SUCCESS', progress: 1, subJobs: [{ jobType: subJobType }] });
      expect(Date.parse(ended.endTime ?? '') - Date.parse(ended.beginTime ?? '')).toBe(HOUR_MS);
      expect(ended.requestId).toMatch(/^[0-9a-f]{32}$/);
    });

    test('reports why an export failed, once even when the sub-job repeats it', async () => {
      const { jobId } = await begin();
      simulator.changeJob(jobId, { status: 'FAIL', error_code: 'IMG.0057', fail_reason: 'The disk is gone.' });
      expect(await client.ims.getJob(jobId)).toMatchObject({
        status: 'FAIL',
        errorCode: 'IMG.0057',
        failReason: 'The disk is gone.',
        subJobs: [{ status: 'FAIL', errorCode: 'IMG.0057', failReason: 'The disk is gone.' }],
      });
    });

    test('collects the reasons from the job, its additions and its sub-jobs', async () => {
      const job = await answering({
        ...PLAIN,
        status: 'FAILED',
        error_code: 'IMG.0061',
        fail_reason: 'Unknown system error.',
        entities: {
          addition_error_code: 'IMG.0069',
          addition_error_msg: 'The bucket cannot be accessed.',
          sub_jobs_result: [
            { status: 'success', job_id: 'a' },
            { status: 'fail', job_id: 'b', error_code: 'OBS.0403', fail_reason: 'AccessDenied' },
          ],
        },
      });
      expect(job).toMatchObject({
        status: 'FAIL',
        errorCode: 'IMG.0061',
        failReason: 'Unknown system error.; IMG.0069: The bucket cannot be accessed.; OBS.0403: AccessDenied',
        subJobs: [
          { jobId: 'a', status: 'SUCCESS' },
          { jobId: 'b', status: 'FAIL', errorCode: 'OBS.0403' },
        ],
      });
    });

    test.each([
      ['a fraction', 'RUNNING', { process_percent: 0.4 }, 0.4],
      ['a percentage', 'RUNNING', { process_percent: 40 }, 0.4],
      ['a string', 'RUNNING', { process_percent: '0.4' }, 0.4],
      ['a percentage in a string', 'RUNNING', { process_percent: '40%' }, 0.4],
      ['1 at SUCCESS', 'SUCCESS', { process_percent: 1 }, 1],
      ['100 at SUCCESS', 'SUCCESS', { process_percent: 100 }, 1],
      ['above 100', 'RUNNING', { process_percent: 250 }, 1],
      ['lower than 1 at SUCCESS', 'SUCCESS', { process_percent: 0.2 }, 0.2],
      ['missing', 'RUNNING', {}, null],
      ['null', 'RUNNING', { process_percent: null }, null],
      ['NaN in a string', 'RUNNING', { process_percent: 'NaN' }, null],
      ['an object', 'RUNNING', { process_percent: { value: 0.4 } }, null],
      ['negative', 'RUNNING', { process_percent: -3 }, 0],
    ])('reads a progress that is %s', async (_what, status, entities, progress) => {
      expect(await answering({ ...PLAIN, status, entities })).toMatchObject({ status, progress });
    });

    test('reads an infinite progress as none', async () => {
      const job = await answering(
        JSON.stringify({ ...PLAIN, status: 'RUNNING', entities: {} }).replace('{}', '{"process_percent":1e999}'),
      );
      expect(job).toMatchObject({ status: 'RUNNING', progress: null });
    });

    test.each([
      ['half a body', '{"job_id":"j","status":"SUCC'],
      ['NaN, which is not JSON', '{"status":"SUCCESS","entities":{"process_percent":NaN}}'],
      ['no status', { ...PLAIN }],
      ['an empty status', { ...PLAIN, status: ' ' }],
      ['a null status', { ...PLAIN, status: null }],
      ['a status that is not a string', { ...PLAIN, status: { code: 'SUCCESS' } }],
      ['a list', [{ ...PLAIN, status: 'SUCCESS' }]],
      ['an empty body', ''],
      ['HTML', '<html>SUCCESS</html>'],
    ])('throws instead of a verdict for %s', async (_what, body) => {
      expect(await cloudErrorOf(answering(body))).toMatchObject({
        code: 'InvalidResponse',
        class: 'transient',
        executed: 'no',
        operation: jobQuery === 'job' ? 'ShowJob' : 'ShowJobProgress',
      });
    });

    test('throws instead of a verdict for a truncated body, and asks again', async () => {
      const { jobId } = await begin();
      simulator.faults.add({ service: 'ims', method: 'GET', times: 2, action: { truncate: true } });
      expect(await client.ims.getJob(jobId)).toMatchObject({ status: 'INIT' });
    });

    test('reports the type and image of a job that is no export or of another image', async () => {
      const foreign = { ...PLAIN, job_type: 'imsCopyImageInRegionJob', status: 'RUNNING' };
      expect(await answering({ ...foreign, entities: { image_id: 'another' } })).toMatchObject({
        jobType: 'imsCopyImageInRegionJob',
        imageId: 'another',
      });
      expect(await answering({ status: 'RUNNING' })).toMatchObject({ jobType: null, imageId: null });
    });
  },
);
