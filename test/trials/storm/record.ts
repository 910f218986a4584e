/**
 * What happened in one run: the simulator's own record, and Temporal's.
 *
 * All times are milliseconds since 1970, by the one clock of this machine.
 *
 * @module
 */
import type { ExportImageResult, ExportMemo, ExportStatus, FailureType } from '../../../src/contract';
import type { Action, Answer, Plan, PostTrouble } from './plan';

export interface Record {
  plan: Plan;
  startedAtMs: number;
  /** From when the deadline of the last run counts: a reset leaves it, a retry begins anew. */
  deadlineFromMs: number;
  /** When the last run of the workflow ended, by its history. */
  endedAtMs: number;
  /** When the record was taken. */
  takenAtMs: number;
  /** The exports that our workers asked for, in the order of their arrival. */
  posts: Post[];
  /** The HEADs of our object that our workers made. */
  heads: Read[];
  /** The GETs of its bytes. */
  reads: Read[];
  /** The exports of our image: ours, and those of somebody else to another object. */
  jobs: Job[];
  /** What was done to our object by others than our jobs. */
  objectChanges: ObjectChange[];
  /** What our workers' GETs and HEADs were answered that is not so. */
  wrongReads: Array<{ atMs: number; of: string; httpStatus: number }>;
  /** The submits that the runs asked for, those of a run that was reset or retried included. */
  attempts: Attempt[];
  /** The run that the verdict is of. */
  lastRun: number;
  /** When each run was given up for the next one, in their order: it was reset, or had timed out and was retried. */
  restartsAtMs: number[];
  /** When Temporal could not be reached by the workers, or no worker took the activities. */
  outages: Outage[];
  /** The closed export that this one was started after; null when there was none. */
  earlier: EarlierChain | null;
  /** By the history; null when none was asked for. */
  cancel: { requestedAtMs: number } | null;
  answers: PersonsAnswer[];
  /** What the harness did, in that order. */
  done: Array<{ atMs: number; action: Action }>;
  verdict: Verdict;
  memo: ExportMemo;
  status: ExportStatus;
  /** What people were shown of an export with restarts, each time that it had changed. */
  details: Array<{ atMs: number; text: string }>;
  /** Worker processes that were set to work. */
  workers: number;
}

export interface Outage {
  what: 'Temporal stopped' | 'Temporal cut off (reset)' | 'Temporal cut off (silent)' | 'activity workers absent';
  fromMs: number;
  untilMs: number;
}

export interface EarlierChain {
  runId: string;
  /** As its memo has it; null where it has none. */
  jobId: string | null;
}

export interface Post {
  atMs: number;
  /** Null when none was sent. */
  httpStatus: number | null;
  /** As in the journal. */
  note: string;
  /** The job that it has begun. */
  jobId: string | null;
  /** What it met by the plan; null for nothing. */
  trouble: PostTrouble | null;
}

export interface Read {
  atMs: number;
  httpStatus: number | null;
  /** The answer was one of the plan's wrong reads. */
  isWrong?: true;
}

export interface Job {
  jobId: string;
  /** To our object. */
  ours: boolean;
  /** Of the export before this one, to the same object. */
  isEarlier?: true;
  status: string;
  beginMs: number;
  /** Null while it goes on. */
  endMs: number | null;
}

/** `fits`: the first bytes are those of our format. */
export type ObjectChange = { atMs: number } & ({ kind: 'foreign'; fits: boolean } | { kind: 'takenAway' });

/** One `imsSubmitExport`. */
export interface Attempt {
  /** The runs whose histories have it: a reset copies what was before. */
  runs: number[];
  /** When the workflow task began that asked for it. */
  decidedAtMs: number;
  /** Null when no worker took it, or where that is not known because the run was reset before it ended. */
  startedAtMs: number | null;
  scheduledAtMs: number;
  /** Null while it was open. */
  closedAtMs: number | null;
  /**
   * What the workflow was told. `lost`: that its worker did not answer in time · `neverBegan`: no worker took it · `open`: the
   * run was reset before. `ambiguous` with `sent: false`: that an earlier run may have sent one.
   */
  end: 'accepted' | 'rejected' | 'notExecuted' | 'ambiguous' | 'lost' | 'neverBegan' | 'open';
  sent: boolean;
  /** The code of the error that came with it. */
  code: string | null;
}

export interface PersonsAnswer {
  atMs: number;
  /** When the workflow had it. */
  takenAtMs: number;
  answer: Answer;
  /** The job that was named; null for `{notSubmitted: true}`. */
  jobId: string | null;
  /** What the update was refused with; null when it was taken. */
  refusal: string | null;
}

export type Verdict =
  | { kind: 'succeeded'; result: ExportImageResult }
  | { kind: 'failed'; type: Exclude<FailureType, 'ExportOutcomeUnknown'>; message: string; details: FailureDetails }
  | { kind: 'unknown'; message: string; details: FailureDetails }
  | { kind: 'canceled' }
  /** What must not happen: another failure, or no end. */
  | { kind: 'broken'; message: string };

/** What of `details[0]` is judged. */
export interface FailureDetails {
  reason?: string;
  jobId?: string | null;
  remoteJob?: string;
  problem?: string;
  status?: ExportStatus;
}
