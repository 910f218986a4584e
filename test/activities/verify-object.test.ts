import { ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ExportRequest, VerifyOutcome } from '../../src/contract';
import type { FaultAction } from '../../src/testing';
import { type ActivityRig, RUN_ID, startActivityRig } from '../rigs/activity-rig';

let rig: ActivityRig;
beforeAll(async () => {
  rig = await startActivityRig({ jobSeconds: 60 });
});
afterEach(() => rig.simulator.faults.clear());
afterAll(() => rig.close());

/** Exports to the end, so that the object is there. */
async function exported(
  changes: { fileFormat?: string; image?: string; isQuickExport?: boolean } = {},
): Promise<ExportRequest> {
  const request = rig.request(changes);
  expect(await rig.run('imsSubmitExport', { request, mayPost: true, runId: RUN_ID })).toMatchObject({
    kind: 'accepted',
  });
  rig.simulator.clock.advance(61_000);
  return request;
}

function verify(request: ExportRequest, notOlderThan: string | null = null): Promise<VerifyOutcome> {
  return rig.run('imsVerifyObject', { request, jobId: 'job', notOlderThan });
}

const faultTheHead = (action: FaultAction, times = 20) =>
  rig.simulator.faults.add({ service: 'obs', method: 'HEAD', times, action });

describe('verifying the object of an export', () => {
  it.each(['qcow2', 'vhd', 'vmdk', 'zvhd'])('accepts a %s object', async (fileFormat) => {
    const outcome = await verify(await exported({ fileFormat }));
    expect(outcome).toMatchObject({ kind: 'verified', object: { format: fileFormat, etag: expect.any(String) } });
  });

  it('accepts an object of another size than its image', async () => {
    const outcome = await verify(await exported({ image: 'large', isQuickExport: true }));
    expect(outcome).toMatchObject({ kind: 'verified', object: { size: expect.any(Number) } });
    expect((outcome as { object: { size: number } }).object.size).toBeLessThan(200 * 1024 ** 3);
  });

  it('reports a missing object', async () => {
    expect(await verify(rig.request())).toMatchObject({ kind: 'invalid', problem: 'missing', object: null });
  });

  it('reports an object more than a second older than the job', async () => {
    const request = await exported();
    const outcome = await verify(request);
    const lastModifiedMs = Date.parse((outcome as { object: { lastModified: string } }).object.lastModified);
    const later = (ms: number) => new Date(lastModifiedMs + ms).toISOString();
    expect(await verify(request, later(1_000))).toMatchObject({ kind: 'verified' });
    expect(await verify(request, later(1_001))).toMatchObject({ kind: 'invalid', problem: 'olderThanJob' });
  });

  it('F43 leaves the error of OBS in its heartbeat, so that a timeout is not taken for a missing worker', async () => {
    const request = await exported();
    faultTheHead({ status: 503 });
    const before = { seen: { 'Wrong: it is of another format': 2 } };
    const input = { request, jobId: 'job', notOlderThan: null };
    const { outcome, heartbeats } = await rig.runAs({ heartbeatDetails: before }, 'imsVerifyObject', input);
    expect(outcome).toMatchObject({ type: 'CloudUnavailable' });
    expect(heartbeats).toEqual([{ ...before, failed: (outcome as ApplicationFailure).details?.[0] }]);
  });

  it('does not judge the age by a time that cannot be parsed', async () => {
    expect(await verify(await exported(), 'yesterday')).toMatchObject({ kind: 'verified' });
  });

  it('F17 the verification reports an object that existed before the job', async () => {
    const request = rig.request();
    rig.simulator.putObject(request.objectKey, Buffer.from('QFI\xfb', 'latin1'));
    rig.simulator.clock.advance(60_000);
    expect(await verify(request, new Date(rig.simulator.clock.now()).toISOString())).toMatchObject({
      kind: 'invalid',
      problem: 'olderThanJob',
      found: expect.stringMatching(/^it was last modified .+Z, before .+Z$/),
    });
  });

  it('F16 the verification reports an empty object', async () => {
    const request = rig.request();
    rig.simulator.putObject(request.objectKey, '');
    expect(await verify(request)).toMatchObject({ kind: 'invalid', problem: 'empty', object: { size: 0 } });
  });

  it('reports an object of another storage class', async () => {
    const headers = { 'Content-Length': '7', 'Last-Modified': new Date().toUTCString(), 'x-obs-storage-class': 'COLD' };
    faultTheHead({ status: 200, headers });
    expect(await verify(rig.request())).toMatchObject({
      kind: 'invalid',
      problem: 'wrongStorageClass',
      found: 'it has the storage class COLD, not STANDARD',
    });
  });

  it('F16 the verification reports an object of another format and shows its first bytes', async () => {
    const request = await exported({ fileFormat: 'vmdk' });
    expect(await verify({ ...request, fileFormat: 'qcow2' })).toMatchObject({
      kind: 'invalid',
      problem: 'wrongFormat',
      found: expect.stringMatching(/^it is not a valid qcow2: its first bytes are( [0-9a-f]{2}){8}$/),
    });
    expect(await verify({ ...request, fileFormat: 'vhd' })).toMatchObject({
      kind: 'invalid',
      problem: 'wrongFormat',
      found: expect.stringMatching(/^it is not a valid vhd: its footer begins with/),
    });
  });

  it('reports an object that is too short for its format', async () => {
    const request = rig.request({ fileFormat: 'vhd' });
    rig.simulator.putObject(request.objectKey, 'conectix');
    expect(await verify(request)).toMatchObject({
      problem: 'wrongFormat',
      found: 'it is shorter than the footer of a vhd (8 of 512 bytes)',
    });
  });

  it('does not judge the bytes of zvhd2, which has no public specification', async () => {
    const request = rig.request({ isQuickExport: true });
    rig.simulator.putObject(request.objectKey, 'anything');
    expect(await verify(request)).toMatchObject({ kind: 'verified', object: { format: 'zvhd2' } });
  });

  it('reports an object that disappears during the verification', async () => {
    const request = await exported();
    rig.simulator.faults.add({
      service: 'obs',
      method: 'GET',
      times: 4,
      action: { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' },
    });
    expect(await verify(request)).toMatchObject({ kind: 'invalid', problem: 'missing' });
  });

  it('is skipped with the reason when the object may not be read', async () => {
    faultTheHead({ status: 403 });
    const request = await exported();
    expect(await verify(request)).toEqual({
      kind: 'skipped',
      reason: `the object could not be read: OBS refused ${request.bucketUrl} to account default (403 AccessDenied); give it permission to read the bucket, or check the object yourself`,
    });
  });

  it('is skipped with the reason when only the bytes may not be read', async () => {
    const request = await exported();
    rig.simulator.faults.add({
      service: 'obs',
      method: 'GET',
      times: 2,
      action: { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' },
    });
    expect(await verify(request)).toMatchObject({
      kind: 'skipped',
      reason: expect.stringContaining('403 AccessDenied'),
    });
  });

  it('fails so that Temporal retries it while OBS does not answer', async () => {
    const request = await exported();
    faultTheHead({ status: 503 }, 20);
    const error = await verify(request).catch((failed: unknown) => failed);
    expect(error).toBeInstanceOf(ApplicationFailure);
    expect(error).toMatchObject({ type: 'CloudUnavailable', nonRetryable: false });
  });
});
