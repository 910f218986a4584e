import type { VirtualClock } from './clock';
import { writeDiskImage } from './disk-images';
import { beginJob, changeJob, dueAtMs, type Job, type JobChange, type JobReading, type NewJob, readJob } from './jobs';
import type { ObjectStore } from './obs/object-store';

/** A job as the control API lists it. */
export interface JobSummary {
  jobId: string;
  imageId: string;
  bucketUrl: string;
  status: string;
  percent: number;
  /** ISO 8601. */
  beginTime: string;
  /** ISO 8601; null while the job goes on. */
  endTime: string | null;
}

/** All export jobs. A due job ends when it is read or the clock is moved, and its object appears then. */
export class JobBook {
  constructor(
    private readonly jobs: Job[],
    private readonly objects: ObjectStore,
    private readonly clock: VirtualClock,
    private readonly durationMs: (imageId: string) => number,
    private readonly save: () => void,
  ) {}

  begin(job: Omit<NewJob, 'durationMs'>): Job {
    const started = beginJob({ ...job, durationMs: this.durationMs(job.imageId) }, this.clock.now());
    this.jobs.push(started);
    this.save();
    return started;
  }

  /** Ends every job whose time has come, in the order of their ends. */
  settle(): void {
    const now = this.clock.now();
    const due = this.jobs
      .map((job) => ({ job, atMs: dueAtMs(job) }))
      .filter((entry): entry is { job: Job; atMs: number } => entry.atMs !== null && entry.atMs <= now)
      .sort((a, b) => a.atMs - b.atMs);
    for (const { job, atMs } of due) {
      job.end = { status: 'SUCCESS', atMs, errorCode: null, failReason: null };
      this.placeObject(job, atMs);
    }
    if (due.length > 0) this.save();
  }

  /** Changes a job; undefined when there is none. A job that has ended cannot end again: `ended`. */
  change(jobId: string, change: JobChange): JobSummary | 'ended' | undefined {
    this.settle();
    const job = this.jobs.find((candidate) => candidate.jobId === jobId);
    if (job === undefined) return undefined;
    if (job.end !== null && (change.status !== undefined || change.percent !== undefined || change.stuck !== undefined))
      return 'ended';
    changeJob(job, change, this.clock.now());
    if (job.end !== null && (job.end as { status: string }).status === 'SUCCESS')
      this.placeObject(job, this.clock.now());
    this.settle();
    this.save();
    return this.summary(job);
  }

  /** The job that a query finds; a forgotten one is not found. */
  find(jobId: string): { job: Job; reading: JobReading } | undefined {
    const job = this.jobs.find((candidate) => candidate.jobId === jobId && !candidate.forgotten);
    return job && { job, reading: readJob(job, this.clock.now()) };
  }

  /** One image is exported once at a time. */
  isExporting(imageId: string): boolean {
    return this.jobs.some((job) => job.imageId === imageId && job.end === null);
  }

  list(): JobSummary[] {
    this.settle();
    return this.jobs.map((job) => this.summary(job));
  }

  private summary(job: Job): JobSummary {
    const { status, percent, endTimeMs } = readJob(job, this.clock.now());
    return {
      jobId: job.jobId,
      imageId: job.imageId,
      bucketUrl: `${job.bucket}:${job.key}`,
      status,
      percent,
      beginTime: new Date(job.beginTimeMs).toISOString(),
      endTime: endTimeMs === null ? null : new Date(endTimeMs).toISOString(),
    };
  }

  private placeObject(job: Job, atMs: number): void {
    this.objects.place({
      bucket: job.bucket,
      key: job.key,
      file: `job-${job.jobId}`,
      lastModifiedMs: atMs,
      uploadedInParts: true,
      contentType: 'application/octet-stream',
      produce: (path) => writeDiskImage(path, job.format, job.virtualSize, job.imageName),
    });
  }
}
