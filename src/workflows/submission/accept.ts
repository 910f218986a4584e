import { upsertMemo } from '@temporalio/workflow';
import { answerDeferred } from '../deferred';
import { jobMemo, pollingPhase, type Validated } from '../state';
import { recordSubmitted } from '../telemetry';

/**
 * Takes a job as that of this export.
 *
 * @param named whether a person named it, and not the answer to our own submit
 */
export function accept(tracking: Validated, jobId: string, named = false): void {
  tracking.carried.jobId = jobId;
  tracking.carried.jobNamed = named;
  tracking.carried.submittedAtMs = Date.now();
  tracking.run.remoteJob = 'running';
  tracking.carried.lastError = null;
  tracking.carried.lostSubmit = null;
  settleResolution(tracking, jobId, named);
  tracking.run.phase = pollingPhase(tracking.carried, tracking.run.draining);
  // Before anything else can happen: a canceled, terminated or reset run has no result to keep the id in.
  upsertMemo(jobMemo(tracking));
  recordSubmitted(tracking);
  answerDeferred(tracking);
}

/** No answer is looked into any more: what came of it is what the export tracks now. */
function settleResolution({ carried }: Validated, jobId: string, named: boolean): void {
  carried.resolution = null;
  carried.resolutionCheck = null;
  const answered = carried.resolutionStatus?.taken === null ? carried.resolutionStatus.jobId : null;
  if (named || answered === jobId) carried.resolutionStatus = { jobId, taken: true, objection: null };
  else if (answered !== null) {
    carried.resolutionStatus = { jobId: answered, taken: false, objection: `the export tracks job ${jobId}` };
  }
}
