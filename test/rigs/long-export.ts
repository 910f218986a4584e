import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { type ActivityInterceptorsFactory, Worker, type WorkflowBundle } from '@temporalio/worker';
import { createExportActivities } from '../../src/activities';
import {
  DEFAULT_TASK_QUEUE,
  EXPORT_IMAGE_WORKFLOW,
  type ExportImageResult,
  type ExportOptions,
  type ExportStatus,
  exportWorkflowId,
  MESSAGES,
} from '../../src/contract';
import { accountFromEnvironment, createCloudClient } from '../../src/huaweicloud';
import { environmentOf, type Simulator, startSimulator } from '../../src/testing';
import { eventsOf, type HistoryEvent, newRunAfter } from './history';
import { ofRun } from './strict-codec';
import { timeSkippingEnvironment } from './temporal';

export const HOUR_MS = 3_600_000;

export interface LongExportOptions {
  bundle: WorkflowBundle;
  /** How long the job takes in the cloud, by the simulator's clock. */
  jobHours: number;
  options?: ExportOptions;
  /** What happens to the cloud, each before the first activity that is scheduled so long after the first of all. */
  happenings?: Happening[];
  /** The id of the destination, as every starter should use it, when absent. */
  workflowId?: string;
}

export interface Happening {
  afterHours: number;
  change(simulator: Simulator): void;
}

/** Makes the job of the export stand still: it neither moves nor ends. */
export function getStuck(simulator: Simulator): void {
  for (const { jobId } of simulator.jobs()) simulator.changeJob(jobId, { stuck: true });
}

/** One run of the workflow, in a chain of continue-as-new. */
export interface Run {
  runId: string;
  events: HistoryEvent[];
  /** As the query answers for this run after its end. */
  status: ExportStatus;
}

/** What can be said of an export after its end. */
export interface LongExport {
  /** Null when it failed. */
  result: ExportImageResult | null;
  /** Null when it succeeded. */
  failure: ApplicationFailure | null;
  runs: Run[];
  /** Requests for an export that reached the cloud. */
  posts: number;
  /** Ids of the jobs that the cloud began. */
  jobIds: string[];
  /** Where the cloud says that its jobs ended, in the order of their begins; null for one that goes on. */
  jobEndsMs: Array<number | null>;
}

/**
 * Exports the image `huge` (0.95 TiB) on a time-skipping server of its own, with the real activities and a simulated
 * cloud over HTTP, and waits for the end. Hours take a second or two.
 *
 * The server's clock leads: before each activity the simulator's clock is set to the time at which the server scheduled
 * that activity.
 */
export async function exportForHours(options: LongExportOptions): Promise<LongExport> {
  const [environment, simulator] = await Promise.all([
    timeSkippingEnvironment(),
    startSimulator({ jobSeconds: options.jobHours * 3_600 }),
  ]);
  const account = accountFromEnvironment(environmentOf(simulator.info));
  // Repeats within a read and the rest of a refused key are waited out by the real clock, so there are hardly any here.
  const cloud = createCloudClient(account, { retry: { maxTries: 1, refusedKeyRestMs: 1 } });
  try {
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue: DEFAULT_TASK_QUEUE,
      workflowBundle: options.bundle,
      ...ofRun(),
      activities: createExportActivities({
        accounts: new Map([['default', { region: account.region, client: cloud }]]),
      }),
      interceptors: { activity: [clockOfServer(simulator, options.happenings ?? [])] },
    });
    return await worker.runUntil(runToItsEnd(environment, simulator, options));
  } finally {
    await cloud.close();
    await simulator.close();
    await environment.teardown();
  }
}

function clockOfServer(simulator: Simulator, happenings: readonly Happening[]): ActivityInterceptorsFactory {
  let firstAtMs: number | undefined;
  let happened = 0;
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const nowMs = info.currentAttemptScheduledTimestampMs;
        firstAtMs ??= nowMs;
        simulator.clock.set(nowMs);
        for (const { afterHours, change } of happenings.slice(happened)) {
          if (nowMs - firstAtMs < afterHours * HOUR_MS) break;
          happened += 1;
          change(simulator);
        }
        return await next(input);
      },
    },
  });
}

async function runToItsEnd(
  { client }: TestWorkflowEnvironment,
  simulator: Simulator,
  { options, workflowId }: LongExportOptions,
): Promise<LongExport> {
  const bucketUrl = `${simulator.info.bucket}:${randomUUID().slice(0, 8)}/archive.zvhd2`;
  const input = { imageId: simulator.info.images.huge, bucketUrl, isQuickExport: true, options };
  const handle = await client.workflow.start(EXPORT_IMAGE_WORKFLOW, {
    workflowId: workflowId ?? exportWorkflowId(bucketUrl),
    taskQueue: DEFAULT_TASK_QUEUE,
    args: [input],
  });
  const ended = await endOf(handle);
  const runs: Run[] = [];
  for (let runId: string | null = handle.firstExecutionRunId; runId !== null; ) {
    const run: WorkflowHandle = client.workflow.getHandle(handle.workflowId, runId);
    const events = eventsOf(await run.fetchHistory());
    runs.push({ runId, events, status: await run.query<ExportStatus>(MESSAGES.queries.exportStatus) });
    runId = newRunAfter(events);
  }
  return {
    ...ended,
    runs,
    posts: simulator.requests().filter(({ method, path }) => method === 'POST' && path.endsWith('/file')).length,
    jobIds: simulator.jobs().map(({ jobId }) => jobId),
    jobEndsMs: simulator.jobs().map(({ endTime }) => (endTime === null ? null : Date.parse(endTime))),
  };
}

async function endOf(handle: WorkflowHandle): Promise<Pick<LongExport, 'result' | 'failure'>> {
  try {
    return { result: (await handle.result()) as ExportImageResult, failure: null };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError) || !(error.cause instanceof ApplicationFailure)) throw error;
    return { result: null, failure: error.cause };
  }
}
