import { Context } from '@temporalio/activity';
import type { ExportActivities, ExportedObject, ReconcileInput, ReconcileOutcome } from '../contract';
import { CloudError } from '../huaweicloud';
import { type AccountCloud, accountOf, type ExportActivityDeps, mayPass, retryLater } from './cloud';
import { denialText, type FoundObject, faultOf, readDestination } from './object-inspection';

/** What an attempt leaves behind for the next one. */
interface Seen {
  object: ExportedObject;
}

/**
 * `imsReconcileSubmit`: reads the destination of an ambiguous submit. It never sends a POST.
 *
 * Nothing may be submitted after an object was seen. So once it was seen, every attempt answers with that object,
 * whatever else goes wrong; an error would lose it.
 *
 * @throws ApplicationFailure CloudUnavailable, retryable, while OBS cannot be asked and no object was seen
 */
export function reconcileSubmit(deps: ExportActivityDeps): ExportActivities['imsReconcileSubmit'] {
  return async (input) => {
    const seen = Context.current().info.heartbeatDetails as Seen | undefined;
    try {
      return await inspect(accountOf(deps, input.request.account), input, seen);
    } catch (error) {
      if (seen !== undefined) return notSeenAgain(seen, error);
      if (!(error instanceof CloudError)) throw error;
      if (mayPass(error)) throw retryLater(error);
      return { kind: 'denied', error: error.info() };
    }
  };
}

async function inspect(
  account: AccountCloud,
  input: ReconcileInput,
  seen: Seen | undefined,
): Promise<ReconcileOutcome> {
  const { found, date } = await readDestination(account.client, input.request);
  if (found === null) {
    if (seen === undefined) return { kind: 'free', date };
    return { kind: 'candidate', object: seen.object, doubt: 'it was there and is gone' };
  }
  // Should this attempt be lost, and the object be gone at the next one, it was seen all the same.
  Context.current().heartbeat({ object: found.object } satisfies Seen);
  return { kind: 'candidate', object: found.object, ...(await doubtOf(account, input, found)) };
}

function notSeenAgain({ object }: Seen, error: unknown): ReconcileOutcome {
  const why = error instanceof CloudError ? denialText(error) : String(error);
  return { kind: 'candidate', object, doubt: `it was seen, and could not be looked at again (${why})`, passing: true };
}

/** Why the metadata or bytes of the object do not prove it to be ours; null when they do. */
async function doubtOf(
  { client }: AccountCloud,
  { request, destinationFreeAt }: ReconcileInput,
  found: FoundObject,
): Promise<{ doubt: string | null; passing?: true }> {
  if (destinationFreeAt === null || Number.isNaN(Date.parse(destinationFreeAt))) {
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
