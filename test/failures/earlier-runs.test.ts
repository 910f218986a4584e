import { afterAll, beforeAll, expect, it } from 'vitest';
import { attachExport, readExport, resolveSubmission, startExport } from '../../src/client';
import type { AttachExportInput, ExportOptions } from '../../src/contract';
import type { FaultAction } from '../../src/testing';
import { ALWAYS, ON_REQUEST, OneExport } from '../rigs/one-export';
import { lookNow, type Rig, startRig, untilStatus } from '../rigs/rig';
import { runCommand } from '../rigs/run-command';
import { bundleWithQuickSubmits } from '../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleWithQuickSubmits(), simulator: { jobSeconds: 3_600 } });
});
afterAll(() => rig.close());

const MISTYPED = 'f'.repeat(32);

const attachInput = (
  { imageId, bucketUrl }: OneExport,
  jobId: string,
  options: ExportOptions = {},
): AttachExportInput => ({
  imageId,
  bucketUrl,
  attach: { jobId },
  options: { ...ON_REQUEST, ...options },
});
const attach = (one: OneExport, jobId: string, options?: ExportOptions) =>
  attachExport(rig.client, attachInput(one, jobId, options), { taskQueue: rig.taskQueue });

/** An export that was canceled while its job ran on. */
async function canceled(): Promise<{ one: OneExport; jobId: string; workflowId: string }> {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  await one.handle.cancel();
  await one.handle.result().catch(() => {});
  return { one, jobId, workflowId: one.handle.workflowId };
}

it.concurrent('F45 a mistyped job id is refused, and does not erase the job of the earlier run', async () => {
  const { one, jobId, workflowId } = await canceled();
  const refused = await attach(one, MISTYPED).catch((error) => error);
  expect(refused).toMatchObject({ code: 'InvalidExportRequest', details: { field: 'attach.jobId' } });
  expect(refused.message).toContain(`In the cloud, job ${jobId} may still run`);
  expect(refused.message).toContain(`ims-export attach --job ${jobId} --image ${one.imageId}`);

  const earlier = { jobId, outcome: 'canceled', remoteJob: 'running' };
  const { memo, status } = await readExport(rig.client, workflowId);
  expect(memo).toMatchObject({ outcome: 'failed', remoteJob: 'none', earlier });
  expect(memo.jobId).toBeUndefined();
  expect(status).toMatchObject({
    remoteJob: 'none',
    jobId: null,
    earlier,
    resolution: { jobId: MISTYPED, taken: false, objection: expect.stringContaining('IMG.0023') },
  });
  const { stdout } = await runCommand(rig, 'status', workflowId);
  expect(stdout).toMatch(new RegExp(`earlier .*job ${jobId} may still run.*attach --job ${jobId}`));

  // A start after it still learns of the job, and hands it on once more.
  const again = await startExport(
    rig.client,
    { ...one.input, options: { whenImageBusy: 'fail' } },
    { taskQueue: rig.taskQueue },
  ).catch((error) => error);
  expect(again).toMatchObject({ code: 'SubmitRejected' });
  expect(again.message).toContain(`attach --job ${jobId}`);
  expect(again.message.split(`job ${jobId} may still run`)).toHaveLength(2);

  const attached = await attach(one, jobId);
  expect(attached).toMatchObject({ jobId });
  expect((await readExport(rig.client, workflowId)).status).toMatchObject({
    resolution: { jobId, taken: true, objection: null },
  });
  one.changeJob(jobId, { status: 'SUCCESS' });
  await lookNow(rig.client, workflowId);
  expect(await attached.result()).toMatchObject({ jobId, submissions: 0 });
});

it.concurrent('F45 an earlier run of any other shape in the memo is ignored', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  for (const earlier of ['nonsense', 7, null, { runId: 3 }, { jobId: MISTYPED }]) {
    const handle = await rig.client.workflow.start('exportImageWorkflow', {
      workflowId: `odd-${one.imageId}`,
      taskQueue: rig.taskQueue,
      args: [{ bucketUrl: one.bucketUrl }],
      memo: { earlier },
    });
    await handle.result().catch(() => {});
    expect((await readExport(rig.client, handle.workflowId)).status).toMatchObject({
      outcome: 'failed',
      earlier: null,
    });
  }
});

const NO_ANSWERS: Array<[string, FaultAction]> = [
  ['a 503', { status: 503, body: 'Service Unavailable' }],
  ['refused permissions', { status: 403, body: { error_code: 'APIGW.0302', error_msg: 'not allowed' } }],
  ['a page of somebody else', { status: 200, body: '<html>Log in</html>' }],
];

it.concurrent.each(NO_ANSWERS)(
  'F45 %s says nothing about a job to attach to: it is read again until the cloud says more',
  async (what, action) => {
    const { one, jobId, workflowId } = await canceled();
    // Each read is made a few times over.
    one.pollsFail(jobId, action, { times: 1_000_000 });
    const attaching = attach(one, jobId);
    attaching.catch(() => {});
    const waiting = await untilStatus(rig.client, workflowId, ({ resolution }) => resolution?.objection != null);
    expect(waiting).toMatchObject({ outcome: null, resolution: { jobId, taken: null } });
    if (what === 'refused permissions') expect(waiting).toMatchObject({ phase: 'parked', attention: 'parked' });
    await lookNow(rig.client, workflowId);
    const stillThere = await untilStatus(rig.client, workflowId, ({ nextPollAt }) => nextPollAt !== null);
    expect(stillThere).toMatchObject({ outcome: null });
    await rig.client.workflow.getHandle(workflowId).cancel();
    await attaching.catch(() => {});
  },
);

it.concurrent('F45 an attach whose job cannot be read until the deadline ends as unknown, with the job id', async () => {
  const { one, jobId, workflowId } = await canceled();
  one.pollsFail(jobId, { status: 503, body: 'Service Unavailable' }, ALWAYS);
  const refused = await attach(one, jobId, { deadline: '4s' }).catch((error) => error);
  expect(refused).toMatchObject({ code: 'ExportOutcomeUnknown', details: { jobId, reason: 'deadline' } });
  const { memo } = await readExport(rig.client, workflowId);
  expect(memo).toMatchObject({ outcome: 'unknown', remoteJob: 'unknown', earlier: { jobId }, namedJobId: jobId });
  expect(memo.jobId).toBeUndefined();
});

/** A start that is refused, as the image is busy; returns its message, and what it was told of. */
async function refusedStart({ input, handle }: OneExport) {
  const options: ExportOptions = { whenImageBusy: 'fail' };
  const refused = await startExport(rig.client, { ...input, options }, { taskQueue: rig.taskQueue }).catch(
    (error) => error,
  );
  expect(refused).toMatchObject({ code: 'SubmitRejected' });
  const { memo, runId } = await readExport(rig.client, handle.workflowId);
  return { message: String(refused.message), memo, runId };
}

it.concurrent('F45 a run whose own job is unknown is not hidden by the run before it', async () => {
  const { one, jobId, workflowId } = await canceled();
  one.postsFail({ dropAfter: true });
  const lost = { ...one.input, options: { ...ON_REQUEST, maxProbes: 0 } };
  const unknown = await startExport(rig.client, lost, { taskQueue: rig.taskQueue }).catch((error) => error);
  expect(unknown).toMatchObject({ code: 'ExportOutcomeUnknown' });
  const second = await readExport(rig.client, workflowId);
  expect(second.memo).toMatchObject({ remoteJob: 'unknown', earlier: { jobId } });

  const own = { runId: second.runId, outcome: 'unknown', remoteJob: 'unknown', jobId: null };
  const third = await refusedStart(one);
  expect(third.memo).toMatchObject({ remoteJob: 'none', earlier: own });
  expect(third.message).toContain('a job of unknown id may still run');
  // The run between began nothing: it hands on what it was told.
  expect((await refusedStart(one)).memo).toMatchObject({ earlier: own });
});

it.concurrent('F45 a job that an attach could not read by the deadline, or until its cancel, is named to the next run', async () => {
  const { one, jobId, workflowId } = await canceled();
  const named = 'a'.repeat(32);
  one.pollsFail(named, { status: 503, body: 'Service Unavailable' }, ALWAYS);
  const refused = await attach(one, named, { deadline: '3s' }).catch((error) => error);
  expect(refused).toMatchObject({ code: 'ExportOutcomeUnknown' });
  const { memo, runId } = await readExport(rig.client, workflowId);
  expect(memo).toMatchObject({ namedJobId: named, earlier: { jobId } });
  const next = await refusedStart(one);
  expect(next.memo.earlier).toMatchObject({ runId, outcome: 'unknown', remoteJob: 'unknown', jobId: named });
  expect(next.message).toContain(`job ${named} may still run`);

  const attaching = attach(one, named);
  attaching.catch(() => {});
  await untilStatus(rig.client, workflowId, ({ resolution, outcome }) => outcome === null && resolution !== null);
  await rig.client.workflow.getHandle(workflowId).cancel();
  await attaching.catch(() => {});
  expect((await readExport(rig.client, workflowId)).memo).toMatchObject({ outcome: 'canceled', namedJobId: named });
});

it.concurrent('F45 a job that the cloud does not know only for a moment is tracked', async () => {
  const { one, jobId } = await canceled();
  one.pollsFail(
    jobId,
    { status: 404, body: { error: { code: 'IMG.0023', message: 'An exception occurred.' } } },
    { times: 2 },
  );
  expect(await attach(one, jobId)).toMatchObject({ jobId });
  await rig.client.workflow.getHandle(one.handle.workflowId).cancel();
});

it.concurrent('F45 what became of a job that the operator named is in the status', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropAfter: true });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  const other = new OneExport(rig, { options: ON_REQUEST });
  const otherJob = await other.accepted();
  await resolveSubmission(rig.client, one.handle.workflowId, { jobId: otherJob });
  const { resolution } = await one.until((status) => status.resolution?.taken === false);
  expect(resolution).toEqual({
    jobId: otherJob,
    taken: false,
    objection: expect.stringContaining(`of image ${other.imageId}`),
  });
  await Promise.all([one.handle.cancel(), other.handle.cancel()]);
});
