import type { BatchStatus, ExportStatus } from '../../src/contract';
import { parseExportInput } from '../../src/request/export';
import { beginTracking } from '../../src/workflows/state';
import { statusOf } from '../../src/workflows/status';
import { SCREEN_TIME } from './screen';

/** Constant ids, for snapshots. */
export const IMAGE = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';
export const JOB = 'ff8080824f3f9c8d014f3fa9a1b20000';
export const BUCKET_URL = 'ims-image:exports/centos7_5.qcow2';
export const EXPORT_ID = `ims-export:${BUCKET_URL}`;
export const BATCH_ID = 'ims-export-batch:nightly';

/** ISO 8601, so many minutes before {@link SCREEN_TIME}. */
export function minutesAgo(minutes: number): string {
  return new Date(Date.parse(SCREEN_TIME) - minutes * 60_000).toISOString();
}

/** What a worker answers for an export that runs for an hour. */
export function exportStatus(changes: Partial<ExportStatus> = {}): ExportStatus {
  const { options } = parseExportInput({ imageId: IMAGE, bucketUrl: BUCKET_URL, fileFormat: 'qcow2' });
  const at = { startedAt: minutesAgo(60), submittedAt: minutesAgo(59), deadlineAt: minutesAgo(-23 * 60) };
  return {
    ...statusOf(beginTracking({}, 0), 0),
    ...at,
    ...{ imageId: IMAGE, bucketUrl: BUCKET_URL, fileFormat: 'qcow2', isQuickExport: false, jobId: JOB, options },
    ...{ phase: 'exporting', remoteJob: 'running', jobStatus: 'RUNNING', progress: 0.37, polls: 12, submissions: 1 },
    ...{ remainingMs: 102 * 60_000, nextPollAt: minutesAgo(-4.5) },
    ...changes,
  };
}

/** What a worker answers for an export before it has a job. */
export function statusWithoutJob(changes: Partial<ExportStatus>): ExportStatus {
  const none = {
    jobId: null,
    jobStatus: null,
    progress: null,
    remainingMs: null,
    remoteJob: 'unknown',
    polls: 0,
  } as const;
  return exportStatus({ ...none, ...changes });
}

/** What a worker answers for a batch that runs for an hour. */
export function batchStatus(changes: Partial<BatchStatus> = {}): BatchStatus {
  const none = {
    alreadyExported: 0,
    unknown: 0,
    refused: 0,
    alreadyExporting: 0,
    canceled: 0,
    notStarted: 0,
    valid: 0,
  };
  return {
    ...{ phase: 'exporting', outcome: null, dryRun: false, total: 2_000, pending: 1_830, running: 50 },
    ...{ counts: { ...none, succeeded: 118, failed: 2 }, maxConcurrent: 50, startingPaused: false, exports: [] },
    ...{ troubles: [], failure: null, startedAt: minutesAgo(60), endedAt: null, warnings: [] },
    ...changes,
  };
}
