import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../src/testing';
import { beginExport, callIms, callObs, control, exportImage, showJob } from '../rigs/simulator-requests';

const BEGIN = Date.UTC(2026, 2, 1, 12, 0, 0, 250);
const HOUR = 3_600_000;

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator({ jobSeconds: 10 * 3_600 });
  simulator.clock.set(BEGIN);
});
afterEach(() => simulator.close());

describe('a simulated job', () => {
  it('starts as INIT, runs in steps of one percent, and ends with SUCCESS', async () => {
    const jobId = await beginExport(simulator.info);
    const seen: Array<[string, number, string]> = [];
    for (const hours of [0, 1, 3.337, 9.9999, 10]) {
      simulator.clock.set(BEGIN + hours * HOUR);
      const { status, entities, end_time } = (await showJob(simulator.info, jobId)).json;
      seen.push([status, entities.process_percent, end_time]);
    }
    expect(seen).toEqual([
      ['INIT', 0, ''],
      ['RUNNING', 0.1, ''],
      ['RUNNING', 0.33, ''],
      ['RUNNING', 0.99, ''],
      ['SUCCESS', 1, '2026-03-01T22:00:00.250Z'],
    ]);
  });

  it('is the same in both queries, in the documented fields', async () => {
    const jobId = await beginExport(simulator.info);
    simulator.clock.advance(HOUR);
    const job = (await showJob(simulator.info, jobId)).json;
    expect(job).toEqual({
      job_id: jobId,
      job_type: 'imsNativeExportImageJob',
      begin_time: '2026-03-01T12:00:00.250Z',
      end_time: '',
      status: 'RUNNING',
      error_code: null,
      fail_reason: null,
      entities: {
        image_id: simulator.info.images.linux,
        image_name: 'centos7_5',
        process_percent: 0.1,
        current_task: expect.any(String),
        subJobId: expect.stringMatching(/^[0-9a-f]{32}$/),
        sub_jobs_list: [job.entities.subJobId],
        sub_jobs_result: [expect.objectContaining({ job_type: 'imsGoofysExportImageJob', status: 'RUNNING' })],
      },
    });
    expect((await callIms(simulator.info, 'GET', `/v1/cloudimages/job/${jobId}`)).json).toEqual(job);
  });

  it('has the quick sub-job for a quick export', async () => {
    const body = { bucket_url: 'ims-image:q.zvhd2', is_quick_export: true };
    const { job_id } = (await exportImage(simulator.info, simulator.info.images.large ?? '', body)).json;
    const { entities } = (await showJob(simulator.info, job_id)).json;
    expect(entities.sub_jobs_result[0]?.job_type).toBe('imsQuickExportImageJob');
  });

  it('is unknown under another id, and needs the own project in its path', async () => {
    const jobId = await beginExport(simulator.info);
    const unknown = await showJob(simulator.info, 'f'.repeat(32));
    expect([unknown.status, unknown.json.error.code]).toEqual([400, 'IMG.0023']);
    const foreign = await callIms(simulator.info, 'GET', `/v1/${'0'.repeat(32)}/jobs/${jobId}`);
    expect([foreign.status, foreign.json.error.code]).toEqual([400, 'IMG.0067']);
  });
});

describe('the object of a simulated job', () => {
  const head = () => callObs(simulator.info, 'HEAD', '/ims-image/exports/linux.qcow2');

  it('appears at the end without any poll, dated by the virtual clock', async () => {
    await beginExport(simulator.info);
    simulator.clock.set(BEGIN + 10 * HOUR - 1);
    expect((await head()).status).toBe(404);
    simulator.clock.set(BEGIN + 24 * HOUR);
    const { status, headers } = await head();
    expect(status).toBe(200);
    expect(headers['last-modified']).toBe('Sun, 01 Mar 2026 22:00:00 GMT');
    expect(headers.etag).toMatch(/^"[0-9a-f]{32}-\d+"$/);
    expect(headers).not.toHaveProperty('x-obs-storage-class');
    expect(Number(headers['content-length'])).toBeGreaterThan(0);
  });

  it('appears as real time passes', async () => {
    let now = BEGIN;
    const running = await startSimulator({ jobSeconds: 10, now: () => now });
    await beginExport(running.info);
    now += 10_000;
    expect(running.objects().map(({ key }) => key)).toEqual(['exports/linux.qcow2']);
    await running.close();
  });

  it('does not appear when the job fails', async () => {
    const jobId = await beginExport(simulator.info);
    simulator.changeJob(jobId, { status: 'FAIL' });
    simulator.clock.advance(24 * HOUR);
    expect((await head()).status).toBe(404);
  });
});

describe('the image of a simulated job', () => {
  it('is free again once the job has ended, however it ended', async () => {
    const first = await beginExport(simulator.info, 'linux', '1.qcow2');
    await expect(beginExport(simulator.info, 'linux', '2.qcow2')).rejects.toThrow('IMG.0148');
    simulator.changeJob(first, { status: 'FAIL' });
    await beginExport(simulator.info, 'linux', '2.qcow2');
    simulator.clock.advance(10 * HOUR);
    await beginExport(simulator.info, 'linux', '3.qcow2');
  });

  it('is not guarded while the guard is off: two jobs of one image run at once', async () => {
    const guard = (body: object) => control(simulator.info, 'POST', '/busy-guard', body);
    await beginExport(simulator.info, 'linux', '1.qcow2');
    expect((await guard({ guard: 'off' })).status).toBe(200);
    await beginExport(simulator.info, 'linux', '2.qcow2');
    expect(simulator.jobs().map(({ endTime }) => endTime)).toEqual([null, null]);
    simulator.busyGuard = 'on';
    await expect(beginExport(simulator.info, 'linux', '3.qcow2')).rejects.toThrow('IMG.0148');
    expect((await guard({ guard: 'half' })).status).toBe(400);
  });
});

describe('a simulated job under the control API', () => {
  const change = (jobId: string, body: object) => control(simulator.info, 'PUT', `/jobs/${jobId}`, body);

  it('fails at once with the given code and reason', async () => {
    const jobId = await beginExport(simulator.info);
    simulator.clock.advance(5 * HOUR);
    await change(jobId, { status: 'FAIL', error_code: 'IMG.0061', fail_reason: 'Unknown system error.' });
    const job = (await showJob(simulator.info, jobId)).json;
    expect(job).toMatchObject({
      status: 'FAIL',
      error_code: 'IMG.0061',
      fail_reason: 'Unknown system error.',
      end_time: '2026-03-01T17:00:00.250Z',
    });
    expect(job.entities.sub_jobs_result[0]).toMatchObject({ status: 'FAIL', error_code: 'IMG.0061' });
    expect((await change(jobId, { status: 'SUCCESS' })).status).toBe(409);
  });

  it('shows a pinned percentage until it ends in its own time', async () => {
    const jobId = await beginExport(simulator.info);
    await change(jobId, { percent: 0.4 });
    expect((await showJob(simulator.info, jobId)).json).toMatchObject({
      status: 'RUNNING',
      entities: { process_percent: 0.4 },
    });
    simulator.clock.advance(10 * HOUR);
    expect((await showJob(simulator.info, jobId)).json).toMatchObject({
      status: 'SUCCESS',
      entities: { process_percent: 1 },
    });
  });

  it('neither moves nor ends while stuck, and loses that time', async () => {
    const jobId = await beginExport(simulator.info);
    simulator.clock.advance(2 * HOUR);
    await change(jobId, { stuck: true });
    simulator.clock.advance(100 * HOUR);
    expect((await showJob(simulator.info, jobId)).json.entities.process_percent).toBe(0.2);
    await change(jobId, { stuck: false });
    simulator.clock.advance(HOUR);
    expect((await showJob(simulator.info, jobId)).json.entities.process_percent).toBe(0.3);
  });

  it('is not found once forgotten, but continues', async () => {
    const jobId = await beginExport(simulator.info);
    await change(jobId, { forget: true });
    expect((await showJob(simulator.info, jobId)).json.error.code).toBe('IMG.0023');
    simulator.clock.advance(10 * HOUR);
    expect(simulator.objects()).toHaveLength(1);
  });

  it('shows an unknown status until it is reset', async () => {
    const jobId = await beginExport(simulator.info);
    await change(jobId, { status: 'SUSPENDED' });
    simulator.clock.advance(20 * HOUR);
    expect((await showJob(simulator.info, jobId)).json.status).toBe('SUSPENDED');
    await change(jobId, { status: null });
    expect((await showJob(simulator.info, jobId)).json.status).toBe('SUCCESS');
  });

  it('is listed with its progress', async () => {
    const jobId = await beginExport(simulator.info);
    simulator.clock.advance(HOUR);
    expect((await control(simulator.info, 'GET', '/jobs')).json).toEqual([
      {
        jobId,
        imageId: simulator.info.images.linux,
        bucketUrl: 'ims-image:exports/linux.qcow2',
        status: 'RUNNING',
        percent: 0.1,
        beginTime: '2026-03-01T12:00:00.250Z',
        endTime: null,
      },
    ]);
  });

  it('must exist, and an unknown change is rejected', async () => {
    expect((await change('nonesuch', { stuck: true })).status).toBe(404);
    const jobId = await beginExport(simulator.info);
    const wrong = await change(jobId, { percentage: 0.4 });
    expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining('percentage')]);
  });
});
