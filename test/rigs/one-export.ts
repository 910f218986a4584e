import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ExportImageInput, ExportImageResult, ExportOptions, ExportStatus } from '../../src/contract';
import type { FaultAction, JobChange, JobSummary, JournalEntry } from '../../src/testing';
import { type InputChanges, type Rig, type RunTimeouts, untilStatus, whatRemains } from './rig';

/** Polls that come only when they are asked for, so that a test can arrange each. */
export const ON_REQUEST = { minInterval: '5m', maxInterval: '5m' };

/** When a fault begins and how often it hits, as in a FaultRule. */
export type Hits = { nth?: number; times?: number };

/** Until the test is over. */
export const ALWAYS: Hits = { times: 1_000_000 };

/**
 * One export of an image and to a destination of its own, with what the cloud and Temporal tell of it. Its faults meet
 * nobody else, so that the exports of a file can run side by side.
 */
export class OneExport {
  readonly input: ExportImageInput;
  #handle: WorkflowHandle | undefined;

  /** @param changes `image` is one of the catalogue: a copy of it is exported */
  constructor(
    readonly rig: Rig,
    changes: InputChanges = {},
  ) {
    const { id } = rig.simulator.addImage(changes.image ?? 'linux');
    this.input = { ...rig.input(changes), imageId: id };
  }

  /** The same, with a job that ends only when the test ends it. */
  withLongJob(): this {
    this.rig.longJobs.add(this.imageId);
    return this;
  }

  /** Another export of the same image. */
  to(bucketUrl: string, options?: ExportOptions): OneExport {
    const other = new OneExport(this.rig, { bucketUrl, options });
    other.input.imageId = this.imageId;
    return other;
  }

  /** An export of another image, to a destination of its own. */
  of(imageId: string, options?: ExportOptions): OneExport {
    const other = new OneExport(this.rig, { options });
    other.input.imageId = imageId;
    return other;
  }

  get imageId(): string {
    return this.input.imageId;
  }

  get bucketUrl(): string {
    return this.input.bucketUrl;
  }

  get objectKey(): string {
    return this.bucketUrl.slice(this.bucketUrl.indexOf(':') + 1);
  }

  get handle(): WorkflowHandle {
    if (this.#handle === undefined) throw new Error('the export was not started');
    return this.#handle;
  }

  /** @param timeouts that a starter may set */
  async start(timeouts: RunTimeouts = {}): Promise<this> {
    this.#handle = await this.rig.startWorkflow(this.input, undefined, timeouts);
    return this;
  }

  /** Starts it and waits until the cloud has accepted the job; returns its id. */
  async accepted(): Promise<string> {
    await this.start();
    const { jobId } = await this.until((status) => status.jobId !== null || status.outcome !== null);
    if (jobId === null) throw await this.failure();
    return jobId;
  }

  /** The same, and waits until it sleeps after its first poll, which it does with {@link ON_REQUEST} while its job runs. */
  async asleep(): Promise<string> {
    const jobId = await this.withLongJob().accepted();
    await this.until(({ nextPollAt }) => nextPollAt !== null);
    return jobId;
  }

  until(shows: (status: ExportStatus) => boolean, limitMs?: number): Promise<ExportStatus> {
    return untilStatus(this.rig.client, this.handle.workflowId, shows, limitMs);
  }

  /** Sends `pollNow` and waits until that poll was taken in. */
  async poll(): Promise<ExportStatus> {
    const { polls } = await this.until(({ nextPollAt }) => nextPollAt !== null);
    await this.handle.signal('pollNow');
    return this.until((status) => status.polls > polls && (status.nextPollAt !== null || status.outcome !== null));
  }

  /** Polls until it has ended; for budgets of milliseconds, which are spent between two polls. */
  async pollsToItsEnd(): Promise<ExportStatus> {
    for (;;) {
      const status = await this.poll();
      if (status.outcome !== null) return status;
    }
  }

  result(): Promise<ExportImageResult> {
    return this.handle.result();
  }

  /** What it fails with; an error where it does not. */
  async failure(): Promise<ApplicationFailure> {
    const end = await this.handle.result().then(
      (result: unknown) => new Error(`it succeeded: ${JSON.stringify(result)}`),
      (error: unknown) => error,
    );
    if (end instanceof WorkflowFailedError && end.cause instanceof ApplicationFailure) return end.cause;
    throw end;
  }

  /** The current details, as the Web UI shows them. */
  async details(): Promise<string> {
    const { currentDetails } = await this.handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    return currentDetails;
  }

  /** Memo and status once it has ended. */
  remains(): ReturnType<typeof whatRemains> {
    return whatRemains(this.rig.client, this.handle.workflowId);
  }

  postsFail(action: FaultAction, hits: Hits = {}): void {
    this.rig.simulator.faults.add({ service: 'ims', method: 'POST', path: this.#postPath, ...hits, action });
  }

  pollsFail(jobId: string, action: FaultAction, hits: Hits = {}): void {
    this.rig.simulator.faults.add({ service: 'ims', method: 'GET', path: `*/jobs/${jobId}`, ...hits, action });
  }

  /** HEADs of the destination; the first is the preflight's. */
  headsFail(action: FaultAction, hits: Hits = {}): void {
    this.rig.simulator.faults.add({ service: 'obs', method: 'HEAD', path: `*/${this.objectKey}`, ...hits, action });
  }

  /** Reads of the bytes at the destination. */
  readsFail(action: FaultAction, hits: Hits = {}): void {
    this.rig.simulator.faults.add({ service: 'obs', method: 'GET', path: `*/${this.objectKey}`, ...hits, action });
  }

  /** The looks at the destination. */
  heads(): JournalEntry[] {
    const isOfIt = ({ method, path }: JournalEntry) => method === 'HEAD' && path.endsWith(`/${this.objectKey}`);
    return this.rig.simulator.requests().filter(isOfIt);
  }

  /** What the simulator was asked to export of this image. */
  posts(): JournalEntry[] {
    return this.rig.simulator.requests().filter(({ method, path }) => method === 'POST' && path === this.#postPath);
  }

  jobs(): JobSummary[] {
    return this.rig.simulator.jobs().filter(({ imageId }) => imageId === this.imageId);
  }

  /** Requests for a job's state. */
  pollsOf(jobId: string): JournalEntry[] {
    return this.rig.simulator.requests().filter(({ path }) => path.endsWith(`/jobs/${jobId}`));
  }

  /** On a busy machine its job may have ended so by itself. */
  changeJob(jobId: string, change: JobChange): void {
    const isSo = this.jobs().some((job) => job.jobId === jobId && job.status === change.status && job.endTime !== null);
    if (!isSo) this.rig.simulator.changeJob(jobId, change);
  }

  /** The object at the destination. */
  object() {
    return this.rig.simulator.objects().find(({ key }) => key === this.objectKey);
  }

  get #postPath(): string {
    return `/v1/cloudimages/${this.imageId}/file`;
  }
}

/** Awaits something that is asked for again and again, such as what Temporal tells. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, limitMs = 30_000): Promise<T> {
  const giveUpAtMs = Date.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > giveUpAtMs) throw new Error(`waited in vain until ${what}`);
    await sleep(30);
  }
}
