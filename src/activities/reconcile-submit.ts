import { Context } from '@temporalio/activity';
import type { ExportActivities, ExportedObject, ReconcileInput, ReconcileOutcome } from '../contract';
import { objectionToObject } from '../export/attached-object';
import { messageOf } from '../export/quoting';
import { CloudError } from '../huaweicloud';
import { type AccountCloud, accountOf, type ExportActivityDeps, evidenceWaits, mayPass, retryLater } from './cloud';
import { heartbeatProgress, seenAgain } from './evidence';
import { denialText, type FoundObject, faultOf, readDestination } from './object-inspection';

/** What an attempt leaves behind for the next one. */
interface Kept {
  object: ExportedObject;
}

/**
 * `imsReconcileSubmit`: reads the destination of an ambiguous submit. It never sends a POST.
 *
 * Nothing may be submitted after an object was seen. So once it was seen, every attempt answers with that object,
 * whatever else goes wrong; an error would lose it. That it is gone, or is none of ours, counts once several attempts have
 * found that; so does that there is none where one is expected.
 *
 * @throws ApplicationFailure CloudUnavailable, retryable, while OBS cannot be asked and no object was seen; ReadAgain,
 *   retryable, while one attempt alone has found what is wrong, or was refused
 */
export function reconcileSubmit(deps: ExportActivityDeps): ExportActivities['imsReconcileSubmit'] {
  return async (input) => {
    const details = Context.current().info.heartbeatDetails as Partial<Kept> | undefined;
    // A job that runs already is not submitted: then only what this attempt sees counts.
    const kept = input.job === undefined && details?.object ? { object: details.object } : undefined;
    const outcome = await inspectOrTell(deps, input, kept);
    const finding = findingOf(outcome, input);
    if (finding !== null) {
      const object = outcome.kind === 'candidate' ? { object: outcome.object } : {};
      const { refusedMs, contradictedMs } = evidenceWaits(deps);
      seenAgain([finding], outcome.kind === 'denied' ? refusedMs : contradictedMs, object);
    }
    return outcome;
  };
}

/** What is decided by this outcome, where that is more than to read again later; null else. */
function findingOf(outcome: ReconcileOutcome, input: ReconcileInput): string | null {
  const { request, expected, destinationFreeAt, job } = input;
  if (outcome.kind === 'free') return expected ? `There is no object ${request.bucketUrl}` : null;
  if (job !== undefined) {
    const objection = outcome.kind === 'candidate' ? objectionToObject(outcome.object, job) : null;
    return objection && `The object ${request.bucketUrl} is not of the job: ${objection}`;
  }
  // Where it could be read before, or a person is asked, that is waited for.
  if (outcome.kind === 'denied' && destinationFreeAt === null && request.options.onAmbiguousSubmit === 'probe') {
    return `OBS refused to say whether ${request.bucketUrl} is there: ${outcome.error.code}`;
  }
  // Where it is not known whether the object was there before, no reading takes the doubt away.
  if (outcome.kind !== 'candidate' || !isTime(destinationFreeAt)) return null;
  if (outcome.passing || outcome.doubt === null) return null;
  return `The object ${request.bucketUrl} may be of another export: ${outcome.doubt}`;
}

async function inspectOrTell(
  deps: ExportActivityDeps,
  input: ReconcileInput,
  kept: Kept | undefined,
): Promise<ReconcileOutcome> {
  try {
    return await inspect(accountOf(deps, input.request.account), input, kept);
  } catch (error) {
    if (kept !== undefined) return notSeenAgain(kept, error);
    if (!(error instanceof CloudError)) throw error;
    if (mayPass(error)) throw retryLater(error);
    return { kind: 'denied', error: error.info() };
  }
}

async function inspect(
  account: AccountCloud,
  input: ReconcileInput,
  kept: Kept | undefined,
): Promise<ReconcileOutcome> {
  const { found, date } = await readDestination(account.client, input.request);
  if (found === null) {
    if (kept === undefined) return { kind: 'free', date };
    return { kind: 'candidate', object: kept.object, doubt: 'it was there and is gone' };
  }
  // Should this attempt be lost, and the object be gone at the next one, it was seen all the same.
  heartbeatProgress({ object: found.object } satisfies Kept);
  return { kind: 'candidate', object: found.object, ...(await doubtOf(account, input, found)) };
}

function notSeenAgain({ object }: Kept, error: unknown): ReconcileOutcome {
  const why = error instanceof CloudError ? denialText(error) : messageOf(error);
  return { kind: 'candidate', object, doubt: `it was there, and could not be read again (${why})`, passing: true };
}

/** Why the metadata or bytes of the object do not prove it to be ours; null when they do. */
async function doubtOf(
  { client }: AccountCloud,
  { request, destinationFreeAt }: ReconcileInput,
  found: FoundObject,
): Promise<{ doubt: string | null; passing?: true }> {
  if (!isTime(destinationFreeAt)) {
    return { doubt: 'it may have been there before the submit: whether the destination was free then is not known' };
  }
  try {
    const fault = await faultOf(client, request, found, destinationFreeAt);
    return { doubt: fault === null ? null : `it ${fault.found}` };
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    const doubt = `its bytes could not be read (${denialText(error)})`;
    return mayPass(error) ? { doubt, passing: true } : { doubt };
  }
}

function isTime(time: string | null): time is string {
  return time !== null && !Number.isNaN(Date.parse(time));
}
