import { Context } from '@temporalio/activity';
import type { CloudErrorInfo, ExportActivities, NotExecutedReason, SubmitInput, SubmitOutcome } from '../contract';
import { messageOf } from '../export/quoting';
import { type CloudClient, CloudError } from '../huaweicloud';
import { type AccountCloud, type ExportActivityDeps, evidenceWaits, noSuchAccount, retryAfterMs } from './cloud';
import { offerJob } from './job-offer';
import { SubmitFence } from './submit-fence';

/** Often enough that a lost worker is noticed by its heartbeat, and no more. */
const HEARTBEATS_PER_TIMEOUT = 6;
const MAX_HEARTBEAT_INTERVAL_MS = 5_000;

/**
 * `imsSubmitExport`: one POST, never repeated. Answers what became of it; an error of this activity itself means that the outcome is
 * unknown. The POST is not tied to the cancellation of the activity: once it is sent, its answer is awaited, and a job id is
 * offered to Temporal until it is taken.
 */
export function submitExport(deps: ExportActivityDeps): ExportActivities['imsSubmitExport'] {
  return async (input) => {
    const context = Context.current();
    if (mayHavePostedBefore(input, context)) return nothingSentNow(context);
    const account = deps.accounts.get(input.request.account);
    if (account === undefined) return notExecuted('NO_SUCH_ACCOUNT', noSuchAccount(deps, input.request.account));
    const { heartbeatTimeoutMs = Number.POSITIVE_INFINITY } = context.info;
    const intervalMs = Math.min(MAX_HEARTBEAT_INTERVAL_MS, heartbeatTimeoutMs / HEARTBEATS_PER_TIMEOUT);
    // The Worker sends the details of the last heartbeat: once there is a job id, no other details may follow it.
    let details: { jobId: string } | undefined;
    const heartbeat = () => context.heartbeat(details);
    const heartbeats = setInterval(heartbeat, intervalMs);
    try {
      const outcome = await post(deps, account, input, context);
      if (outcome.kind !== 'accepted') return outcome;
      details = { jobId: outcome.jobId };
      heartbeat();
      await offerJob(context, input, outcome.jobId);
      return outcome;
    } finally {
      clearInterval(heartbeats);
    }
  };
}

async function post(
  deps: ExportActivityDeps,
  { client }: AccountCloud,
  { request, isProbe = true }: SubmitInput,
  context: Context,
): Promise<SubmitOutcome> {
  const fence = await SubmitFence.raise(context).catch((error: unknown) => stale(error));
  if (!(fence instanceof SubmitFence)) return fence;
  let objection: string | undefined;
  try {
    const { imageId, bucketUrl, isQuickExport, fileFormat } = request;
    const format = isQuickExport ? { isQuickExport } : { fileFormat: fileFormat ?? undefined };
    const { jobId } = await client.ims.exportImage(
      { imageId, bucketUrl, ...format },
      {
        beforeSend: () => {
          objection = fence.objection();
          if (objection !== undefined) throw new Error('not sent');
        },
      },
    );
    return { kind: 'accepted', jobId };
  } catch (error) {
    if (objection !== undefined) return notExecuted('STALE_ATTEMPT', objection);
    // Where an earlier submit may have begun an export, a wrong endpoint is no verdict on it: that waits until it is fixed.
    if (isProbe || !(error instanceof CloudError && error.isWrongEndpoint)) return outcomeOf(error);
    return (await isStillWrong(deps, client, context)) ? rejected(error) : outcomeOf(error);
  }
}

/** Looks again at every host that a submit needs, without another POST. */
async function isStillWrong(deps: ExportActivityDeps, client: CloudClient, context: Context): Promise<boolean> {
  const [waitMs = 0] = evidenceWaits(deps).wrongEndpointMs;
  try {
    await context.sleep(waitMs);
    await client.checkCredentials();
    await client.projectId();
    await client.imsClock();
    return false;
  } catch (error) {
    return error instanceof CloudError && error.isWrongEndpoint;
  }
}

/** Another run or attempt may have sent this POST: one that was reset or retried, or the one before a reset. */
function mayHavePostedBefore({ mayPost, runId }: SubmitInput, context: Context): boolean {
  return !mayPost || runIdOf(context) !== runId || context.info.attempt > 1;
}

function nothingSentNow(context: Context): SubmitOutcome {
  const message = 'this run or attempt was started before and may have exported already; nothing was sent now';
  return { kind: 'ambiguous', sent: false, runId: runIdOf(context), error: ownError('EARLIER_ATTEMPT', message) };
}

function stale(error: unknown): SubmitOutcome {
  return notExecuted('STALE_ATTEMPT', `Temporal did not confirm that this submit is still wanted: ${messageOf(error)}`);
}

function outcomeOf(error: unknown): SubmitOutcome {
  if (!(error instanceof CloudError)) {
    return ambiguous(ownError('ACTIVITY_FAILED', messageOf(error)));
  }
  if (error.executed === 'maybe') return ambiguous(error.info());
  const reason = notExecutedReason(error);
  if (reason === undefined) return rejected(error);
  return { kind: 'notExecuted', reason, error: error.info(), retryAfterMs: retryAfterMs(error) };
}

function rejected(error: CloudError): SubmitOutcome {
  return { kind: 'rejected', denied: false, error: error.info() };
}

function ambiguous(error: CloudErrorInfo): SubmitOutcome {
  return { kind: 'ambiguous', sent: true, runId: runIdOf(Context.current()), error };
}

/** The run that this activity was scheduled for, or handed to by a reset. */
function runIdOf({ info }: Context): string | null {
  return info.workflowExecution?.runId ?? null;
}

/** The reason to try again later, where there is one. */
function notExecutedReason(error: CloudError): NotExecutedReason | undefined {
  switch (error.class) {
    case 'throttled':
      return 'throttled';
    case 'imageBusy':
      return 'imageBusy';
    // One refusal may be a gateway's bad second: it counts once it was seen again.
    case 'unauthorized':
    case 'forbidden':
      return 'unauthorized';
    case 'transient':
    case 'wrongEndpoint':
      return 'unreachable';
    default:
      return undefined;
  }
}

/** The trouble is this worker's own: another one may be there at once. */
function notExecuted(code: string, message: string): SubmitOutcome {
  return { kind: 'notExecuted', reason: 'staleAttempt', error: ownError(code, message), retryAfterMs: null };
}

function ownError(code: string, message: string): CloudErrorInfo {
  return { code, message, httpStatus: null, requestId: null, operation: 'ExportImage' };
}
