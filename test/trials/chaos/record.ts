/**
 * What happened in one run: the simulator's own record, Temporal's, and what was done. All times are milliseconds since 1970.
 *
 * @module
 */
import type { BatchItemResult, ExportImageResult, ExportMemo } from '../../../src/contract';
import type { JobSummary } from '../../../src/testing';
import type { StoredObject } from '../../../src/testing/obs/object-store';
import type { RequestSeen } from './cloud-proxy';
import type { Account, Action, ChaosPlan, ExportKind, PlannedExport, ProcessName } from './plan';
import type { Fault } from './town';

export interface ChaosRecord {
  plan: ChaosPlan;
  startedAtMs: number;
  healedAtMs: number;
  takenAtMs: number;
  exports: ExportRecord[];
  batch: BatchRecord;
  /** By the simulator. */
  jobs: JobSummary[];
  objects: StoredObject[];
  /** Those of the workers, as the network between them and the cloud saw them. */
  requests: RequestSeen[];
  done: Done[];
  /** What did not come about, such as a message to an export that had ended. */
  missed: Array<{ action: Action; why: string }>;
  /** When processes were not there, or stood still. */
  faults: Fault[];
  fell: Array<{ who: ProcessName; atMs: number; how: string }>;
  /** All runs of all workflows. */
  runs: RunRecord[];
  /** Where a secret was found, and which. */
  secretsFound: Array<{ what: string; where: string }>;
  /** What was searched for secrets: texts, and how many secrets. */
  searched: { texts: number; secrets: number };
  /** Where histories, logs and the record are kept. */
  folder: string;
}

/** Something that came about. */
export interface Done {
  fromMs: number;
  untilMs: number;
  action: Action;
  /** Of the export that it was done to. */
  workflowId: string | null;
}

export interface ExportRecord {
  workflowId: string;
  /** As in `client #7`. */
  name: string;
  /** `batch` for those that the batch has started. */
  kind: ExportKind | 'batch';
  imageId: string;
  bucketUrl: string;
  account: Account;
  queues: PlannedExport['queues'];
  mayBeUnconfirmed: boolean;
  verdict: Verdict;
  memo: ExportMemo;
  startedAtMs: number;
  /** Null while it goes on. */
  endedAtMs: number | null;
  /** Null where it is not known. */
  deadlineAtMs: number | null;
  /** The jobs that callers were told of. */
  toldJobs: string[];
  /** What the workflow of the application ended with; null where there is none. */
  parent: Verdict | null;
}

export type Verdict =
  | { kind: 'succeeded'; result: ExportImageResult }
  | { kind: 'failed'; type: string; message: string; details: FailureDetails }
  | { kind: 'unknown'; message: string; details: FailureDetails }
  | { kind: 'canceled' }
  /** It goes on, or there is none: what the last look saw. */
  | { kind: 'open'; seen: string }
  /** An end that no export should have. */
  | { kind: 'broken'; message: string };

/** What of `details[0]` is judged. */
export interface FailureDetails {
  reason?: string;
  jobId?: string | null;
  remoteJob?: string;
}

export interface BatchRecord {
  workflowId: string;
  /** Null when it has not ended well. */
  items: BatchItemResult[] | null;
  seen: string;
}

/** One run of a workflow. */
export interface RunRecord {
  workflowId: string;
  runId: string;
  /** The run that a start began; that of a continue-as-new or a reset has the one of the run before. */
  firstRunId: string;
  startedAtMs: number;
  cancelRequested: boolean;
  /** Runs that this one was reset to. */
  resetAtMs: number[];
  failedTasks: Array<{ eventId: number; cause: string; message: string }>;
  timedOutTasks: number;
  /** Null while it goes on. */
  closedAs: 'completed' | 'failed' | 'canceled' | 'continuedAsNew' | 'terminated' | null;
  closedAtMs: number | null;
  activities: ActivitySeen[];
}

/** An activity with all its attempts. */
export interface ActivitySeen {
  type: string;
  scheduledAtMs: number;
  /** Null while it goes on. */
  endedAtMs: number | null;
  /** `kind` of what it answered; else how it ended. */
  outcome: string | null;
}
