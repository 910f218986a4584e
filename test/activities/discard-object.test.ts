import { ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DiscardInput, DiscardOutcome, ExportRequest } from '../../src/contract';
import type { FaultAction } from '../../src/testing';
import { type ActivityRig, exportedObject, startActivityRig } from '../rigs/activity-rig';

let rig: ActivityRig;
beforeAll(async () => {
  rig = await startActivityRig({ jobSeconds: 60 });
});
afterEach(() => {
  rig.simulator.faults.clear();
  rig.simulator.credentials.restore();
});
afterAll(() => rig.close());

const discard = (input: DiscardInput): Promise<DiscardOutcome> => rig.run('imsDiscardObject', input);
const isThere = ({ objectKey }: ExportRequest) => rig.simulator.objects().some(({ key }) => key === objectKey);
const deletes = () => rig.simulator.requests().filter(({ method }) => method === 'DELETE').length;
const DATE = new Date(0).toUTCString();
const fault = (method: string, action: FaultAction, times = 1) =>
  rig.simulator.faults.add({ service: 'obs', method, times, action });

describe('discarding the object of a canceled export', () => {
  it('deletes the object that was verified', async () => {
    const input = await exportedObject(rig);
    expect(await discard(input)).toEqual({ kind: 'discarded' });
    expect(isThere(input.request)).toBe(false);
  });

  it('reports alreadyGone when the object does not exist', async () => {
    const input = await exportedObject(rig);
    rig.simulator.deleteObject(input.request.objectKey);
    const before = deletes();
    expect(await discard(input)).toEqual({ kind: 'alreadyGone' });
    expect(deletes()).toBe(before);
  });

  it.each([
    ['ETag', { etag: 'another' }],
    ['size', { size: 7 }],
    ['last-modified', { lastModified: '2026-01-01T00:00:00.000Z' }],
  ])('F23 a discard keeps an object whose %s differs from that of the verified object', async (_, changes) => {
    const input = await exportedObject(rig);
    const before = deletes();
    expect(await discard({ ...input, object: { ...input.object, ...changes } })).toEqual({
      kind: 'kept',
      reason: expect.stringContaining('it is not the object that was verified'),
    });
    expect({ isThere: isThere(input.request), deletes: deletes() }).toEqual({ isThere: true, deletes: before });
  });

  it('F42 a discard deletes the object although three readings found another one', async () => {
    const input = await exportedObject(rig);
    fault('HEAD', { status: 200, headers: { 'Content-Length': '7', ETag: '"x"', 'Last-Modified': DATE } }, 3);
    expect(await discard(input)).toEqual({ kind: 'discarded' });
    expect(isThere(input.request)).toBe(false);
  });

  it('F23 a discard keeps an object that replaced the exported one', async () => {
    const input = await exportedObject(rig);
    rig.simulator.clock.advance(5_000);
    rig.simulator.putObject(input.request.objectKey, 'somebody else’s');
    expect(await discard(input)).toMatchObject({ kind: 'kept' });
    expect(isThere(input.request)).toBe(true);
  });

  it('F23 a discard keeps an object that is more than a second older than the job', async () => {
    const input = await exportedObject(rig);
    const later = (ms: number) => new Date(Date.parse(input.object.lastModified) + ms).toISOString();
    expect(await discard({ ...input, notOlderThan: later(1_001) })).toEqual({
      kind: 'kept',
      reason: expect.stringContaining('it is older than the job'),
    });
    expect(await discard({ ...input, notOlderThan: later(1_000) })).toEqual({ kind: 'discarded' });
  });

  it.each(['', 'yesterday'])(
    'F23 a discard keeps the object when the start time of the job is unknown (%j)',
    async (notOlderThan) => {
      const input = await exportedObject(rig);
      expect(await discard({ ...input, notOlderThan })).toMatchObject({ kind: 'kept' });
      expect(isThere(input.request)).toBe(true);
    },
  );

  it('F23 a discard keeps an object without an ETag to compare', async () => {
    const input = await exportedObject(rig);
    const { size, lastModified } = input.object;
    const headers = { 'Content-Length': String(size), 'Last-Modified': new Date(lastModified).toUTCString() };
    fault('HEAD', { status: 200, headers });
    expect(await discard({ ...input, object: { ...input.object, etag: '' } })).toMatchObject({ kind: 'kept' });
    expect(isThere(input.request)).toBe(true);
  });
});

describe('a discard that OBS rejects or interrupts', () => {
  it.each([
    ['HEAD', 403, 'OBS refused: 403 AccessDenied'],
    ['DELETE', 403, 'OBS refused: 403 AccessDenied'],
    ['HEAD', 401, 'OBS refused: HTTP 401'],
    ['DELETE', 401, 'OBS refused: HTTP 401'],
  ])(
    'F13 a discard keeps the object and gives the reason when OBS answers the %s with %i',
    async (method, status, reason) => {
      const input = await exportedObject(rig);
      const code = status === 403 ? '<Error><Code>AccessDenied</Code></Error>' : '';
      fault(method, { status, ...(method === 'DELETE' ? { body: code } : {}) }, 5);
      expect(await discard(input)).toEqual({ kind: 'kept', reason });
      expect(isThere(input.request)).toBe(true);
    },
  );

  it('F13 a discard keeps the object and gives the reason when the permissions were removed meanwhile', async () => {
    const input = await exportedObject(rig);
    rig.simulator.credentials.revoke('permissions');
    expect(await discard(input)).toEqual({ kind: 'kept', reason: 'OBS refused: 403 AccessDenied' });
    rig.simulator.credentials.restore();
    expect(isThere(input.request)).toBe(true);
  });

  it.each([
    ['the HEAD fails', 'HEAD', { status: 503 }, 20, true],
    ['the DELETE fails', 'DELETE', { status: 503 }, 1, true],
    ['the DELETE is not answered', 'DELETE', { dropBefore: true }, 1, true],
    ['the answer to the DELETE is lost', 'DELETE', { dropAfter: true }, 1, false],
  ] as const)('fails so that Temporal retries it when %s', async (_, method, action, times, staysThere) => {
    const input = await exportedObject(rig);
    const before = deletes();
    fault(method, action, times);
    const { outcome } = await rig.runAs({}, 'imsDiscardObject', input);
    expect(outcome).toBeInstanceOf(ApplicationFailure);
    expect(outcome).toMatchObject({ type: 'CloudUnavailable', nonRetryable: false });
    expect(isThere(input.request)).toBe(staysThere);
    expect(deletes() - before).toBe(method === 'DELETE' ? 1 : 0);

    rig.simulator.faults.clear();
    expect(await discard(input)).toEqual({ kind: staysThere ? 'discarded' : 'alreadyGone' });
  });

  it('F23 a discard deletes nothing when its check is out of date because the worker was suspended', async () => {
    const input = await exportedObject(rig);
    const before = deletes();
    const heads = () => rig.simulator.requests().filter(({ method }) => method === 'HEAD').length;
    const [headsBefore, now] = [heads(), performance.now.bind(performance)];
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + (heads() > headsBefore ? 16_000 : 0));
    const { outcome } = await rig.runAs({}, 'imsDiscardObject', input).finally(() => clock.mockRestore());
    expect(outcome).toMatchObject({ type: 'StaleLook', nonRetryable: false });
    expect({ isThere: isThere(input.request), deletes: deletes() }).toEqual({ isThere: true, deletes: before });
    expect(await discard(input)).toEqual({ kind: 'discarded' });
  });
});
