import type { ExportActivities, PollOutcome } from '../contract';
import { CloudError } from '../huaweicloud';
import { accountOf, type ExportActivityDeps, isDenied } from './cloud';

/** `imsPollJob`: one reading of the job. What the cloud says instead of a reading is an outcome too, not an error. */
export function pollJob(deps: ExportActivityDeps): ExportActivities['imsPollJob'] {
  return async ({ request, jobId }) => {
    const { client } = accountOf(deps, request.account);
    try {
      const job = await client.ims.getJob(jobId);
      const { status, progress, currentTask, beginTime, endTime, errorCode, failReason, subJobs, requestId } = job;
      return {
        kind: 'observed',
        job: { status, progress, currentTask, beginTime, endTime, errorCode, failReason, subJobs, requestId },
      };
    } catch (error) {
      if (error instanceof CloudError) return outcomeOf(error);
      throw error;
    }
  };
}

function outcomeOf(error: CloudError): PollOutcome {
  if (isDenied(error)) return { kind: 'denied', error: error.info() };
  if (error.class === 'notFound') return { kind: 'notFound', error: error.info() };
  return { kind: 'error', error: error.info(), retryAfterMs: error.retryAfterMs };
}
