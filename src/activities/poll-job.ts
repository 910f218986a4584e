import type { ExportActivities, PollOutcome } from '../contract';
import { CloudError } from '../huaweicloud';
import { accountOf, type ExportActivityDeps, isDenied } from './cloud';

/** `imsPollJob`: one reading of the job. What the cloud says instead of a reading is an outcome too, not an error. */
export function pollJob(deps: ExportActivityDeps): ExportActivities['imsPollJob'] {
  return async ({ request, jobId, askedFor }) => {
    const { client } = accountOf(deps, request.account);
    try {
      const { jobId: _, ...job } = await client.ims.getJob(jobId, { tryRefusedKey: askedFor });
      return { kind: 'observed', job };
    } catch (error) {
      if (error instanceof CloudError) return outcomeOf(error);
      throw error;
    }
  };
}

function outcomeOf(error: CloudError): PollOutcome {
  if (isDenied(error)) return { kind: 'denied', error: error.info() };
  // Only the service itself knows its jobs: its answers have a request id.
  if (error.class === 'notFound' && error.requestId !== null) return { kind: 'notFound', error: error.info() };
  return { kind: 'error', error: error.info(), retryAfterMs: error.retryAfterMs };
}
