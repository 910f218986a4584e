import { ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ExportRequest, VerifyOutcome } from '../../src/contract';
import type { FaultAction } from '../../src/testing';
import { type ActivityRig, RUN_ID, startActivityRig } from './activity-rig';

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

const faultTheHead = (action: FaultAction, times = 1) =>
  rig.simulator.faults.add({ service: 'obs', method: 'HEAD', times, action });

describe('verifying the object of an export', () => {
  it.each(['qcow2', 'vhd', 'vmdk', 'zvhd'])('finds a %s', async (fileFormat) => {
    const outcome = await verify(await exported({ fileFormat }));
    expect(outcome).toMatchObject({ kind: 'verified', object: { format: fileFormat, etag: expect.any(String) } });
  });

  it('does not compare its size with that of the image', async () => {
    const outcome = await verify(await exported({ image: 'large', isQuickExport: true }));
    expect(outcome).toMatchObject({ kind: 'verified', object: { size: expect.any(Number) } });
    expect((outcome as { object: { size: number } }).object.size).toBeLessThan(200 * 1024 ** 3);
  });

  it('finds that it is missing', async () => {
    expect(await verify(rig.request())).toMatchObject({ kind: 'invalid', problem: 'missing', object: null });
  });

  it('finds that it is older than the job, with a second of tolerance', async () => {
    const request = await exported();
    const outcome = await verify(request);
    const lastModifiedMs = Date.parse((outcome as { object: { lastModified: string } }).object.lastModified);
    const later = (ms: number) => new Date(lastModifiedMs + ms).toISOString();
    expect(await verify(request, later(1_000))).toMatchObject({ kind: 'verified' });
    expect(await verify(request, later(1_001))).toMatchObject({ kind: 'invalid', problem: 'olderThanJob' });
  });

  it('does not judge by a time that it cannot read', async () => {
    expect(await verify(await exported(), 'yesterday')).toMatchObject({ kind: 'verified' });
  });

  it('finds that it is empty', async () => {
    const request = await exported();
    faultTheHead({
      status: 200,
      headers: { 'Content-Length': '0', ETag: '"x"', 'Last-Modified': new Date().toUTCString() },
    });
    expect(await verify(request)).toMatchObject({ kind: 'invalid', problem: 'empty' });
  });

  it('finds that it is of another format', async () => {
    const request = await exported({ fileFormat: 'vmdk' });
    expect(await verify({ ...request, fileFormat: 'qcow2' })).toMatchObject({
      kind: 'invalid',
      problem: 'wrongFormat',
    });
    expect(await verify({ ...request, fileFormat: 'vhd' })).toMatchObject({ kind: 'invalid', problem: 'wrongFormat' });
  });

  it('is skipped with the reason when the object may not be read', async () => {
    faultTheHead({ status: 403 });
    expect(await verify(await exported())).toEqual({ kind: 'skipped', reason: expect.stringContaining('403') });
  });

  it('is left to be tried again while OBS cannot be asked', async () => {
    const request = await exported();
    faultTheHead({ status: 503 }, 20);
    const error = await verify(request).catch((failed: unknown) => failed);
    expect(error).toBeInstanceOf(ApplicationFailure);
    expect(error).toMatchObject({ type: 'CloudUnavailable', nonRetryable: false });
  }, 30_000);
});
