import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportNexusService } from '../../src';
import { startExport } from '../../src/client';
import { exportWorkflowId } from '../../src/contract';
import { CALLERS, type CallingNamespace, startCallers } from '../calling-namespace';
import { eventually } from '../failures/one-export';
import { type InputChanges, type Rig, startRig, untilStatus } from '../rig';

let rig: Rig;
let callers: CallingNamespace;
beforeAll(async () => {
  rig = await startRig({
    server: { moreNamespaces: [CALLERS] },
    // Exports end when a test lets them end.
    simulator: { jobSeconds: 3_600 },
    worker: { nexusServices: [exportNexusService()] },
  });
  callers = await startCallers(rig);
});
afterAll(async () => {
  await callers?.close();
  await rig?.close();
});

/** An input for an image of its own, since one image exports once at a time. */
function inputOfItsOwn(changes: InputChanges = {}) {
  return { ...rig.input(changes), imageId: rig.simulator.addImage('linux').id };
}

const jobsOf = (bucketUrl: string) => rig.simulator.jobs().filter((job) => job.bucketUrl === bucketUrl);
const submitted = (bucketUrl: string) =>
  untilStatus(rig.client, exportWorkflowId(bucketUrl), ({ jobId }) => jobId !== null);
const letJobsEnd = () => rig.simulator.clock.advance(3_600_000);

/** Until the operation of a caller has begun: it has started the export, or joined it. */
function waiting(caller: WorkflowHandle): Promise<true> {
  return eventually('the caller waits for the export', async () => {
    const { raw } = await caller.describe();
    const started = temporal.api.enums.v1.PendingNexusOperationState.PENDING_NEXUS_OPERATION_STATE_STARTED;
    return raw.pendingNexusOperations?.[0]?.state === started ? true : undefined;
  });
}

describe('callers in another namespace', () => {
  it('debug', async () => {
    const input = inputOfItsOwn();
    const t0 = Date.now();
    const posts = rig.posts();
    const handles = await Promise.all([callers.call(input), callers.call(input), callers.call(input)]);
    await Promise.all(handles.map(waiting));
    console.log('waiting', Date.now() - t0);
    await submitted(input.bucketUrl);
    letJobsEnd();
    console.log(JSON.stringify(await Promise.all(handles.map((h) => h.result())), null, 1));
    console.log(Date.now() - t0, rig.posts() - posts, jobsOf(input.bucketUrl).length);
    const { bucketUrl } = input;
    for (const other of [{ ...input, fileFormat: 'vhd' }, input, { ...input, cancelExport: 'yes' }, { imageId: 7 }]) {
      const h = await callers.call(other);
      console.log(JSON.stringify(await h.result(), null, 1));
    }
    const bad = inputOfItsOwn();
    const c = await callers.call(bad);
    await waiting(c);
    const { jobId } = await submitted(bad.bucketUrl);
    rig.simulator.changeJob(String(jobId), { status: 'FAIL', error_code: 'IMG.0061', fail_reason: 'x' });
    console.log(JSON.stringify(await c.result(), null, 1));
    void startExport, bucketUrl;
  });
});
