import { randomBytes } from 'node:crypto';

/** What an exported object is made of. Quick export always writes zvhd2. */
export type ObjectFormat = 'qcow2' | 'vhd' | 'zvhd' | 'vmdk' | 'zvhd2';

/** An export as it was accepted, with what the control API did to it since. */
export interface Job {
  jobId: string;
  subJobId: string;
  imageId: string;
  imageName: string;
  bucket: string;
  key: string;
  format: ObjectFormat;
  isQuickExport: boolean;
  /** Bytes of the disk inside the object. */
  virtualSize: number;
  beginTimeMs: number;
  durationMs: number;
  /** Time lost while stuck, before now. */
  stuckMs: number;
  /** Set while the job is stuck: it neither moves nor ends. */
  stuckSinceMs: number | null;
  /** Reported instead of the real progress until the job ends. */
  pinnedPercent: number | null;
  /** Reported instead of the real status; the job does not end while it is set. */
  pinnedStatus: string | null;
  /** The cloud has lost the record: queries do not find it. The work goes on. */
  forgotten: boolean;
  end: JobEnd | null;
}

export interface JobEnd {
  status: string;
  atMs: number;
  errorCode: string | null;
  failReason: string | null;
}

/** What a query returns of a job. */
export interface JobReading {
  /** INIT, RUNNING, SUCCESS, FAIL, or a word that the control API pinned. */
  status: string;
  /** 0 to 1, in steps of 0.01. */
  percent: number;
  endTimeMs: number | null;
  errorCode: string | null;
  failReason: string | null;
}

/** A change by `PUT /_simulator/jobs/{id}`. */
export interface JobChange {
  /** `FAIL` and `SUCCESS` end the job now; any other word is reported as it is until it is taken back with null. */
  status?: string | null;
  error_code?: string | null;
  fail_reason?: string | null;
  /** 0 to 1, reported until the job ends; null takes it back. */
  percent?: number | null;
  forget?: boolean;
  stuck?: boolean;
}

export type NewJob = Pick<
  Job,
  'imageId' | 'imageName' | 'bucket' | 'key' | 'format' | 'isQuickExport' | 'virtualSize' | 'durationMs'
>;

export function beginJob(job: NewJob, nowMs: number): Job {
  return {
    ...job,
    jobId: randomBytes(16).toString('hex'),
    subJobId: randomBytes(16).toString('hex'),
    beginTimeMs: nowMs,
    stuckMs: 0,
    stuckSinceMs: null,
    pinnedPercent: null,
    pinnedStatus: null,
    forgotten: false,
    end: null,
  };
}

/** A job is INIT for its first second, or for a twentieth of its life when that is shorter. */
const INIT_MS = 1_000;
const INIT_FRACTION = 0.05;

/** A pure function of begin time, duration, clock and what the control API did. */
export function readJob(job: Job, nowMs: number): JobReading {
  if (job.end !== null) {
    const { status, atMs, errorCode, failReason } = job.end;
    const percent = status === 'SUCCESS' ? 1 : showPercent(job, atMs);
    return { status, percent, endTimeMs: atMs, errorCode, failReason };
  }
  const starting =
    elapsedMs(job, nowMs) < Math.min(INIT_MS, job.durationMs * INIT_FRACTION) && job.pinnedPercent === null;
  const status = job.pinnedStatus ?? (starting ? 'INIT' : 'RUNNING');
  return { status, percent: showPercent(job, nowMs), endTimeMs: null, errorCode: null, failReason: null };
}

/** When a job that nothing holds up will end with SUCCESS; null when it will not by itself. */
export function dueAtMs(job: Job): number | null {
  if (job.end !== null || job.stuckSinceMs !== null || job.pinnedStatus !== null) return null;
  return job.beginTimeMs + job.durationMs + job.stuckMs;
}

/** Applies a change to a job that was settled before. */
export function changeJob(job: Job, change: JobChange, nowMs: number): void {
  if (change.percent !== undefined) job.pinnedPercent = change.percent;
  if (change.forget !== undefined) job.forgotten = change.forget;
  if (change.stuck === true) job.stuckSinceMs ??= nowMs;
  if (change.stuck === false && job.stuckSinceMs !== null) {
    job.stuckMs += Math.max(0, nowMs - job.stuckSinceMs);
    job.stuckSinceMs = null;
  }
  if (change.status === undefined) return;
  if (change.status === 'SUCCESS') {
    job.end = { status: 'SUCCESS', atMs: nowMs, errorCode: null, failReason: null };
  } else if (change.status === 'FAIL' || change.status === 'FAILED') {
    job.end = {
      status: change.status,
      atMs: nowMs,
      errorCode: change.error_code ?? 'IMG.0061',
      failReason: change.fail_reason ?? 'Unknown system error.',
    };
  } else {
    job.pinnedStatus = change.status;
  }
}

function elapsedMs(job: Job, nowMs: number): number {
  return Math.max(0, (job.stuckSinceMs ?? nowMs) - job.beginTimeMs - job.stuckMs);
}

/** Keeps 0.29 * 100, which is a little less than 29, from being shown as 28 %. */
const ROUNDING = 1e-9;

function showPercent(job: Job, nowMs: number): number {
  if (job.pinnedPercent !== null) return job.pinnedPercent;
  const fraction = job.durationMs === 0 ? 1 : elapsedMs(job, nowMs) / job.durationMs;
  return Math.min(0.99, Math.floor(fraction * 100 + ROUNDING) / 100);
}
