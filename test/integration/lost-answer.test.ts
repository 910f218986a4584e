import { join } from 'node:path';
import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportImageResult } from '../../src/contract';
import { type Rig, startRig, untilStatus } from '../rig';
import { bundleOnce, bundleWithQuickSubmits, QUICK_SUBMITS } from '../temporal';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleWithQuickSubmits(), simulator: { jobSeconds: 1 } });
});
afterAll(() => rig.close());

async function failureOf(handle: WorkflowHandle): Promise<ApplicationFailure> {
  const error = await handle.result().catch((failed: unknown) => failed);
  return (error as WorkflowFailedError).cause as ApplicationFailure;
}

describe('an answer that was lost', () => {
  it('to a POST that never arrived: the probe is the export', async () => {
    rig.simulator.faults.add({ method: 'POST', path: '*/file', action: { dropBefore: true } });
    const handle = await rig.startWorkflow(rig.input({ image: 'linux' }));
    const result: ExportImageResult = await handle.result();
    expect(result).toMatchObject({
      verdict: 'succeeded',
      confirmed: true,
      submissions: 2,
      verification: { state: 'verified' },
    });
    expect(result.warnings).toContainEqual(expect.stringContaining('The answer to an earlier submit was lost'));
    expect(rig.simulator.jobs()).toHaveLength(1);
  });

  it('to a POST whose job has ended: the object is a candidate', async () => {
    const before = rig.posts();
    rig.simulator.faults.add({ method: 'POST', path: '*/file', action: { dropAfter: true } });
    const handle = await rig.startWorkflow(rig.input({ image: 'dataDisk' }));
    expect(await failureOf(handle)).toMatchObject({
      type: 'ExportOutcomeUnknown',
      details: [
        expect.objectContaining({ reason: 'submitAmbiguous', object: expect.objectContaining({ format: 'qcow2' }) }),
      ],
    });
    expect(rig.posts()).toBe(before + 1);
  });

  it('and with acceptUnconfirmed the object at rest is the result', async () => {
    rig.simulator.faults.add({ method: 'POST', path: '*/file', action: { dropAfter: true } });
    const handle = await rig.startWorkflow(rig.input({ image: 'dataDisk', options: { acceptUnconfirmed: true } }));
    const result: ExportImageResult = await handle.result();
    expect(result).toMatchObject({ verdict: 'succeeded', confirmed: false, jobId: null, submissions: 1 });
  });

  it('while its job runs: the probe finds the image busy, and the object is watched for', async () => {
    rig.simulator.jobSeconds = 6;
    rig.simulator.faults.add({ method: 'POST', path: '*/file', action: { dropAfter: true } });
    const handle = await rig.startWorkflow(rig.input({ image: 'encrypted', options: { acceptUnconfirmed: true } }));
    const result: ExportImageResult = await handle.result();
    expect(result).toMatchObject({ verdict: 'succeeded', confirmed: false, jobId: null, submissions: 1 });
    rig.simulator.jobSeconds = 1;
  });

  it('ask: parks, and takes the job that a person names', async () => {
    rig.simulator.jobSeconds = 4;
    rig.simulator.faults.add({ method: 'POST', path: '*/file', action: { dropAfter: true } });
    const handle = await rig.startWorkflow(
      rig.input({ image: 'large', isQuickExport: true, options: { onAmbiguousSubmit: 'ask' } }),
    );
    await untilStatus(rig.client, handle.workflowId, ({ phase }) => phase === 'needsAnswer');
    const { jobId } = rig.simulator.jobs().at(-1) as { jobId: string };
    await handle.executeUpdate('resolveSubmission', { args: [{ jobId }] } as never);
    expect(await handle.result()).toMatchObject({ verdict: 'succeeded', confirmed: true, jobId, submissions: 1 });
    rig.simulator.jobSeconds = 1;
  });
});

describe('resolveSubmission', () => {
  it.each([
    ['nothing', []],
    ['both answers at once', [{ jobId: 'a', notSubmitted: true }]],
    ['notSubmitted: false', [{ notSubmitted: false }]],
    ['a job id with a slash', [{ jobId: '../x' }]],
  ])('refuses %s', async (_what, args) => {
    const handle = await rig.startWorkflow(rig.input({ image: rig.simulator.addImage('linux').name }));
    const asked = handle.executeUpdate('resolveSubmission', { args } as never);
    await expect(asked).rejects.toMatchObject({ cause: { type: 'InvalidExportRequest' } });
    await handle.result();
  });

  it('is refused while no answer was lost', async () => {
    const handle = await rig.startWorkflow(rig.input({ image: rig.simulator.addImage('linux').name }));
    const asked = handle.executeUpdate('resolveSubmission', { args: [{ notSubmitted: true }] } as never);
    await expect(asked).rejects.toMatchObject({
      cause: { type: 'NothingToResolve', message: expect.stringContaining('nothing to resolve') },
    });
    await handle.result();
  });

  it('notSubmitted lets it submit again, once the lost submit is surely over', async () => {
    const image = rig.simulator.addImage('linux');
    const path = `*/${image.id}/file`;
    rig.simulator.faults.add({ method: 'POST', path, action: { dropBefore: true } });
    const handle = await rig.startWorkflow(
      rig.input({ image: image.name, options: { onAmbiguousSubmit: 'ask', maxProbes: 0 } }),
    );
    await untilStatus(rig.client, handle.workflowId, ({ phase }) => phase === 'reconciling');
    await handle.executeUpdate('resolveSubmission', { args: [{ notSubmitted: true }] } as never);
    expect(await handle.result()).toMatchObject({ verdict: 'succeeded', confirmed: true, submissions: 2 });
  });
});

it('the search goes on in a new run when the history is long', async () => {
  const fixtures = join(__dirname, '../long-exports/fixtures');
  const short = await startRig({
    bundle: await bundleOnce({ replace: { ...QUICK_SUBMITS, './history-budget': join(fixtures, 'short-history.ts') } }),
    simulator: { jobSeconds: 600 },
  });
  try {
    short.simulator.faults.add({ method: 'POST', path: '*/file', action: { dropAfter: true } });
    const handle = await short.startWorkflow(
      short.input({ options: { acceptUnconfirmed: true, minInterval: 50, maxInterval: 100 } }),
    );
    const { continued } = await untilContinued(short, handle);
    expect(continued).toBe(true);
    short.simulator.clock.advance(600_000);
    expect(await handle.result()).toMatchObject({ verdict: 'succeeded', confirmed: false, submissions: 1 });
    expect(short.posts()).toBe(2);
  } finally {
    await short.close();
  }
});

async function untilContinued(
  { client }: Rig,
  { workflowId, firstExecutionRunId }: { workflowId: string; firstExecutionRunId: string },
) {
  for (;;) {
    const { runId, status } = await client.workflow.getHandle(workflowId).describe();
    if (runId !== firstExecutionRunId) return { continued: status.name === 'RUNNING' };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
