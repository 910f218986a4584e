import { join } from 'node:path';
import type { WorkflowFailedError, WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportOptions, SubmissionResolution } from '../../../src/contract';
import type { FaultAction } from '../../../src/testing';
import { type Rig, type RigOptions, startRig, untilStatus } from '../../rigs/rig';
import { bundleOnce, bundleWithQuickSubmits, QUICK_SUBMITS } from '../../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  rig = await startQuickRig();
});
afterAll(() => rig.close());

async function startQuickRig(options: RigOptions = {}): Promise<Rig> {
  return startRig({ bundle: await bundleWithQuickSubmits(), ...options });
}

/** An export of an image of its own, whose first POST meets a fault. */
async function exportWith(action: FaultAction, options?: ExportOptions, on: Rig & { longJob?: boolean } = rig) {
  const { simulator } = on;
  const image = simulator.addImage('linux');
  if (on.longJob) on.longJobs.add(image.id);
  simulator.faults.add({ method: 'POST', path: `*/${image.id}/file`, action });
  const handle = await on.startWorkflow({ ...on.input({ options }), imageId: image.id });
  return {
    handle,
    workflowId: handle.workflowId,
    jobs: () => simulator.jobs().filter(({ imageId }) => imageId === image.id),
    posts: () => simulator.requests().filter(({ method, path }) => method === 'POST' && path.includes(image.id)).length,
  };
}

async function failureOf(handle: WorkflowHandle): Promise<ApplicationFailure> {
  const error = await handle.result().catch((failed: unknown) => failed);
  return (error as WorkflowFailedError).cause as ApplicationFailure;
}

function answer(handle: WorkflowHandle, ...args: unknown[]): Promise<void> {
  return handle.executeUpdate<void, [SubmissionResolution]>('resolveSubmission', { args: args as never });
}

describe.concurrent('an ambiguous submit', () => {
  it('whose POST never arrived becomes the export through the probe', async () => {
    const { handle, jobs } = await exportWith({ dropBefore: true });
    const result = await handle.result();
    expect(result).toMatchObject({ confirmed: true, submissions: 2, verification: { state: 'verified' } });
    expect(result.warnings).toContainEqual(expect.stringContaining('The answer to an earlier submit was lost'));
    expect(jobs()).toHaveLength(1);
  });

  it('whose job has ended submits nothing more, since the object may be ours', async () => {
    const { handle, posts } = await exportWith({ dropAfter: true }, { maxProbes: 3 });
    const object = expect.objectContaining({ format: 'qcow2', size: expect.any(Number) });
    expect(await failureOf(handle)).toMatchObject({
      type: 'ExportOutcomeUnknown',
      details: [expect.objectContaining({ reason: 'submitAmbiguous', remoteJob: 'unknown', object })],
    });
    expect(posts()).toBe(1);
  });

  it('returns a stable object as the result with acceptUnconfirmed', async () => {
    const { handle, posts } = await exportWith({ dropAfter: true }, { acceptUnconfirmed: true });
    expect(await handle.result()).toMatchObject({ confirmed: false, jobId: null, submissions: 1 });
    expect(posts()).toBe(1);
  });

  it('whose job runs makes the probe find the image busy, and the object is watched for', async () => {
    const started = await exportWith({ dropAfter: true }, { acceptUnconfirmed: true }, { ...rig, longJob: true });
    const { handle, workflowId, jobs } = started;
    await untilStatus(rig.client, workflowId, ({ lastError }) => lastError?.startsWith('IMG.0148') === true);
    rig.simulator.changeJob(jobs()[0]?.jobId ?? '', { status: 'SUCCESS' });
    expect(await handle.result()).toMatchObject({ confirmed: false, jobId: null, submissions: 1 });
    expect(jobs()).toHaveLength(1);
  });

  it('without probes ends as unknown once the POST is surely over, without a second one', async () => {
    const { handle, posts } = await exportWith({ dropBefore: true }, { maxProbes: 0 });
    expect(await failureOf(handle)).toMatchObject({ type: 'ExportOutcomeUnknown' });
    expect(posts()).toBe(1);
  });
});

describe.concurrent('resolveSubmission', () => {
  it('adopts the job that the operator names', async () => {
    const { handle, workflowId, jobs } = await exportWith({ dropAfter: true }, { onAmbiguousSubmit: 'ask' });
    const [{ jobId } = { jobId: '' }] = await untilStatus(rig.client, workflowId, () => jobs().length > 0).then(jobs);
    await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'needsAnswer');
    await answer(handle, { jobId });
    expect(await handle.result()).toMatchObject({ confirmed: true, jobId, submissions: 1 });
  });

  it('with notSubmitted makes the export submit again once the ambiguous POST is surely over', async () => {
    const { handle, workflowId } = await exportWith({ dropBefore: true }, { onAmbiguousSubmit: 'ask', maxProbes: 0 });
    await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'reconciling');
    await answer(handle, { notSubmitted: true });
    expect(await handle.result()).toMatchObject({ confirmed: true, submissions: 2 });
  });

  it('rejects invalid input, and is rejected while no submit is ambiguous', async () => {
    const handle = await rig.startWorkflow({ ...rig.input(), imageId: rig.simulator.addImage('linux').id });
    for (const args of [[], [{ jobId: 'a', notSubmitted: true }], [{ notSubmitted: false }], [{ jobId: '../x' }]]) {
      await expect(answer(handle, ...args)).rejects.toMatchObject({ cause: { type: 'InvalidExportRequest' } });
    }
    await expect(answer(handle, { notSubmitted: true })).rejects.toMatchObject({
      cause: { type: 'NothingToResolve', message: expect.stringContaining('nothing to resolve') },
    });
    await handle.result();
  });
});

it('the search for the job of an ambiguous submit continues in a new run when the history is long', async () => {
  const budget = join(__dirname, '../../rigs/fixtures/short-history.ts');
  const bundle = await bundleOnce({ replace: { ...QUICK_SUBMITS, './history-budget': budget } });
  const short = await startRig({ bundle, simulator: { jobSeconds: 600 } });
  try {
    const options = { acceptUnconfirmed: true, minInterval: 50, maxInterval: 100 };
    const { handle, posts } = await exportWith({ dropAfter: true }, options, short);
    await untilContinued(short, handle);
    short.simulator.clock.advance(600_000);
    expect(await handle.result()).toMatchObject({ confirmed: false, submissions: 1 });
    expect(posts()).toBe(2);
  } finally {
    await short.close();
  }
});

async function untilContinued({ client }: Rig, first: WorkflowHandleWithFirstExecutionRunId): Promise<void> {
  const latest = client.workflow.getHandle(first.workflowId);
  while ((await latest.describe()).runId === first.firstExecutionRunId) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
