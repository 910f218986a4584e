import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createExportActivities } from '../../src/activities';
import { startBatch } from '../../src/client';
import { EXPORT_IMAGES_WORKFLOW, exportBatchWorkflowId, exportWorkflowId } from '../../src/contract';
import { type GrpcProxy, startGrpcProxy } from '../rigs/grpc-proxy';
import { type Rig, startRig } from '../rigs/rig';
import { connectClient } from '../rigs/temporal';

let rig: Rig;
let proxy: GrpcProxy;
let caller: Client;
beforeAll(async () => {
  rig = await startRig();
  proxy = await startGrpcProxy(rig.server.address);
  caller = await connectClient({ ...rig.server, address: proxy.address });
});
afterAll(async () => {
  await caller.connection.close();
  await proxy.close();
  await rig.close();
});

afterEach(() => {
  proxy.answer('DescribeWorkflowExecution', null);
});

/** Of gRPC. */
const PERMISSION_DENIED = 7;
const DEADLINE_EXCEEDED = 4;

it('F67 a caller that may start a batch, but not read one, is refused once', async () => {
  const input = { images: [{ imageId: randomUUID() }], to: 'ims-image:{imageId}' };
  const name = 'runs-already';
  // No worker takes it.
  const options = { workflowId: exportBatchWorkflowId(name), taskQueue: 'nobody', args: [input] };
  await rig.client.workflow.start(EXPORT_IMAGES_WORKFLOW, options);
  proxy.answer('DescribeWorkflowExecution', PERMISSION_DENIED);
  const refused = startBatch(caller, input, { name, taskQueue: rig.taskQueue });
  await expect(refused).rejects.toMatchObject({ code: PERMISSION_DENIED });
  expect(proxy.calls('StartWorkflowExecution')).toBe(0);
});

it.each([
  ['is refused', PERMISSION_DENIED, true],
  ['is not answered for', DEADLINE_EXCEEDED, false],
])('F68 an export of a batch that Temporal does not show %s', async (_what, code, refused) => {
  proxy.answer('DescribeWorkflowExecution', code);
  const { imsLookAtExports } = createExportActivities({ accounts: new Map() });
  const silent = { workflowId: exportWorkflowId('ims-image:silent'), firstRunId: 'its' };
  const environment = new MockActivityEnvironment({}, { client: caller });
  const found = (await environment.run(imsLookAtExports, { exports: [silent] })) as unknown[];
  const reason = expect.stringContaining('Temporal does not show it to this worker');
  expect(found).toEqual([{ kind: 'notRead', reason, refused }]);
});
