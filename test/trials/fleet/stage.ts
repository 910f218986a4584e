import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { environmentOf, type JobSummary, type JournalEntry, type SimulatorInfo } from '../../../src/testing';
import { bundleOnce, connectClient, startTestServer } from '../../rigs/temporal';
import { TrialProcess } from '../trial-process';
import { activitiesPerSecond, type FleetPlan } from './plan';
import type { WorkerSettings } from './worker-process';

export interface FleetQueues {
  taskQueue: string;
  activityTaskQueue: string;
  submitTaskQueue: string;
}

export const QUEUES: FleetQueues = {
  taskQueue: 'fleet',
  activityTaskQueue: 'fleet-activities',
  submitTaskQueue: 'fleet-submits',
};

/** A dev server, a simulator and one worker, each a process of its own. */
export interface FleetStage {
  client: Client;
  info: SimulatorInfo;
  /** One for each export: an image is exported once at a time. */
  imageIds: string[];
  simulatorReport(): Promise<{ requests: JournalEntry[]; jobs: JobSummary[] }>;
  workerReport(): Promise<{ peakRssBytes: number }>;
  close(): Promise<void>;
}

export async function openStage(plan: FleetPlan): Promise<FleetStage> {
  const simulator = new TrialProcess<
    { info: SimulatorInfo; imageIds: string[] },
    { requests: JournalEntry[]; jobs: JobSummary[] }
  >(join(__dirname, 'simulator-process.ts'), plan);
  const [server, { info, imageIds }] = await Promise.all([startTestServer(), simulator.ready, bundleOnce()]);
  const client = await connectClient(server);
  const settings: WorkerSettings = {
    ...QUEUES,
    address: server.address,
    namespace: server.namespace,
    activitiesPerSecond: activitiesPerSecond(plan),
    submitsPerSecond: plan.submitsPerSecond,
  };
  const worker = new TrialProcess<'polling', { peakRssBytes: number }>(
    join(__dirname, 'worker-process.ts'),
    settings,
    environmentOf(info),
  );
  await worker.ready;
  return {
    client,
    info,
    imageIds,
    simulatorReport: () => simulator.ask(),
    workerReport: () => worker.ask(),
    close: async () => {
      await Promise.all([worker.kill(), simulator.kill()]);
      await client.connection.close();
      await server.stop();
    },
  };
}
