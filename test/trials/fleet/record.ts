import type { JobSummary, JournalEntry } from '../../../src/testing';
import type { FleetPlan } from './plan';

/** What a fleet left behind: told by the simulator, by Temporal and by the operating system. */
export interface FleetRecord {
  plan: FleetPlan;
  /** What the simulator was asked; without the requests of whoever watches. */
  requests: JournalEntry[];
  jobs: JobSummary[];
  exports: ExportRecord[];
  peakRssBytes: number;
  tookMs: number;
}

/** One export, by its result and its history. */
export interface ExportRecord {
  imageId: string;
  /** `succeeded`, or what it ended with instead. */
  end: string;
  /** When its polls were to come: the end of the timer before each. */
  pollsPlannedMs: number[];
  /** When its polls became due, which is later where Temporal or the worker were. */
  pollsDueMs: number[];
  /** How long its activities waited in their queues. */
  activityWaitsMs: number[];
  submitWaitsMs: number[];
  failedWorkflowTasks: number;
  timedOutWorkflowTasks: number;
}
