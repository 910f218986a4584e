/** A start that no worker answers, with a shorter patience. With the whole of it: cannot-start.test.ts. */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readBatch, startBatch } from '../../src/client';
import { noAnswer } from '../../src/client/no-answer';
import { EXPORT_IMAGES_WORKFLOW, exportBatchWorkflowId } from '../../src/contract';
import { type GrpcProxy, startGrpcProxy } from '../rigs/grpc-proxy';
import { type Rig, startRig, until } from '../rigs/rig';
import { connectClient } from '../rigs/temporal';

const PATIENCE_MS = 5_000;
vi.mock('../../src/client/no-answer', async (original) => ({ ...(await original()), ACCEPT_TIMEOUT_MS: 5_000 }));

/** DEADLINE_EXCEEDED of gRPC, without waiting for it. */
const TOO_LATE = 4;

let rig: Rig;
let proxy: GrpcProxy;
/** What it asks, the proxy may answer; the worker connects without it. */
let client: Client;
beforeAll(async () => {
  rig = await startRig({ cloud: { retry: { firstDelayMs: 5 } } });
  proxy = await startGrpcProxy(rig.server.address);
  client = await connectClient({ address: proxy.address, namespace: rig.server.namespace });
}, 60_000);
afterAll(async () => {
  await client?.connection.close();
  await proxy?.close();
  await rig?.close();
});

const input = { query: { tag: 'nobody-has-it' }, to: 'ims-image:{imageId}', allowEmpty: true };
const start = (name: string) => startBatch(client, input, { taskQueue: rig.taskQueue, name });
const patienceIsOver = () => {
  const sinceMs = Date.now();
  return until('the patience is over', () => Date.now() - sinceMs > PATIENCE_MS + 500);
};

describe('the start of a batch', () => {
  it('waits on while its planning is tried again, also when no query is answered', async () => {
    const workflowId = exportBatchWorkflowId('retried');
    rig.simulator.faults.add({ service: 'ims', times: 1_000, action: { status: 503 } });
    const { taskQueue } = rig;
    await rig.client.workflow.start(EXPORT_IMAGES_WORKFLOW, { workflowId, taskQueue, args: [input] });
    while ((await readBatch(rig.client, workflowId)).retrying === null);
    proxy.answer('QueryWorkflow', TOO_LATE);
    const joining = start('retried');
    joining.catch(() => undefined);
    await patienceIsOver();
    rig.simulator.faults.clear();
    expect(await joining).toMatchObject({ how: 'joined' });
    proxy.answer('QueryWorkflow', null);
    // Its worker is there, and has written to its history.
    const { message } = await noAnswer(rig.client, taskQueue, { what: 'batch', workflowId, how: 'started' });
    expect(message).toMatch(new RegExp(`^The batch ${workflowId} is running, but no worker answers for it\\.`));
    expect(message).not.toContain('No worker polls');
  }, 40_000);

  it('gives a worker its whole time after an outage of Temporal', async () => {
    let starting: ReturnType<typeof start> | undefined;
    await rig.withoutWorker(async () => {
      const before = proxy.calls('StartWorkflowExecution');
      starting = start('outage');
      starting.catch(() => undefined);
      await until('the batch is started', () => proxy.calls('StartWorkflowExecution') > before);
      proxy.answer('DescribeWorkflowExecution', TOO_LATE);
      await patienceIsOver();
      proxy.answer('DescribeWorkflowExecution', null);
      const queries = proxy.calls('QueryWorkflow');
      await until('the batch was read again', () => proxy.calls('QueryWorkflow') > queries);
    });
    expect(await starting).toMatchObject({ how: 'started' });
  }, 40_000);
});

describe('the message that no worker answers', () => {
  const textOf = async (taskQueue: string, how: 'started' | 'joined') => {
    const workflowId = exportBatchWorkflowId(randomUUID());
    const handle = await rig.client.workflow.start(EXPORT_IMAGES_WORKFLOW, { workflowId, taskQueue, args: [input] });
    const { message } = await noAnswer(rig.client, rig.taskQueue, { what: 'batch', workflowId, how });
    await handle.terminate().catch(() => undefined);
    return message.replace(workflowId, 'ID');
  };

  it('of a batch that was joined names the queue that it is on, which no worker polls', async () => {
    const message = await textOf('of-nobody', 'joined');
    expect(message).toMatch(/^The batch ID is running, but no worker answers for it\. .* task queue of-nobody /);
    expect(message).toContain(
      'No worker polls this task queue now. Start one with `ims-export worker --task-queue of-nobody`.',
    );
  });

  it('of a batch that was started, and that no worker has taken, says so', async () => {
    expect(await textOf('of-nobody', 'started')).toMatch(/^The batch ID was started, but no worker has taken it yet\./);
  });
});
