/**
 * One batch on a server, a cloud and a worker that are processes of their own, while the worker is killed again and again.
 *
 * @module
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { type BatchReport, type ExportError, exportResult, readBatch, startBatch } from '../../../src/client';
import { type ExportImagesResult, type ExportOutcomeUnknownDetails, exportWorkflowId } from '../../../src/contract';
import { environmentOf, type JobSummary, type SimulatorInfo } from '../../../src/testing';
import { connectClient, startTestServer } from '../../rigs/temporal';
import { TrialProcess } from '../trial-process';
import type { BatchPlan } from './plan';
import type { BatchRecord } from './record';

const TASK_QUEUE = 'batch-trial';
const READ_EVERY_MS = 500;
/** A worker of an overloaded machine may not answer a query in time. */
const GIVE_UP_AFTER_MS = 60 * 60_000;

/** @param report is called with the progress, from time to time */
export async function perform(plan: BatchPlan, report: (progress: string) => void): Promise<BatchRecord> {
  const simulator = new TrialProcess<SimulatorInfo, JobSummary[]>(join(__dirname, 'simulator-process.ts'), plan);
  const server = await startTestServer();
  const client = await connectClient(server);
  let worker: TrialProcess<'polling', { peakRssBytes: number }> | undefined;
  try {
    const info = await simulator.ready;
    const { address, namespace } = server;
    const startWorker = async () => {
      worker = new TrialProcess(
        join(__dirname, 'worker-process.ts'),
        { address, namespace, taskQueue: TASK_QUEUE, quickSubmits: plan.quickSubmits },
        environmentOf(info),
      );
      await worker.ready;
    };
    await startWorker();
    const startedAt = performance.now();
    const batch = await startBatch(
      client,
      {
        query: { tag: 'trial' },
        to: `${info.bucket}:trial/{imageId}.{format}`,
        maxConcurrent: plan.maxConcurrent,
        options: { minInterval: '1s', maxInterval: '5s' },
      },
      { taskQueue: TASK_QUEUE, name: 'trial' },
    );
    let peakRssBytes = 0;
    let kills = 0;
    for (const share of [...plan.killsAt, 1]) {
      await untilEnded(client, batch.workflowId, share * plan.images, report);
      peakRssBytes = Math.max(peakRssBytes, (await worker?.ask())?.peakRssBytes ?? 0);
      if (share === 1) break;
      await worker?.kill();
      kills += 1;
      report(`the worker was killed when ${Math.round(share * 100)} % had ended`);
      await startWorker();
    }
    const result = await batch.result();
    const tookMs = performance.now() - startedAt;
    const resultBytes = Buffer.byteLength(JSON.stringify(result));
    const ambiguousSubmits = await ambiguousSubmitsIn(client, result);
    const eventsPerRun = await eventsOf(client, batch.workflowId);
    const jobs = await simulator.ask();
    return { plan, result, resultBytes, ambiguousSubmits, jobs, eventsPerRun, peakRssBytes, kills, tookMs };
  } finally {
    await worker?.kill();
    await simulator.kill();
    await client.connection.close();
    await server.stop();
  }
}

async function untilEnded(client: Client, workflowId: string, count: number, report: (progress: string) => void) {
  const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
  for (let reported = 0; ; ) {
    const batch = await readBatch(client, workflowId);
    const ended = endedIn(batch);
    if (ended >= count || (batch.closedAt !== null && batch.workflowStatus !== 'CONTINUED_AS_NEW')) return;
    if (performance.now() > giveUpAt) throw new Error(`only ${ended} of ${count} have ended`);
    if (ended - reported >= 100) {
      reported = ended;
      report(`${ended} have ended`);
    }
    await sleep(READ_EVERY_MS);
  }
}

function endedIn({ status }: BatchReport): number {
  return Object.values(status?.counts ?? {}).reduce((sum, count) => sum + count, 0);
}

async function ambiguousSubmitsIn(client: Client, { items }: ExportImagesResult): Promise<string[]> {
  const ambiguous = [];
  for (const { imageId, bucketUrl, verdict } of items) {
    if (verdict !== 'unknown') continue;
    const failure = await exportResult(client, exportWorkflowId(bucketUrl ?? '')).catch((error: unknown) => error);
    const { reason } = ((failure as ExportError).details ?? {}) as Partial<ExportOutcomeUnknownDetails>;
    if (reason === 'submitAmbiguous') ambiguous.push(imageId);
  }
  return ambiguous;
}

async function eventsOf(client: Client, workflowId: string): Promise<number[]> {
  const runs = [];
  for await (const { historyLength, startTime } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    runs.push({ historyLength, startedAtMs: startTime.getTime() });
  }
  return runs.sort((a, b) => a.startedAtMs - b.startedAtMs).map(({ historyLength }) => historyLength);
}
