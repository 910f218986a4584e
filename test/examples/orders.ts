import { randomUUID } from 'node:crypto';
import { retuneExport } from '../../src/client';
import { exportWorkflowId } from '../../src/contract';
import { lookNow, type Rig, until, untilStatus } from '../rigs/rig';

/** What an example is given: an image and a destination, both its own, and what the cloud does with its export. */
export interface TestOrder {
  imageId: string;
  bucketUrl: string;
  /** Resolves when the cloud, or somebody at Temporal, has done their part. */
  part(): Promise<void>;
}

/** One order for each way in which an export can end; the jobs of the rig's simulator must be long. */
export async function ordersOf(rig: Rig) {
  const order = (image: string, part: (order: TestOrder) => Promise<void>): TestOrder => {
    const bucketUrl = `${rig.simulator.info.bucket}:orders/${randomUUID().slice(0, 8)}.qcow2`;
    const made: TestOrder = { imageId: rig.simulator.addImage(image).id, bucketUrl, part: () => part(made) };
    return made;
  };
  const busy = order('linux', async () => undefined);
  const other = rig.simulator.addImage('linux').id;
  await rig.startWorkflow({ imageId: other, bucketUrl: busy.bucketUrl, fileFormat: 'qcow2' });
  return {
    succeeds: order('linux', (made) => endJob(rig, made, { status: 'SUCCESS' })),
    fails: order('linux', (made) => endJob(rig, made, { status: 'FAIL', error_code: 'IMG.0061', fail_reason: 'no' })),
    endsUnknown: order('linux', (made) => moveDeadline(rig, made)),
    isRefused: order('iso', async () => undefined),
    isBusy: busy,
  };
}

async function endJob(rig: Rig, order: TestOrder, change: Parameters<Rig['simulator']['changeJob']>[1]): Promise<void> {
  rig.simulator.changeJob(await jobOf(rig, order), change);
  await lookNow(rig.client, exportWorkflowId(order.bucketUrl));
}

/** Nobody wants to wait for the job any longer. */
async function moveDeadline(rig: Rig, order: TestOrder): Promise<void> {
  await jobOf(rig, order);
  const workflowId = exportWorkflowId(order.bucketUrl);
  const { startedAt } = await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'exporting');
  // Late enough for a busy machine to take it before.
  await retuneExport(rig.client, workflowId, { deadline: Date.now() - Date.parse(startedAt) + 4_000 });
}

/** The job, once Temporal knows it too. */
async function jobOf(rig: Rig, { bucketUrl }: TestOrder): Promise<string> {
  const job = () => rig.simulator.jobs().find((one) => one.bucketUrl === bucketUrl);
  await until(`the export to ${bucketUrl} is submitted`, () => job() !== undefined, 90_000);
  await untilStatus(rig.client, exportWorkflowId(bucketUrl), ({ jobId }) => jobId !== null);
  return job()?.jobId ?? '';
}
