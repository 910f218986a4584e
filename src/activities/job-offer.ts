/**
 * Offering a job id to Temporal until it has it. The worker that sent the POST is the only one that knows the id: what it
 * hands over once, and what is lost then, is lost for good.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@temporalio/activity';
import {
  ActivityCancelledError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  type ExportMemo,
  MESSAGES,
  NOTHING_TO_RESOLVE,
  type SubmissionResolution,
  type SubmitInput,
} from '../contract';
import { attachCommand } from '../export/guidance';
import { messageOf } from '../export/quoting';
import { SUBMIT_SETTLES_MS } from '../export/time';
import { describeRun, readMemo } from '../temporal/runs';
import { wasNotProcessed } from '../temporal/unreachable';
import { ASK_LIMIT_MS, confirmedHeartbeat } from './confirmed-heartbeat';

const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 5_000;

/**
 * So long an id is offered at least once the worker shuts down. A worker without a time of grace cancels its activities at once,
 * and the workflow may not even have learnt yet that its submit was lost.
 */
const MIN_AFTER_SHUTDOWN_MS = 20_000;

/** What came of one offer. `over`: nothing of this export takes it any more. */
type Answer = { kind: 'taken' } | { kind: 'again' | 'over'; reason: string };

/**
 * Returns when Temporal has the job id, or when it is given up. While the activity counts, the id goes into the details of
 * a confirmed heartbeat: whatever becomes of the activity afterwards, the workflow finds it there. Once Temporal has given
 * the activity up, the workflow takes it by the update `resolveSubmission`.
 *
 * The cancellation of the activity, by which the Worker reports that it was given up, does not end this; nor does a
 * shutdown, before its time of grace and 20 seconds are over.
 */
export async function offerJob(context: Context, input: SubmitInput, jobId: string): Promise<void> {
  const { imageId, bucket, objectKey } = input.request;
  const named = { jobId, imageId, bucket, objectKey };
  const startedAtMs = performance.now();
  let shutDownAtMs = Number.POSITIVE_INFINITY;
  // At once: whatever happens from here on, the id is not lost.
  context.log.info('The cloud has accepted the export', named);
  const update = new JobUpdate(context, input, jobId);
  // Calls of the client end with the activity's cancellation otherwise.
  const answer = await context.client.withAbortSignal(new AbortController().signal, async () => {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 1.5, MAX_WAIT_MS)) {
      const heard = await byHeartbeat(context, jobId);
      const said = heard.kind === 'givenUp' ? await update.offer() : heard;
      if (said.kind !== 'again') return said;
      if (waitMs === FIRST_WAIT_MS) {
        context.log.warn('Temporal has not taken the job id yet; the worker offers it again', {
          ...named,
          reason: said.reason,
        });
      }
      const nowMs = performance.now();
      if (context.cancellationDetails?.workerShutdown) shutDownAtMs = Math.min(shutDownAtMs, nowMs);
      const isOver =
        nowMs - startedAtMs + waitMs > (input.offerForMs ?? SUBMIT_SETTLES_MS) ||
        nowMs - shutDownAtMs + waitMs > MIN_AFTER_SHUTDOWN_MS;
      if (isOver) return { ...said, kind: 'over' as const };
      await sleep(waitMs);
    }
  });
  if (answer.kind === 'taken') return;
  context.log.error(
    `The job id could not be stored in Temporal: ${answer.reason}. The job continues; track it with \`${attachCommand(jobId, input.request, input.request)}\``,
    named,
  );
}

async function byHeartbeat(context: Context, jobId: string): Promise<Answer | { kind: 'givenUp' }> {
  try {
    await confirmedHeartbeat(context, { jobId });
    return { kind: 'taken' };
  } catch (error) {
    if (error instanceof ActivityNotFoundError) return { kind: 'givenUp' };
    // Temporal has recorded the details, and asks the activity to stop.
    if (STOPS.some((type) => error instanceof type)) return { kind: 'taken' };
    return { kind: 'again', reason: messageOf(error) };
  }
}

const STOPS = [ActivityCancelledError, ActivityResetError, ActivityPausedError];

/** The job id as the answer to the submit, by the update `resolveSubmission`. */
class JobUpdate {
  #resolution: SubmissionResolution;
  /** An update that was not answered is asked for again by its id; one that was, is sent anew. */
  #answers = 0;

  constructor(
    private readonly context: Context,
    private readonly input: SubmitInput,
    private readonly jobId: string,
  ) {
    this.#resolution = { jobId, runId: input.runId };
  }

  async offer(): Promise<Answer> {
    const { client } = this.context;
    try {
      await client.withDeadline(Date.now() + ASK_LIMIT_MS, () =>
        this.#handle().executeUpdate<void, [SubmissionResolution]>(MESSAGES.updates.resolveSubmission, {
          args: [this.#resolution],
          updateId: `${this.jobId}:${this.#answers}`,
        }),
      );
      return { kind: 'taken' };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError)
        return await this.#unlessTracked({ kind: 'over', reason: 'the export has ended' });
      if (!(error instanceof WorkflowUpdateFailedError)) return { kind: 'again', reason: messageOf(error) };
      this.#answers += 1;
      return await this.#refused(error.cause);
    }
  }

  /** The latest run of the chain in which the submit was asked for. */
  #handle() {
    const { client } = this.context;
    const { firstRunId, runId } = this.input;
    return firstRunId === undefined
      ? client.workflow.getHandle(this.#workflowId, runId)
      : client.workflow.getHandle(this.#workflowId, undefined, { firstExecutionRunId: firstRunId });
  }

  get #workflowId(): string {
    return this.context.info.workflowExecution?.workflowId ?? '';
  }

  /** An earlier offer may have been taken, and its answer lost: the memo shows the job. */
  async #unlessTracked(otherwise: Answer): Promise<Answer> {
    const { client } = this.context;
    try {
      const { firstRunId, runId } = this.input;
      const ofRun = firstRunId === undefined ? runId : undefined;
      const run = await client.withDeadline(Date.now() + ASK_LIMIT_MS, () =>
        describeRun(client, this.#workflowId, ofRun),
      );
      const { value: memo } = await readMemo<ExportMemo>(client, run, ['jobId']);
      return memo.jobId === this.jobId ? { kind: 'taken' } : otherwise;
    } catch {
      return otherwise;
    }
  }

  async #refused(failure: unknown): Promise<Answer> {
    if (wasNotProcessed(failure)) return { kind: 'again', reason: messageOf(failure) };
    const { type, details } = failure instanceof ApplicationFailure ? failure : {};
    if (type === 'InvalidExportRequest' && 'runId' in this.#resolution) {
      // A workflow of 0.2 knows only answers of people: it checks the job before it takes it.
      this.#resolution = { jobId: this.jobId };
      return { kind: 'again', reason: 'the workflow is from an older version' };
    }
    if (type !== NOTHING_TO_RESOLVE)
      return { kind: 'over', reason: `the export has refused it (${messageOf(failure)})` };
    const known = (details?.[0] as { jobId?: unknown } | undefined)?.jobId;
    if (known === this.jobId) return { kind: 'taken' };
    if (typeof known === 'string') return { kind: 'over', reason: `the export tracks job ${known}` };
    const waits: Answer = { kind: 'again', reason: 'the export still waits for the answer to its submit' };
    // A workflow of 0.2 does not say which job it knows.
    return known === undefined ? await this.#unlessTracked(waits) : waits;
  }
}
