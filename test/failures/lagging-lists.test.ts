import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GrpcProxy, startGrpcProxy } from '../rigs/grpc-proxy';
import { OneExport } from '../rigs/one-export';
import { FIRST_TASK, type Rig, resetTo, startRig } from '../rigs/rig';

let proxy: GrpcProxy;
let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    workerConnectsTo: async ({ address, namespace }) => {
      proxy = await startGrpcProxy(address);
      return { address: proxy.address, namespace };
    },
  });
});
afterAll(async () => {
  await rig.close();
  await proxy.close();
});

/** As for a moment after the end of a run. */
const listLags = () => proxy.answerEmpty('ListWorkflowExecutions', 1);

it('F66 an export that starts again before its success is listed is answered with it, and so is a reset', async () => {
  const one = new OneExport(rig);
  await one.start();
  const first = await one.result();
  listLags();
  await one.start();
  expect(await one.result()).toEqual(first);
  const { workflowId } = one.handle;
  const { runId } = await rig.client.workflow.getHandle(workflowId).describe();
  listLags();
  const run = await resetTo(FIRST_TASK, rig, { workflowId, firstExecutionRunId: runId });
  expect(await run.result()).toEqual(first);
  expect(one.posts()).toHaveLength(1);
});

it('F66 an object that no export has written is refused once two lists show none', async () => {
  const one = new OneExport(rig);
  rig.simulator.putObject(one.objectKey, 'put there by somebody else');
  await one.start();
  expect(await one.failure()).toMatchObject({ type: 'DestinationExists', details: [{ object: { size: 26 } }] });
  expect(one.heads()).toHaveLength(2);
});
