/**
 * Creates a Temporal schedule that exports images every night.
 *
 *     npx tsx examples/schedule/nightly-export.ts ims-image backup=nightly
 *
 * Where Temporal is comes from the environment (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, …).
 *
 * @module
 */
import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { connectClient } from 'temporal-ims-export/client';
import {
  DEFAULT_TASK_QUEUE,
  EXPORT_IMAGES_WORKFLOW,
  type ExportImagesInput,
  exportBatchWorkflowId,
} from 'temporal-ims-export/contract';

export interface NightlyExport {
  scheduleId: string;
  bucket: string;
  /** The images that carry this tag, `key` or `key=value`. */
  tag: string;
  taskQueue?: string;
}

/** Creates the schedule, or changes the one that is there to this. */
export async function createNightlyExport(
  client: Client,
  { scheduleId, bucket, tag, taskQueue = DEFAULT_TASK_QUEUE }: NightlyExport,
): Promise<void> {
  const input: ExportImagesInput = {
    query: { tag },
    // A night has keys of its own: an object that is there is never exported over, and two nights would meet otherwise.
    to: `${bucket}:nightly/{date}/{name}.{format}`,
    maxConcurrent: 20,
    // A schedule sees whether a night completed or failed, and no verdicts.
    failWhen: 'any',
  };
  const schedule = {
    scheduleId,
    spec: { calendars: [{ comment: 'every night at half past two', hour: 2, minute: 30 }], timezone: 'UTC' },
    action: {
      type: 'startWorkflow' as const,
      workflowType: EXPORT_IMAGES_WORKFLOW,
      // Temporal appends the time, so that each night has an id of its own.
      workflowId: exportBatchWorkflowId(scheduleId),
      taskQueue,
      args: [input],
      staticSummary: `Nightly export of the images tagged ${tag}`,
    },
    policies: {
      // A night that takes longer than a day goes on, and the next one is left out: the cloud exports an image once at a time.
      overlap: ScheduleOverlapPolicy.SKIP,
      // After an outage of Temporal, a night that was missed is made up for within these hours, not days later.
      catchupWindow: '6h',
      // A batch fails when it cannot be planned, when no image has the tag, or when an image was not exported. The next night is
      // tried all the same.
      pauseOnFailure: false,
    },
  };
  try {
    await client.schedule.create(schedule);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update((previous) => ({ ...schedule, state: previous.state }));
  }
}

async function main([bucket, tag]: string[]): Promise<void> {
  if (!bucket || !tag) throw new Error('Usage: nightly-export.ts BUCKET TAG');
  const client = await connectClient();
  try {
    await createNightlyExport(client, { scheduleId: 'nightly', bucket, tag });
    console.log(`The schedule nightly exports the images tagged ${tag} to ${bucket} every night.`);
  } finally {
    await client.connection.close();
  }
}

if (typeof require !== 'undefined' && require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
