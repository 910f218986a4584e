import { afterAll, beforeAll, expect, it } from 'vitest';
import { startExport } from '../../src/client';
import { type Rig, startRig } from '../rigs/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ worker: { maxCachedWorkflows: 0 }, simulator: { jobSeconds: 5 } });
});
afterAll(() => rig.close());

it('a worker without a workflow cache, which replays every task, exports once', async () => {
  const { result, jobId } = await startExport(rig.client, rig.input(), { taskQueue: rig.taskQueue });
  const { polls, ...rest } = await result();
  expect(rest).toMatchObject({ verdict: 'succeeded', jobId, submissions: 1, verification: { state: 'verified' } });
  expect(polls).toBeGreaterThan(2);
  expect(rig.posts()).toBe(1);
});
