import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SubmissionResolution } from '../../src/contract';
import { ALWAYS, OneExport } from '../rigs/one-export';
import { lookNow, type Rig, startRig } from '../rigs/rig';
import { bundleWithQuickSubmits } from '../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleWithQuickSubmits(), simulator: { jobSeconds: 600 } });
});
afterAll(() => rig.close());

/** An export whose answer was lost while its job runs, which waits for a person. */
async function parked(): Promise<{ one: OneExport; jobId: string }> {
  const one = new OneExport(rig, { options: { onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropAfter: true });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  const [{ jobId } = { jobId: '' }] = one.jobs();
  return { one, jobId };
}

const answer = ({ handle }: OneExport, resolution: SubmissionResolution) =>
  handle.executeUpdate<void, [SubmissionResolution]>('resolveSubmission', { args: [resolution] });

/** A job of somebody else's export. */
async function otherJob(): Promise<{ jobId: string; imageId: string }> {
  const other = new OneExport(rig);
  const jobId = await other.accepted();
  return { jobId, imageId: other.imageId };
}

async function refused({ one }: { one: OneExport }, jobId: string, why: string): Promise<void> {
  await answer(one, { jobId });
  const {
    warnings,
    phase,
    jobId: taken,
  } = await one.until(
    ({ warnings, phase }) => phase === 'needsAnswer' && warnings.some((warning) => warning.includes(jobId)),
  );
  expect({ phase, taken }).toEqual({ phase: 'needsAnswer', taken: null });
  expect(warnings).toContainEqual(expect.stringContaining(why));
}

it.concurrent('F37 an answer that names a job of another image is not adopted, and the export says so', async () => {
  const waiting = await parked();
  const { jobId, imageId } = await otherJob();
  await refused(waiting, jobId, `it is of image ${imageId}`);
  await answer(waiting.one, { jobId: waiting.jobId });
  rig.simulator.changeJob(waiting.jobId, { status: 'SUCCESS' });
  await lookNow(rig.client, waiting.one.handle.workflowId);
  expect(await waiting.one.result()).toMatchObject({ confirmed: true, jobId: waiting.jobId, submissions: 1 });
});

it.concurrent('F37 an answer that names a failed job is not adopted, and the export can be submitted again', async () => {
  const waiting = await parked();
  rig.simulator.changeJob(waiting.jobId, { status: 'FAIL', error_code: 'IMG.0061' });
  await refused(waiting, waiting.jobId, 'its status is FAIL');
  await answer(waiting.one, { notSubmitted: true });
  const { jobId } = await waiting.one.until((status) => status.jobId !== null);
  rig.simulator.changeJob(String(jobId), { status: 'SUCCESS' });
  await lookNow(rig.client, waiting.one.handle.workflowId);
  expect(await waiting.one.result()).toMatchObject({ confirmed: true, submissions: 2 });
});

it.concurrent('F37 an answer that names a job unknown to the cloud is not adopted', async () => {
  await refused(await parked(), 'ff80808280c204e30180d2784c3c0d86', 'the cloud answered');
});

it.concurrent('F37 an answer that names a job to an unknown object is adopted with a warning when OBS cannot confirm it', async () => {
  const one = new OneExport(rig, { options: { onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropBefore: true });
  one.headsFail({ status: 403 }, ALWAYS);
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  const other = one.to(`${rig.simulator.info.bucket}:f37/${one.imageId}`);
  const jobId = await other.accepted();
  await answer(one, { jobId });
  other.changeJob(jobId, { status: 'SUCCESS' });
  const { warnings, ...result } = await one.result();
  expect(result).toMatchObject({ jobId, object: null, verification: { state: 'skipped' } });
  expect(warnings).toContainEqual(
    expect.stringContaining(`Job ${jobId} was named by resolveSubmission. The cloud does not tell to which object`),
  );
  await other.result();
});
