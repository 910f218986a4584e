import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ActivityRig, exportedObject, startActivityRig } from '../rigs/activity-rig';
import { ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig } from '../rigs/rig';

describe('an object that contradicts the job', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ simulator: { jobSeconds: 3600 } });
  });
  afterAll(() => rig.close());

  /** Lets the job succeed and, before the export looks, does something to the object. */
  async function endedWith(one: OneExport, tamper: () => void): Promise<OneExport> {
    const jobId = await one.asleep();
    one.changeJob(jobId, { status: 'SUCCESS' });
    tamper();
    await one.handle.signal('pollNow');
    return one;
  }

  it.concurrent.each<[string, string, (one: OneExport) => void]>([
    ['missing', 'missing', (one) => void rig.simulator.deleteObject(one.objectKey)],
    ['empty', 'empty', (one) => void rig.simulator.putObject(one.objectKey, '')],
    ['of another format', 'wrongFormat', (one) => void rig.simulator.putObject(one.objectKey, 'no disk at all')],
  ])('F16 a job with SUCCESS is not a success when its object is %s', async (_what, problem, tamper) => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    await endedWith(one, () => tamper(one));
    expect(await one.failure()).toMatchObject({
      type: 'ExportedObjectInvalid',
      message: expect.stringContaining(one.bucketUrl),
      details: [expect.objectContaining({ problem })],
    });
    expect((await one.remains()).memo).toMatchObject({ outcome: 'failed', remoteJob: 'ended' });
  });

  it.concurrent('F16 an object of another size than the image is a success, since conversion changes the size', async () => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    await endedWith(one, () => {});
    const { object, verification } = await one.result();
    expect(verification).toEqual({ state: 'verified' });
    expect(object?.size).not.toBe(10 * 1024 ** 3);
  });

  it.concurrent('F23 an export without onCancel drain deletes nothing, however it ends', async () => {
    const canceled = new OneExport(rig, { options: ON_REQUEST });
    await canceled.asleep();
    await canceled.handle.cancel();
    await canceled.handle.result().catch(() => undefined);
    const invalid = new OneExport(rig, { options: ON_REQUEST });
    await endedWith(invalid, () => void rig.simulator.putObject(invalid.objectKey, 'no disk at all'));
    await invalid.failure();
    expect(invalid.object()).toBeDefined();
    expect(rig.simulator.requests().filter(({ method }) => method === 'DELETE')).toEqual([]);
  });
});

describe('deleting the object', () => {
  let rig: ActivityRig;
  beforeAll(async () => {
    rig = await startActivityRig({ jobSeconds: 60 });
  });
  afterAll(() => rig.close());

  it('F13 a delete that fails by dead credentials keeps the object with its own reason, and works later', async () => {
    const input = await exportedObject(rig);
    rig.simulator.credentials.revoke('permissions');
    const outcome = await rig.run('imsDiscardObject', input);
    rig.simulator.credentials.restore();
    expect(outcome).toMatchObject({ kind: 'kept', reason: expect.stringContaining('OBS refused: 403') });
    expect(await rig.run('imsDiscardObject', input)).toEqual({ kind: 'discarded' });
  });

  it('F23 the discard deletes only the object that is proven ours', async () => {
    const input = await exportedObject(rig);
    rig.simulator.clock.advance(5_000);
    rig.simulator.putObject(input.request.objectKey, 'somebody put another one in its place');
    expect(await rig.run('imsDiscardObject', input)).toMatchObject({ kind: 'kept' });
    expect(rig.simulator.objects().map(({ key }) => key)).toContain(input.request.objectKey);
  });
});
