import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVIDENCE_WAITS } from '../../src/activities/evidence';
import { attemptsOf, eventsOf } from '../rigs/history';
import { ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig, until } from '../rigs/rig';

/** The worker of a rig has the activities and nothing else of the plugin: no time of grace, heartbeats a minute apart. */
let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

describe('with activities in a worker that has none of their settings', () => {
  it('F58 an export keeps its job although the worker is stopped during the POST', async () => {
    const one = new OneExport(rig);
    one.postsFail({ delayMs: 1_500 });
    await one.start();
    await until('the POST has arrived', () => one.jobs().length === 1);
    await rig.withoutWorker(async () => {});
    const [job] = one.jobs();
    expect(await one.result()).toMatchObject({ jobId: job?.jobId, confirmed: true, submissions: 1, warnings: [] });
    expect(one.posts()).toHaveLength(1);
  });

  it('F58 readings count only in a row, also when the worker keeps their heartbeats back', async () => {
    const tooFew = EVIDENCE_WAITS.contradictedMs.length;
    const one = new OneExport(rig, { options: ON_REQUEST });
    const jobId = await one.asleep();
    one.headsFail({ status: 404 }, { times: tooFew });
    const older = { 'Content-Length': '0', 'Last-Modified': new Date(0).toUTCString(), ETag: '"x"' };
    one.headsFail({ status: 200, headers: older }, { nth: tooFew + 1, times: 1 });
    one.headsFail({ status: 404 }, { nth: tooFew + 2, times: tooFew });
    one.changeJob(jobId, { status: 'SUCCESS' });
    await one.handle.signal('pollNow');
    expect(await one.result()).toMatchObject({ verification: { state: 'verified' } });
    expect(attemptsOf('imsVerifyObject', eventsOf(await one.handle.fetchHistory()))).toEqual([2 * tooFew + 2]);
  });
});
