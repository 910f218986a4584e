/**
 * One export of a run: how it is started, what is done to it, and what is left of it.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import {
  attachExport,
  cancelExport,
  ExportError,
  type ExportReport,
  exportResult,
  pausePolling,
  pollNow,
  readExport,
  resolveSubmission,
  resumePolling,
  retuneExport,
  startExport,
} from '../../../src/client';
import {
  type AttachExportInput,
  type ExportImageInput,
  type ExportImageResult,
  type ExportMemo,
  exportWorkflowId,
} from '../../../src/contract';
import type { JobSummary } from '../../../src/testing';
import { resetTo } from '../../rigs/rig';
import { beginExport } from './begin-export';
import type { Message, PlannedExport } from './plan';
import type { ExportRecord, FailureDetails, Verdict } from './record';
import { QUEUES, type Town } from './town';

const TRY_AGAIN_MS = 500;
const LOOK_EVERY_MS = 500;

export class Subject {
  readonly bucketUrl: string;
  readonly workflowId: string;
  readonly name: string;
  readonly #toldJobs = new Set<string>();
  #attachTo: string | null = null;

  constructor(
    private readonly town: Town,
    private readonly client: Client,
    readonly plan: PlannedExport,
    readonly imageId: string,
    index: number,
  ) {
    this.bucketUrl = `${town.stage.info.bucket}:chaos/${index}-${imageId.slice(0, 8)}`;
    this.workflowId = exportWorkflowId(this.bucketUrl);
    this.name = `${plan.kind} #${index}`;
  }

  get #parentId(): string {
    return `order-${this.imageId}`;
  }

  get #input(): ExportImageInput {
    const { imageId, bucketUrl, plan } = this;
    const queues =
      plan.queues === 'activities'
        ? { activityTaskQueue: QUEUES.activities }
        : plan.queues === 'submits'
          ? { submitTaskQueue: QUEUES.activities }
          : {};
    const target = { imageId, bucketUrl, account: plan.account, options: { ...plan.options, ...queues } };
    if (this.#attachTo !== null) return { ...target, attach: { jobId: this.#attachTo } };
    return plan.format === null ? { ...target, isQuickExport: true } : { ...target, fileFormat: plan.format };
  }

  /** Starts it, as often as that takes: until Temporal has it. What becomes of it is not waited for. */
  async start(isOver: () => boolean): Promise<void> {
    if (this.plan.kind === 'attach') this.#attachTo = await beginExport(this.town.stage, this.imageId, this.bucketUrl);
    while (!isOver()) {
      try {
        if (this.plan.kind === 'child') return await this.#startParent();
        return await this.#startOrAttach();
      } catch (error) {
        // Any other word is a verdict: it is judged by what Temporal has.
        if (!(error instanceof ExportError) || !PASSING.has(error.code)) throw error;
        if (await this.isKnown()) return;
      }
      await sleep(TRY_AGAIN_MS);
    }
  }

  async #startOrAttach(): Promise<void> {
    const input = this.#input;
    const start = input.attach
      ? attachExport(this.client, input as AttachExportInput)
      : startExport(this.client, input);
    const { jobId } = await start.catch((error: unknown) => {
      if (error instanceof ExportError && !PASSING.has(error.code)) return { jobId: null };
      throw error;
    });
    if (jobId !== null) this.#toldJobs.add(jobId);
  }

  async #startParent(): Promise<void> {
    const { workflow } = this.client;
    const args = [this.#input, { taskQueue: QUEUES.exports }];
    try {
      await workflow.start('awaitExport', { workflowId: this.#parentId, taskQueue: QUEUES.application, args });
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return;
      throw unreachable(error);
    }
  }

  async isKnown(): Promise<boolean> {
    return (await this.#describe().catch(() => null)) !== null;
  }

  async isOpen(): Promise<boolean> {
    const description = await this.#describe().catch(() => null);
    return description !== null && description.closeTime === undefined;
  }

  async send(message: Message): Promise<void> {
    const { client, workflowId } = this;
    switch (message) {
      case 'pollNow':
        return await pollNow(client, workflowId);
      case 'pausePolling':
        return await pausePolling(client, workflowId);
      case 'resumePolling':
        return await resumePolling(client, workflowId);
      case 'retuneIntervals':
        await retuneExport(client, workflowId, { minInterval: '500ms', maxInterval: '2s' });
        return;
      case 'retuneDeadline':
        await retuneExport(client, workflowId, { deadline: '+10s' });
        return;
      case 'resolve':
        return await this.#resolve(({ imageId }) => imageId === this.imageId);
      case 'resolveWrongly':
        return await this.#resolve(({ imageId }) => imageId !== this.imageId);
    }
  }

  async #resolve(isNamed: (job: JobSummary) => boolean): Promise<void> {
    const job = (await this.town.stage.jobs()).find(isNamed);
    if (job === undefined) throw new Error('there is no such job');
    await resolveSubmission(this.client, this.workflowId, { jobId: job.jobId });
  }

  async cancel(): Promise<void> {
    await cancelExport(this.client, this.workflowId);
  }

  /** Joins it while it runs; after a success it is given that result. After any other end it would be another intent. */
  async startAgain(): Promise<void> {
    const status = (await this.#describe())?.status.name;
    if (this.#attachTo !== null || this.plan.kind === 'refused') throw new Error('not of this kind');
    if (status !== 'RUNNING' && status !== 'COMPLETED') throw new Error(`it is ${status}`);
    // It returns when the export is submitted, which may take as long as the export is allowed to.
    startExport(this.client, this.#input).then(
      ({ jobId }) => this.#toldJobs.add(jobId ?? ''),
      () => undefined,
    );
  }

  /** @param share which of its workflow tasks: 0 the first, 1 the last */
  async reset(share: number): Promise<void> {
    const description = await this.#describe();
    if (description?.status.name !== 'RUNNING') throw new Error(`it is ${description?.status.name}`);
    const { runId } = description;
    const { events } = await this.client.workflow.getHandle(this.workflowId, runId).fetchHistory();
    const ends = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
    const end = ends[Math.min(ends.length - 1, Math.floor(share * ends.length))];
    if (end === undefined) throw new Error('no workflow task of it was completed');
    const { client, workflowId } = this;
    await resetTo(Number(end.eventId), { client }, { workflowId, firstExecutionRunId: runId });
  }

  async failJob(withinMs: number): Promise<void> {
    const { stage } = this.town;
    const job = await this.#runningJob(Date.now() + withinMs);
    await stage.changeJob(job.jobId, { status: 'FAIL', error_code: 'IMG.0061', fail_reason: 'Unknown system error.' });
  }

  /** Waits for it: an export that was started just now has none yet. */
  async #runningJob(untilMs: number): Promise<JobSummary> {
    for (;;) {
      const jobs = await this.town.stage.jobs().catch(() => []);
      const job = jobs.find(({ imageId, endTime }) => imageId === this.imageId && endTime === null);
      if (job !== undefined) return job;
      if (Date.now() > untilMs) throw new Error('it has no job that runs');
      await sleep(TRY_AGAIN_MS);
    }
  }

  /** Waits until it has ended, and for its parent. What has not ended by then is recorded as open. */
  async record(untilMs: number): Promise<ExportRecord> {
    const { client, workflowId, name, imageId, bucketUrl, plan } = this;
    const mayBeUnconfirmed = plan.options.acceptUnconfirmed === true;
    const known = await recordOf(client, workflowId, untilMs);
    const parent = plan.kind === 'child' ? await this.#parentsVerdict(untilMs) : null;
    const toldJobs = [...this.#toldJobs].filter((jobId) => jobId !== '');
    const { kind, account, queues } = plan;
    return { ...known, name, kind, imageId, bucketUrl, account, queues, mayBeUnconfirmed, toldJobs, parent };
  }

  async #parentsVerdict(untilMs: number): Promise<Verdict> {
    const closed = await untilClosed(this.client, this.#parentId, untilMs);
    if (closed === null) return { kind: 'open', seen: `${this.#parentId} has not ended` };
    try {
      const result: ExportImageResult = await this.client.workflow.getHandle(this.#parentId).result();
      return { kind: 'succeeded', result };
    } catch (error) {
      return verdictOfParent(error);
    }
  }

  async #describe(): Promise<WorkflowExecutionDescription | null> {
    return await describe(this.client, this.workflowId);
  }
}

/** Trouble of the way to Temporal, or of its workers: the same call may succeed later. */
const PASSING: ReadonlySet<string> = new Set(['TemporalUnreachable', 'NoWorker']);

function unreachable(cause: unknown): ExportError {
  return new ExportError('TemporalUnreachable', String(cause), undefined, { cause });
}

async function describe(client: Client, workflowId: string): Promise<WorkflowExecutionDescription | null> {
  try {
    return await client.withDeadline(Date.now() + 5_000, () => client.workflow.getHandle(workflowId).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** The last run, once it has closed; null when that does not come about in time. */
async function untilClosed(
  client: Client,
  workflowId: string,
  untilMs: number,
): Promise<WorkflowExecutionDescription | null> {
  for (;;) {
    const description = await describe(client, workflowId).catch(() => null);
    if (description?.closeTime !== undefined && description.status.name !== 'CONTINUED_AS_NEW') return description;
    if (Date.now() > untilMs) return null;
    await sleep(LOOK_EVERY_MS);
  }
}

type KnownOfExport = Pick<
  ExportRecord,
  'workflowId' | 'verdict' | 'memo' | 'startedAtMs' | 'endedAtMs' | 'deadlineAtMs'
>;

/** What Temporal has of an export, once it has ended. */
export async function recordOf(client: Client, workflowId: string, untilMs: number): Promise<KnownOfExport> {
  const closed = await untilClosed(client, workflowId, untilMs);
  const report = await read(client, workflowId);
  if (closed === null) {
    const seen = report === null ? 'it does not exist' : `${report.workflowStatus} ${JSON.stringify(report.status)}`;
    const startedAtMs = Date.parse(report?.startedAt ?? '') || 0;
    const nothing = { memo: report?.memo ?? {}, endedAtMs: null, deadlineAtMs: null };
    return { workflowId, verdict: { kind: 'open', seen }, startedAtMs, ...nothing };
  }
  const verdict = await exportResult(client, workflowId).then(
    (result): Verdict => ({ kind: 'succeeded', result }),
    verdictOf,
  );
  return {
    workflowId,
    verdict,
    memo: (closed.memo ?? {}) as ExportMemo,
    startedAtMs: closed.startTime.getTime(),
    endedAtMs: closed.closeTime?.getTime() ?? null,
    deadlineAtMs: Date.parse(report?.status?.deadlineAt ?? '') || null,
  };
}

const READ_TRIES = 60;

/** Until a worker has answered: many are asked at the same time, after all of them were started anew. */
async function read(client: Client, workflowId: string): Promise<ExportReport | null> {
  let report: ExportReport | null = null;
  for (let tries = 0; tries < READ_TRIES && (report === null || report.status === null); tries += 1) {
    report = await readExport(client, workflowId).catch(() => null);
    if (report === null) await sleep(TRY_AGAIN_MS);
  }
  return report;
}

function verdictOf(error: unknown): Verdict {
  if (!(error instanceof ExportError)) return { kind: 'broken', message: String(error) };
  const { code, message } = error;
  if (code === 'Canceled') return { kind: 'canceled' };
  const details = (error.details ?? {}) as FailureDetails;
  return code === 'ExportOutcomeUnknown'
    ? { kind: 'unknown', message, details }
    : { kind: 'failed', type: code, message, details };
}

function verdictOfParent(error: unknown): Verdict {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof CancelledFailure) return { kind: 'canceled' };
    if (!(at instanceof ApplicationFailure)) continue;
    const { type, message } = at;
    const details = (at.details?.[0] ?? {}) as FailureDetails;
    return type === 'ExportOutcomeUnknown'
      ? { kind: 'unknown', message, details }
      : { kind: 'failed', type: type ?? '', message, details };
  }
  return { kind: 'broken', message: error instanceof WorkflowFailedError ? String(error.cause) : String(error) };
}
