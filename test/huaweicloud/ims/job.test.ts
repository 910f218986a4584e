import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JOB, readProgress } from '../../../src/huaweicloud/ims/job';

const RUNNING = {
  job_id: 'ff80808280c204e30180d2784c3c0d86',
  job_type: 'imsCopyImageInRegionJob',
  begin_time: '2022-05-17T14:42:20.859Z',
  end_time: '',
  status: 'RUNNING',
  error_code: null,
  fail_reason: null,
  entities: {
    image_name: 'd0d2e701-dfc4-4520-9247-f92907f38eb0',
    process_percent: 0.4,
    current_task: 'CopyImageInRegionTask:',
    subJobId: 'ff80808280ca6cd30180d278b9db0221',
    image_id: '498cc67e-7795-482c-8c47-32bcece2d7ec',
  },
};

describe('a job answer', () => {
  test('is read from the published sample', () => {
    expect(JOB.parse(RUNNING)).toEqual({
      jobId: 'ff80808280c204e30180d2784c3c0d86',
      jobType: 'imsCopyImageInRegionJob',
      imageId: '498cc67e-7795-482c-8c47-32bcece2d7ec',
      status: 'RUNNING',
      progress: 0.4,
      currentTask: 'CopyImageInRegionTask:',
      beginTime: '2022-05-17T14:42:20.859Z',
      endTime: null,
      errorCode: null,
      failReason: null,
      subJobs: [],
    });
  });

  test('needs only a status', () => {
    expect(JOB.parse({ status: 'INIT' })).toMatchObject({
      status: 'INIT',
      progress: null,
      beginTime: null,
      subJobs: [],
    });
    expect(JOB.parse({ status: 'INIT', entities: null }).progress).toBeNull();
    expect(JOB.parse({ status: 'INIT', entities: [] }).progress).toBeNull();
  });

  test.each([
    ['success', 'SUCCESS'],
    [' Failed ', 'FAIL'],
    ['FAIL', 'FAIL'],
    ['suspended', 'SUSPENDED'],
  ])('with the status %j is read as %s', (status, read) => {
    expect(JOB.parse({ status }).status).toBe(read);
  });

  test.each([
    [{}],
    [{ status: '' }],
    [{ status: '  ' }],
    [{ status: null }],
    [{ status: 1 }],
    [null],
    ['RUNNING'],
    [[]],
  ])('is not read from %j', (body) => {
    expect(JOB.safeParse(body).success).toBe(false);
  });

  test('keeps an unparsable time as the cloud wrote it', () => {
    expect(JOB.parse({ status: 'INIT', begin_time: '04-Jun-2015 18:11:06:586' }).beginTime).toBe(
      '04-Jun-2015 18:11:06:586',
    );
  });

  test.each([
    ['the job', { error_code: 'IMG.1', fail_reason: 'a' }, 'IMG.1', 'a'],
    [
      'the job and its additions',
      {
        error_code: 'IMG.1',
        fail_reason: 'a',
        entities: { addition_error_code: 'IMG.2', addition_error_msg: 'b', error_code: 'IMG.1', error: 'a' },
      },
      'IMG.1',
      'a; IMG.2: b',
    ],
    ['another code alone', { error_code: 'IMG.1', entities: { addition_error_code: 'IMG.2' } }, 'IMG.1', 'IMG.2'],
    ['its additions', { entities: { addition_error_code: 'IMG.2', addition_error_msg: 'b' } }, 'IMG.2', 'b'],
    ['its entities', { entities: { error_code: 'IMG.3', error: { message: 'c' } } }, 'IMG.3', 'c'],
    ['a text in its entities', { error_code: '', entities: { error_code: 'IMG.3', error: 'c' } }, 'IMG.3', 'c'],
    [
      'a sub-job',
      {
        entities: {
          sub_jobs_result: [{ status: 'success' }, { status: 'FAILED', error_code: 'IMG.4', fail_reason: 'd' }],
        },
      },
      'IMG.4',
      'd',
    ],
  ])('gives the failure reason from %s', (_where, body, errorCode, failReason) => {
    expect(JOB.parse({ status: 'FAIL', ...body })).toMatchObject({ errorCode, failReason });
  });

  test('gives its sub-jobs with their readable fields', () => {
    const sub = {
      status: 'failed',
      job_id: 's',
      job_type: 'imsGoofysExportImageJob',
      error_code: 7,
      fail_reason: null,
    };
    expect(JOB.parse({ status: 'FAIL', entities: { sub_jobs_result: [sub, 'odd'] } }).subJobs).toEqual([
      { status: 'FAIL', jobId: 's', jobType: 'imsGoofysExportImageJob', errorCode: '7', failReason: null },
    ]);
  });

  test('takes no more space in a history than a job needs', () => {
    const long = 'x'.repeat(500_000);
    const subs = Array.from({ length: 10_000 }, () => ({ status: 'FAIL', fail_reason: long.slice(0, 5_000) }));
    const body = {
      status: 'FAIL',
      job_type: long,
      error_code: long,
      fail_reason: long,
      entities: { current_task: long },
    };
    const job = JOB.parse({ ...body, entities: { ...body.entities, sub_jobs_result: subs } });
    expect(job.subJobs).toHaveLength(20);
    expect(JSON.stringify(job).length).toBeLessThan(30_000);
    expect(JOB.safeParse({ status: long }).success).toBe(false);
  });

  test('puts its texts on one line', () => {
    const { failReason } = JOB.parse({ status: 'FAIL', fail_reason: ' disk\r\n\u001b[31mgone ' });
    expect(failReason).toBe('disk [31mgone');
  });

  test('of any shape is read or rejected, and never throws', () => {
    const field = fc.oneof(fc.jsonValue(), fc.constant('x'));
    const body = fc.record(
      {
        status: field,
        entities: fc.oneof(field, fc.record({ process_percent: field, sub_jobs_result: field, error: field })),
        begin_time: field,
        error_code: field,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(body, (value) => {
        const { progress = null } = JOB.safeParse(value).data ?? {};
        if (progress !== null) expect(progress >= 0 && progress <= 1).toBe(true);
      }),
    );
  });
});

describe('the progress of a job', () => {
  test.each([
    [0.2, 0.2],
    [0, 0],
    [1, 1],
    [40, 0.4],
    [100, 1],
    [250, 1],
    [-3, 0],
    ['0.4', 0.4],
    ['40', 0.4],
    ['40%', 0.4],
    ['1%', 0.01],
    [' 37.5 % ', 0.375],
    ['1', 1],
    ['', null],
    ['n/a', null],
    [null, null],
    [undefined, null],
    [true, null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
  ])('reported as %j is %j', (told, fraction) => {
    expect(readProgress(told)).toBe(fraction);
  });

  test('of a very long text is rejected within a moment', () => {
    const before = process.cpuUsage();
    expect(readProgress(`1${' '.repeat(500_000)}x`)).toBeNull();
    expect(readProgress('9'.repeat(500_000))).toBeNull();
    expect(process.cpuUsage(before).user).toBeLessThan(500_000);
  });

  test('is always a fraction or null', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.string(), fc.double().map(String), fc.anything()), (told) => {
        const progress = readProgress(told);
        expect(progress === null || (progress >= 0 && progress <= 1)).toBe(true);
      }),
    );
  });
});
