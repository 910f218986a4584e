/**
 * Schedules of batches.
 *
 * @module
 */
import { type Client, ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { DEFAULT_TASK_QUEUE, EXPORT_IMAGES_WORKFLOW, type ExportImagesInput, exportBatchWorkflowId } from '../contract';
import { invalidField } from '../export/failures';
import { parseBatchInput } from '../request/batch';
import { listRuns } from '../temporal/runs';
import { isNotFound } from '../temporal/unreachable';
import { DETAILS, refuseName, summaryOf } from './batch';
import { toExportError } from './errors';
import { MAX_STARTS } from './joining';
import { shortCall } from './temporal-calls';
import { refuseNoQueue } from './workers';

export interface ScheduleBatchOptions {
  /** Of the schedule and of its batches: `ims-export-batch:<name>`, to whose batches Temporal appends the time. */
  name: string;
  /** Such as `30 2 * * *`: in UTC, or `CRON_TZ=Europe/Berlin 30 2 * * *`. */
  cron: string;
  /** @default 'ims-export' */
  taskQueue?: string;
}

export interface ScheduledBatch {
  scheduleId: string;
  how: 'created' | 'updated';
  /** ISO 8601; null when the expression never comes again. */
  nextRunAt: string | null;
  /** A schedule that a person has paused stays paused. */
  paused: boolean;
}

/**
 * Creates the schedule of a batch, or changes the one of that name to this. A batch that takes longer than until the next one
 * goes on, and that next one is left out. What an outage of Temporal has missed is made up for within an hour.
 *
 * @throws ExportError InvalidExportRequest that names the field, `cron` included; TemporalUnreachable; TemporalConfigurationError
 */
export async function scheduleBatch(
  client: Client,
  input: ExportImagesInput,
  { name, cron, taskQueue = DEFAULT_TASK_QUEUE }: ScheduleBatchOptions,
): Promise<ScheduledBatch> {
  const scheduleId = exportBatchWorkflowId(name);
  try {
    parseBatchInput(input);
    refuseName(name);
    refuseNoQueue(taskQueue);
    const schedule = {
      // Temporal reads an expression in UTC where it has no CRON_TZ=.
      spec: { cronExpressions: [cron] },
      action: {
        type: 'startWorkflow' as const,
        workflowType: EXPORT_IMAGES_WORKFLOW,
        workflowId: scheduleId,
        taskQueue,
        args: [input],
        staticSummary: summaryOf(input),
        staticDetails: DETAILS,
      },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1h' as const, pauseOnFailure: false },
    };
    const how = await createOrUpdate(client, scheduleId, schedule).catch((error: unknown) => {
      throw error instanceof TypeError && isOfServer(error) ? notCron(cron, error.message) : error;
    });
    const { info, state } = await shortCall(client, () => client.schedule.getHandle(scheduleId).describe());
    return { scheduleId, how, nextRunAt: info.nextActionTimes[0]?.toISOString() ?? null, paused: state.paused };
  } catch (error) {
    throw toExportError(error, scheduleId);
  }
}

/**
 * The latest workflow that a schedule has started, null where it has started none. Undefined where there is no schedule of that
 * id, and none that was deleted has left a workflow.
 */
export async function latestRunOf(client: Client, scheduleId: string): Promise<string | null | undefined> {
  const { namespace } = client.options;
  const schedule = await shortCall(client, () =>
    client.workflowService.describeSchedule({ namespace, scheduleId }),
  ).catch((error: unknown) => {
    if (isNotFound(error)) return null;
    throw error;
  });
  const started = schedule?.info?.recentActions?.at(-1)?.startWorkflowResult?.workflowId;
  if (started) return started;
  const id = scheduleId.replaceAll('\\', '\\\\').replaceAll("'", "''");
  const [run] = await shortCall(client, () => listRuns(client, `TemporalScheduledById = '${id}'`, 1));
  return run?.workflowId ?? (schedule === null ? undefined : null);
}

/** What a data converter throws may be a TypeError, too: only the client's own is made in its translation of the server's errors. */
function isOfServer({ stack = '' }: TypeError): boolean {
  return /\brethrowGrpcError\b/.test(stack);
}

/** @param why Temporal's own words, which its client hands on as a TypeError */
function notCron(cron: string, why: string) {
  return invalidField(
    'cron',
    cron,
    `a cron expression such as '30 2 * * *' (minute, hour, day, month, weekday); ${why}`,
  );
}

type Schedule = Omit<Parameters<Client['schedule']['create']>[0], 'scheduleId'>;

/** Another caller may create or delete it meanwhile. */
async function createOrUpdate(
  client: Client,
  scheduleId: string,
  schedule: Schedule,
  attemptsLeft = MAX_STARTS,
): Promise<ScheduledBatch['how']> {
  try {
    await shortCall(client, () => client.schedule.create({ scheduleId, ...schedule }));
    return 'created';
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  try {
    const handle = client.schedule.getHandle(scheduleId);
    await shortCall(client, () =>
      handle.update(({ state }) => ({ ...schedule, state }) as Parameters<Parameters<typeof handle.update>[0]>[0]),
    );
    return 'updated';
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError) || attemptsLeft <= 1) throw error;
    return await createOrUpdate(client, scheduleId, schedule, attemptsLeft - 1);
  }
}
