import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportImageResult } from '../../src/contract';
import { type Rig, startRig, untilStatus } from '../rig';
import { bundleWithQuickSubmits } from '../temporal';

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
