import { randomUUID } from 'node:crypto';
import { ActivityNotFoundError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createExportActivities, parseExportInput } from '../../src/activities';
import type { EvidenceWaits } from '../../src/activities/evidence';
import type { BatchActivities, DiscardInput, ExportActivities, ExportRequest, SubmitOutcome } from '../../src/contract';
import { accountFromEnvironment, type CloudAccount, createCloudClient, type RetryOptions } from '../../src/huaweicloud';
import { environmentOf, type Simulator, type SimulatorOptions, startSimulator } from '../../src/testing';

type ActivityInfo = NonNullable<ConstructorParameters<typeof MockActivityEnvironment>[0]>;

type Activities = ExportActivities & BatchActivities;

/** The run that an activity of the mock environment belongs to. */
export const RUN_ID = '00000000-0000-0000-0000-000000000000';

/** The shipped number of readings, in no time. */
export const QUICK_EVIDENCE: EvidenceWaits = {
  ...{ contradictedMs: [5, 10, 20], refusedMs: [20], notListedMs: [20], wrongEndpointMs: [20] },
  endOfListMs: 1,
};

/** The activities against a simulator of their own, over real HTTP, without a Temporal server. */
export interface ActivityRig {
  simulator: Simulator;
  run<Name extends keyof Activities>(
    name: Name,
    ...args: Parameters<Activities[Name]>
  ): Promise<Awaited<ReturnType<Activities[Name]>>>;
  /** The same with other facts about the attempt, such as its number and what the one before left behind. */
  runAs<Name extends keyof ExportActivities>(
    info: ActivityInfo,
    name: Name,
    ...args: Parameters<ExportActivities[Name]>
  ): Promise<{ outcome: Awaited<ReturnType<ExportActivities[Name]>> | Error; heartbeats: unknown[] }>;
  /** The same for a submit, or for one that was canceled before it began, or that Temporal has given up. */
  submit(
    input: Parameters<ExportActivities['imsSubmitExport']>[0],
    attempt: { info?: ActivityInfo; canceled?: boolean; givenUp?: boolean },
  ): Promise<SubmitOutcome>;
  /** The normalised request of an input. */
  request(changes?: { image?: string; key?: string; [field: string]: unknown }): ExportRequest;
  /** How many POSTs of an export reached the simulator. */
  posts(): number;
  close(): Promise<void>;
}

export async function startActivityRig(
  options: SimulatorOptions & { account?: (account: CloudAccount) => CloudAccount; retry?: RetryOptions } = {},
): Promise<ActivityRig> {
  const simulator = await startSimulator(options);
  const configured = accountFromEnvironment(environmentOf(simulator.info));
  const account = options.account?.(configured) ?? configured;
  // Reads are repeated as ever, but without long waits.
  const client = createCloudClient(account, { retry: { firstDelayMs: 5, ...options.retry } });
  const activities = createExportActivities({
    accounts: new Map([['default', { region: account.region, client }]]),
    evidence: QUICK_EVIDENCE,
  });
  // Temporal warns of every activity that fails; here many are meant to.
  const environment = (info: ActivityInfo = {}, givenUp = false) =>
    new MockActivityEnvironment(
      { scheduleToCloseTimeoutMs: 7_200_000, ...info },
      { logger: new DefaultLogger('ERROR'), client: temporalSaying(givenUp) },
    );
  return {
    simulator,
    run: (name, ...args) => {
      const activity = activities[name] as (...given: unknown[]) => Promise<never>;
      return untilCertain(environment, {}, activity, args);
    },
    runAs: async (info, name, ...args) => {
      const activity = activities[name] as (...given: unknown[]) => Promise<never>;
      const heartbeats: unknown[] = [];
      const outcome = await untilCertain(environment, info, activity, args, heartbeats).catch((error: Error) => error);
      return { outcome, heartbeats };
    },
    submit: (input, { info, canceled, givenUp }) => {
      const attempt = environment(info, givenUp);
      if (canceled) attempt.cancel();
      return attempt.run(activities.imsSubmitExport, input);
    },
    request: ({ image = 'linux', key = `${randomUUID()}.img`, ...changes } = {}) => {
      const { images, bucket } = simulator.info;
      const format = changes.isQuickExport ? {} : { fileFormat: 'qcow2' };
      return parseExportInput({ imageId: images[image], bucketUrl: `${bucket}:${key}`, ...format, ...changes });
    },
    posts: () => simulator.requests().filter(({ method, path }) => method === 'POST' && path.endsWith('/file')).length,
    close: async () => {
      await client.close();
      await simulator.close();
    },
  };
}

/** Attempt after attempt, as Temporal makes them, while an activity asks for another reading of the same. */
async function untilCertain(
  environment: (info: ActivityInfo) => MockActivityEnvironment,
  first: ActivityInfo,
  activity: (...given: unknown[]) => Promise<never>,
  args: unknown[],
  heartbeats: unknown[] = [],
): Promise<never> {
  for (let attempt = first.attempt ?? 1; ; attempt += 1) {
    const heartbeatDetails = heartbeats.at(-1) ?? first.heartbeatDetails;
    const running = environment({ ...first, attempt, heartbeatDetails });
    running.on('heartbeat', (details: unknown) => heartbeats.push(details));
    try {
      return await running.run<unknown[], never, typeof activity>(activity, ...args);
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.type !== 'ReadAgain') throw error;
    }
  }
}

/** An export that has ended, with its object as it was verified: what a cancel that drains would delete. */
export async function exportedObject(rig: ActivityRig): Promise<DiscardInput> {
  const request = rig.request();
  const notOlderThan = new Date(rig.simulator.clock.now()).toISOString();
  await rig.run('imsSubmitExport', { request, mayPost: true, runId: RUN_ID });
  rig.simulator.clock.advance(61_000);
  const verified = await rig.run('imsVerifyObject', { request, jobId: 'job', notOlderThan });
  if (verified.kind !== 'verified') throw new Error(`the object is ${verified.kind}`);
  return { request, object: verified.object, notOlderThan };
}

/**
 * What activities ask Temporal, in the place of a server: whether the attempt of a submit still counts, and whether there was an
 * earlier export, which there was not.
 */
export function temporalSaying(givenUp: boolean): Client {
  const heartbeat = async () => {
    if (givenUp) throw new ActivityNotFoundError('the attempt timed out');
  };
  const call = <T>(_limit: unknown, ask: () => T): T => ask();
  const workflowService = { listWorkflowExecutions: async () => ({ executions: [] }) };
  const options = { namespace: 'default' };
  return {
    options,
    workflowService,
    withDeadline: call,
    withAbortSignal: call,
    activity: { heartbeat },
  } as unknown as Client;
}
