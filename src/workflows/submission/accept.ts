import { upsertMemo } from '@temporalio/workflow';
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
  tracking.run.phase = pollingPhase(tracking.carried, tracking.run.draining);
  // Before anything else can happen: a canceled, terminated or reset run has no result to keep the id in.
  upsertMemo(jobMemo(tracking));
  recordSubmitted(tracking);
}
