import { ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ExportedObject, ExportRequest, ReconcileOutcome } from '../../src/contract';
import type { FaultAction } from '../../src/testing';
import { type ActivityRig, startActivityRig } from '../rigs/activity-rig';

let rig: ActivityRig;
beforeAll(async () => {
  rig = await startActivityRig();
});
afterEach(() => rig.simulator.faults.clear());
afterAll(() => rig.close());

const QCOW2 = Buffer.from('QFI\xfb and the rest of a disk', 'latin1');

/** A request whose destination was free, and the object that appeared there since. */
function appeared(content: string | Buffer = QCOW2): { request: ExportRequest; destinationFreeAt: string } {
  const request = rig.request();
  const destinationFreeAt = new Date(rig.simulator.clock.now()).toISOString();
  rig.simulator.clock.advance(60_000);
  rig.simulator.putObject(request.objectKey, content);
  return { request, destinationFreeAt };
}

const reconcile = (request: ExportRequest, destinationFreeAt: string | null): Promise<ReconcileOutcome> =>
  rig.run('imsReconcileSubmit', { request, destinationFreeAt });
const doubt = (outcome: ReconcileOutcome) => (outcome.kind === 'candidate' ? outcome.doubt : outcome.kind);
const fault = (method: string, action: FaultAction, times = 20) =>
  rig.simulator.faults.add({ service: 'obs', method, times, action });

describe('reading the destination after an ambiguous submit', () => {
  it('reports a free destination', async () => {
    const outcome = await reconcile(rig.request(), '2026-01-01T00:00:00.000Z');
    expect(outcome).toEqual({ kind: 'free', date: expect.any(String) });
  });

  it('reports a new object of the format without a doubt', async () => {
    const { request, destinationFreeAt } = appeared();
    const stored = rig.simulator.objects().find(({ key }) => key === request.objectKey);
    expect(await reconcile(request, destinationFreeAt)).toEqual({
      kind: 'candidate',
      doubt: null,
      object: {
        size: QCOW2.length,
        etag: stored?.etag.replaceAll('"', ''),
        lastModified: new Date(Math.floor((stored?.lastModifiedMs ?? 0) / 1_000) * 1_000).toISOString(),
        format: 'qcow2',
      },
    });
  });

  it('doubts an object more than a second older than the time when the destination was free', async () => {
    const { request, destinationFreeAt } = appeared();
    const found = (await reconcile(request, destinationFreeAt)) as { object: ExportedObject };
    const later = (ms: number) => new Date(Date.parse(found.object.lastModified) + ms).toISOString();
    expect(doubt(await reconcile(request, later(1_000)))).toBeNull();
    expect(doubt(await reconcile(request, later(1_001)))).toContain('it was last modified');
  });

  it.each([null, 'at some time'])(
    'doubts every object without a valid time of the free destination (%s)',
    async (when) => {
      const { request } = appeared();
      expect(doubt(await reconcile(request, when))).toContain('it may have been there before the submit');
    },
  );

  it('doubts an empty object', async () => {
    const { request, destinationFreeAt } = appeared('');
    expect(doubt(await reconcile(request, destinationFreeAt))).toBe('it has 0 bytes');
  });

  it('doubts an object of another format', async () => {
    const { request, destinationFreeAt } = appeared('KDMV, a vmdk');
    expect(doubt(await reconcile(request, destinationFreeAt))).toBe(
      'it is not a valid qcow2: its first bytes are 4b 44 4d 56 2c 20 61 20',
    );
  });

  it('doubts an object of another storage class', async () => {
    const { request, destinationFreeAt } = appeared();
    const headers = {
      'Content-Length': '7',
      ETag: '"x"',
      'Last-Modified': new Date(rig.simulator.clock.now()).toUTCString(),
      'x-obs-storage-class': 'WARM',
    };
    fault('HEAD', { status: 200, headers });
    expect(doubt(await reconcile(request, destinationFreeAt))).toContain('the storage class WARM, not STANDARD');
  });

  it.each([401, 403])('reports denied when OBS answers %i', async (status) => {
    fault('HEAD', { status });
    expect(await reconcile(rig.request(), null)).toMatchObject({
      kind: 'denied',
      error: { httpStatus: status, operation: 'HeadObject' },
    });
  });

  it.each([401, 403])('F42 reports a free destination although OBS answered %i once', async (status) => {
    fault('HEAD', { status }, 1);
    expect(await reconcile(rig.request(), null)).toMatchObject({ kind: 'free' });
  });

  it('reports denied at once where the destination could be read before, and where a person is asked', async () => {
    fault('HEAD', { status: 403 });
    const before = { request: rig.request(), destinationFreeAt: '2026-01-01T00:00:00.000Z' };
    const asks = { request: rig.request({ options: { onAmbiguousSubmit: 'ask' } }), destinationFreeAt: null };
    for (const input of [before, asks]) {
      const { outcome, heartbeats } = await rig.runAs({}, 'imsReconcileSubmit', input);
      expect(outcome).toMatchObject({ kind: 'denied' });
      expect(heartbeats).toEqual([]);
    }
  });

  it.each([
    ['is out of order', { status: 503 }],
    ['is throttled', { status: 429 }],
    ['does not answer', { dropBefore: true }],
  ] as const)('fails so that Temporal retries it while OBS %s', async (_, action) => {
    fault('HEAD', action);
    const { outcome } = await rig.runAs({}, 'imsReconcileSubmit', { request: rig.request(), destinationFreeAt: null });
    expect(outcome).toBeInstanceOf(ApplicationFailure);
    expect(outcome).toMatchObject({ type: 'CloudUnavailable', nonRetryable: false });
  });

  it('sends no POST and changes nothing', () => {
    const methods = new Set(rig.simulator.requests().map(({ method }) => method));
    expect([...methods].sort()).toEqual(['GET', 'HEAD']);
  });
});

describe('reading the destination of a job that was started elsewhere', () => {
  const AT = (ms: number) => new Date(rig.simulator.clock.now() + ms).toISOString();
  const OLD = {
    status: 200,
    headers: { 'Content-Length': '7', ETag: '"x"', 'Last-Modified': new Date(0).toUTCString() },
  };
  const lastModifiedOf = (outcome: ReconcileOutcome | Error) =>
    'object' in outcome ? Date.parse(outcome.object.lastModified) : Number.NaN;

  it('F42 reports the object of the job although three readings found one that was there before it', async () => {
    const { request } = appeared();
    const job = { beginTime: AT(-60_000), endTime: AT(0) };
    fault('HEAD', OLD, 3);
    const { outcome } = await rig.runAs({}, 'imsReconcileSubmit', { request, destinationFreeAt: null, job });
    expect(lastModifiedOf(outcome)).toBeGreaterThan(0);
  });

  it('F42 reports an object of another time once four readings have found it', async () => {
    const { request } = appeared();
    const job = { beginTime: AT(-60_000), endTime: AT(0) };
    fault('HEAD', OLD, 4);
    const { outcome } = await rig.runAs({}, 'imsReconcileSubmit', { request, destinationFreeAt: null, job });
    expect(lastModifiedOf(outcome)).toBe(0);
  });

  it('F42 forgets an object of another time that it does not find again', async () => {
    const request = rig.request();
    const job = { beginTime: AT(-60_000), endTime: null };
    fault('HEAD', OLD, 1);
    const { outcome } = await rig.runAs({}, 'imsReconcileSubmit', { request, destinationFreeAt: null, job });
    expect(outcome).toMatchObject({ kind: 'free' });
  });
});

describe('an object seen once after an ambiguous submit', () => {
  /** What a first attempt saw, whose worker was lost before it could tell. */
  async function seen() {
    const input = appeared();
    const { heartbeats } = await rig.runAs({ attempt: 1 }, 'imsReconcileSubmit', input);
    expect(heartbeats).toEqual([{ object: expect.objectContaining({ size: QCOW2.length }) }]);
    return { input, again: { attempt: 2, heartbeatDetails: heartbeats[0] as { object: ExportedObject } } };
  }
  const itself = { kind: 'candidate', object: { size: QCOW2.length } };

  it('is reported at once with a doubt while its bytes cannot be read, and a later read can clear the doubt', async () => {
    const input = appeared();
    fault('GET', { status: 503 });
    const { outcome, heartbeats } = await rig.runAs({ attempt: 1 }, 'imsReconcileSubmit', input);
    expect(outcome).toMatchObject({ ...itself, doubt: 'its bytes could not be read (HTTP 503)', passing: true });
    expect(heartbeats).toEqual([{ object: expect.objectContaining({ size: QCOW2.length }) }]);
    rig.simulator.faults.clear();
    expect(doubt(await rig.run('imsReconcileSubmit', input))).toBeNull();
  });

  it('is reported by the next attempt even when it is gone', async () => {
    const { input, again } = await seen();
    rig.simulator.deleteObject(input.request.objectKey);
    const { outcome } = await rig.runAs(again, 'imsReconcileSubmit', input);
    expect(outcome).toEqual({ ...itself, object: again.heartbeatDetails.object, doubt: 'it was there and is gone' });
  });

  it.each<[string, FaultAction, string]>([
    ['is out of order', { status: 503 }, 'HTTP 503'],
    ['asks to wait', { status: 503, headers: { 'Retry-After': '300' } }, 'HTTP 503'],
    ['refuses', { status: 403 }, '403 AccessDenied'],
    ['does not answer', { dropBefore: true }, 'UND_ERR_SOCKET'],
  ])('is reported by the next attempt while OBS %s', async (_what, action, why) => {
    const { input, again } = await seen();
    fault('HEAD', action);
    const { outcome } = await rig.runAs(again, 'imsReconcileSubmit', input);
    const doubt = `it was there, and could not be read again (${why})`;
    expect(outcome).toEqual({ ...itself, object: again.heartbeatDetails.object, doubt, passing: true });
  });

  it('is reported by a worker that lacks the account', async () => {
    const { input, again } = await seen();
    const request = { ...input.request, account: 'elsewhere' };
    const { outcome } = await rig.runAs(again, 'imsReconcileSubmit', { ...input, request });
    expect(outcome).toMatchObject({ ...itself, passing: true });
    expect(outcome).toMatchObject({ doubt: expect.stringContaining('This worker has no account elsewhere') });
  });

  it('is reported at once with a doubt when its bytes may not be read', async () => {
    const { request, destinationFreeAt } = appeared();
    fault('GET', { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' });
    const outcome = await reconcile(request, destinationFreeAt);
    expect(outcome).toMatchObject({ doubt: 'its bytes could not be read (403 AccessDenied)' });
    // Nobody waits for a permission: OBS has answered all that it was asked.
    expect(outcome).not.toHaveProperty('passing');
  });

  it('is reported as gone when it disappears before its bytes are read', async () => {
    const { request, destinationFreeAt } = appeared();
    fault('GET', { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' });
    expect(doubt(await reconcile(request, destinationFreeAt))).toBe('it was there and is gone');
  });
});
