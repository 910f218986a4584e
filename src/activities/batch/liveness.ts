/**
 * `imsLookAtExports`: the liveness check of a batch. It reads from Temporal what became of exports that did not report.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import { type Client, WorkflowFailedError } from '@temporalio/client';
import {
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowNotFoundError,
} from '@temporalio/common';
import {
  type BatchActivities,
  type CheckLivenessInput,
  EXPORT_IMAGE_WORKFLOW,
  type ExportEnded,
  type ExportImageResult,
  type ExportLiveness,
  type ExportMemo,
  type ExportOutcome,
} from '../../contract';
import { earlierToPass } from '../../export/earlier-run';
import { isExportFailure, outcomeOf } from '../../export/failures';
import { cut, messageOf } from '../../export/quoting';
import { type DescribedRun, describeRun, readMemo } from '../../temporal/runs';
import { isOfTemporal, isUnreachable } from '../../temporal/unreachable';
import { type ExportActivityDeps, evidenceWaits } from '../cloud';
import { heartbeatProgress, seenAgain } from '../evidence';

const CHECKS_AT_ONCE = 5;
const CALL_LIMIT_MS = 10_000;
const MAX_MESSAGE = 500;

type Checked = CheckLivenessInput['exports'][number];

/**
 * Reads only, through the connection of the worker. One export that cannot be read does not spoil the others.
 *
 * @throws ApplicationFailure ReadAgain, retryable, while one attempt alone was told that Temporal does not know an export
 */
export function checkLiveness(deps: ExportActivityDeps): BatchActivities['imsLookAtExports'] {
  return async ({ exports }) => {
    const { client } = Context.current();
    const found: ExportLiveness[] = [];
    const waiting = exports.entries();
    const work = async () => {
      for (const [index, looked] of waiting) {
        found[index] = await check(client, looked);
        heartbeatProgress({ looked: index });
      }
    };
    await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, work));
    const gone = exports.filter((_, index) => found[index]?.kind === 'gone');
    seenAgain(
      gone.map(({ workflowId }) => `Temporal does not know ${workflowId}`),
      evidenceWaits(deps).contradictedMs,
    );
    return found;
  };
}

async function check(client: Client, { workflowId, firstRunId }: Checked): Promise<ExportLiveness> {
  let closed: { firstRunId: string } | undefined;
  try {
    return await client.withDeadline(Date.now() + CALL_LIMIT_MS, async () => {
      const latest = await describeRun(client, workflowId);
      // Another export of that id may have been started since. The caller asks about this one.
      const isMeant = firstRunId === null || firstRunId === latest.firstRunId;
      if (isMeant && latest.closeTime === undefined) return await running(client, latest);
      if (isMeant && latest.type !== EXPORT_IMAGE_WORKFLOW && latest.status === 'COMPLETED') {
        return { kind: 'idTaken', workflowType: latest.type };
      }
      closed = { firstRunId: firstRunId ?? latest.firstRunId };
      return await endOf(client, workflowId, closed.firstRunId, isMeant ? latest : null);
    });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { kind: 'gone' };
    const isUnreadable = error instanceof WorkflowFailedError || !isOfTemporal(error);
    if (closed !== undefined && isUnreadable) {
      return { kind: 'notRead', reason: `It has ended, and its result cannot be decoded: ${messageOf(error)}`, closed };
    }
    const reason = `Temporal does not show it to this worker: ${messageOf(error)}`;
    return { kind: 'notRead', reason, refused: !isUnreachable(error) };
  }
}

async function running(client: Client, run: DescribedRun): Promise<ExportLiveness> {
  const { value: memo } = await readMemo<ExportMemo>(client, run, ['imageId']);
  return { kind: 'running', firstRunId: run.firstRunId, parentId: run.parentId, imageId: memo.imageId ?? null };
}

/**
 * How the export of that first run has ended, followed through its runs.
 *
 * @param last its last run, where that is known
 */
async function endOf(
  client: Client,
  workflowId: string,
  firstRunId: string,
  last: DescribedRun | null,
): Promise<Extract<ExportLiveness, { kind: 'ended' }>> {
  const ending = await client.workflow
    .getHandle(workflowId, last?.runId ?? firstRunId)
    .result()
    .then(
      (result: ExportImageResult) => ({ result }),
      (error: { cause?: unknown }) => {
        const known = endingOf(error.cause);
        if (known === undefined) throw error;
        return known;
      },
    );
  const described = last ?? (await describeRun(client, workflowId, firstRunId));
  const { value: memo, unreadable } = await readMemo<ExportMemo>(client, described);
  const run = { ...described, memo, unreadable };
  const report = {
    workflowId,
    firstRunId,
    imageId: memo.imageId ?? null,
    fileFormat: null,
    jobId: memo.jobId ?? null,
    remoteJob: memo.remoteJob ?? (memo.jobId === undefined ? 'unknown' : 'running'),
    object: null,
  } as const;
  if (!('result' in ending))
    return { kind: 'ended', report: { ...report, ...ending }, earlier: earlierToPass(run, null) };
  const { imageId, fileFormat, jobId, object, finishedAt } = ending.result;
  return {
    kind: 'ended',
    report: {
      ...report,
      ...{ outcome: 'succeeded', failure: null, imageId, fileFormat, jobId, remoteJob: 'ended' },
      object: object && { size: object.size, etag: object.etag },
      // The answer of a run can be the result of an earlier one.
      ...(Date.parse(finishedAt) < run.startTime.getTime() ? { alreadyExported: true as const } : {}),
    },
    earlier: earlierToPass(run, ending.result),
  };
}

/** Undefined when it is not the workflow that has failed, but the call that asks about it. */
function endingOf(cause: unknown): { outcome: ExportOutcome; failure: ExportEnded['failure'] } | undefined {
  if (cause instanceof CancelledFailure) return { outcome: 'canceled', failure: null };
  if (cause instanceof TerminatedFailure || cause instanceof TimeoutFailure) {
    const how = cause instanceof TerminatedFailure ? 'terminated from outside' : 'ended by a timeout of Temporal';
    const type = cause instanceof TerminatedFailure ? 'Terminated' : 'TimedOut';
    return {
      outcome: 'unknown',
      failure: { type, message: `The export was ${how}; a job may still be running in the cloud.` },
    };
  }
  if (!(cause instanceof ApplicationFailure)) return undefined;
  const failure = { type: cause.type ?? '', message: cut(cause.message, MAX_MESSAGE) };
  return { outcome: isExportFailure(cause) ? outcomeOf(cause.type) : 'failed', failure };
}
