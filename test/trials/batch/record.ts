import type { ExportImagesResult } from '../../../src/contract';
import type { JobSummary } from '../../../src/testing';
import type { BatchPlan } from './plan';

/** What one run of the trial left behind. */
export interface BatchRecord {
  plan: BatchPlan;
  result: ExportImagesResult;
  resultBytes: number;
  /** Images whose export ended as unknown because a kill had taken the answer to its submit. */
  ambiguousSubmits: string[];
  jobs: JobSummary[];
  /** Events of each run of the batch, the first one first. */
  eventsPerRun: number[];
  /** Of the largest worker. */
  peakRssBytes: number;
  kills: number;
  tookMs: number;
}
