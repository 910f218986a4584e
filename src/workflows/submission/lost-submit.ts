import type { ExportedObject } from '../../contract';

/** A submit whose answer was lost, and what was found out about it since. Carried by continue-as-new. */
export interface LostSubmit {
  /** When the last POST without an answer is surely over. Nothing is decided before. */
  settledAtMs: number;
  /** Whether this very run saw the POSTs of this intent end: a run that was reset cannot know of those of the one before. */
  seenByThisRun: boolean;
  /** Further submits that were answered so far, each a probe. */
  probes: number;
  /** Probes that a person allowed by `resolveSubmission {notSubmitted: true}`. */
  granted: number;
  /** The last probe found the image busy, with our export or with somebody else's. When the next one may come. */
  busyUntilMs: number | null;
  /** Times that a probe found the image busy. */
  timesBusy: number;
  /** When probing is given up; null before the first probe. */
  probeUntilMs: number | null;
  /** Probes in a row whose credentials were refused. */
  refusals: number;
  /** What was found at the destination: it may be ours, so nothing is submitted any more. */
  candidate: Candidate | null;
}

export interface Candidate {
  /** Null when only the cloud's refusal says that there is an object (IMG.0070). */
  object: ExportedObject | null;
  /** Why it cannot be taken for ours by its looks; null when it can. */
  doubt: string | null;
  /** Since when it has been seen as it is. */
  sinceMs: number;
}
