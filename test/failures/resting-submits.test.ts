import { tsToMs } from '@temporalio/common/lib/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportStatus } from '../../src/contract';
import { eventsOf } from '../rigs/history';
import { OneExport } from '../rigs/one-export';
import { type Rig, startRig, until } from '../rigs/rig';

describe('an export whose submit is refused', () => {
  let exports: Rig;
  beforeAll(async () => {
    exports = await startRig({ simulator: { jobSeconds: 1 } });
  });
  afterAll(() => exports.close());

  const isWaiting = (status: ExportStatus): boolean => status.phase === 'waitingToSubmit';
  const REFUSED = { status: 403, body: { error: { code: 'IMG.0026', message: 'no' } } };
  /** The same with the words of a gateway about the signature. */
  const UNSIGNED = { status: 401, body: { error_code: 'APIGW.0301', error_msg: 'Incorrect IAM authentication' } };

  it('F42 goes on when both refusals were of one second, the other one since a person asked for it', async () => {
    const one = new OneExport(exports);
    one.postsFail(REFUSED, { times: 2 });
    await one.start();
    for (const posts of [1, 2]) {
      await until(`there are ${posts} POSTs`, () => one.posts().length === posts);
      await one.until(isWaiting);
      await one.handle.signal('pollNow');
    }
    expect(await one.result()).toMatchObject({ verdict: 'succeeded', submissions: 1 });
    expect(one.posts()).toHaveLength(3);
  });

  it('F42 is tried again before a deadline that comes within a minute', async () => {
    const one = new OneExport(exports, { options: { deadline: '8s' } });
    one.postsFail(REFUSED, { times: 1 });
    await one.start();
    expect(await one.result()).toMatchObject({ verdict: 'succeeded', submissions: 1 });
    expect(one.posts()).toHaveLength(2);
  });

  it('F69 looks for another key every half a minute while the one that it has rests, however often it has waited', async () => {
    const one = new OneExport(exports);
    one.postsFail(UNSIGNED, { times: 1 });
    await one.start();
    await one.until(isWaiting);
    exports.simulator.credentials.revoke();
    const heldBack = 3;
    const timers = async () =>
      eventsOf(await one.handle.fetchHistory()).flatMap(({ timerStartedEventAttributes: timer }) =>
        timer ? [tsToMs(timer.startToFireTimeout)] : [],
      );
    for (let waits = 1; waits <= 2 + heldBack; waits += 1) {
      await expect.poll(async () => (await timers()).length, { timeout: 15_000 }).toBeGreaterThanOrEqual(waits);
      await one.handle.signal('pollNow');
    }
    const ofHeldBack = (await timers()).slice(-heldBack + 1);
    for (const ms of ofHeldBack) expect(ms).toBeLessThan(45_000);
    await one.handle.terminate();
  });
});
