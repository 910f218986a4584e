import { Context } from '@temporalio/activity';
import type { ExportActivities, ExportedObject, ReconcileInput, ReconcileOutcome } from '../contract';
import { CloudError } from '../huaweicloud';
import { type AccountCloud, accountOf, type ExportActivityDeps, mayPass, retryLater } from './cloud';
import { type FoundObject, faultOf, findObject, refusalText } from './object-inspection';

/** An object that was seen is told, even where its bytes cannot be read: nothing may be submitted after it. */
const READ_ATTEMPTS = 3;
const LONGEST_READ_WAIT_MS = 10_000;

/** What an attempt leaves behind for the next one. */
interface Seen {
  object: ExportedObject;
}

/**
 * `imsReconcileSubmit`: looks at the destination of a submit whose answer was lost. Reads only, never a POST.
 *
 * @throws ApplicationFailure CloudUnavailable, retryable, while OBS cannot be asked
 */
export function reconcileSubmit(deps: ExportActivityDeps): ExportActivities['imsReconcileSubmit'] {
  return async (input) => {
    try {
      return await look(accountOf(deps, input.request.account), input);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      if (mayPass(error)) throw retryLater(error);
      return { kind: 'denied', error: error.info() };
    }
  };
}

async function look(account: AccountCloud, input: ReconcileInput): Promise<ReconcileOutcome> {
  const context = Context.current();
  const seen = context.info.heartbeatDetails as Seen | undefined;
  const found = await findObject(account.client, input.request);
  if (found === null) {
    if (seen === undefined) return { kind: 'free' };
    return { kind: 'candidate', object: seen.object, doubt: 'it was there and is gone' };
  }
  // Should this attempt fail, and the object be gone at the next one, it was seen all the same.
  context.heartbeat({ object: found.object } satisfies Seen);
  return { kind: 'candidate', object: found.object, doubt: await doubtOf(account, input, found) };
}

/** Why the object cannot be taken for ours by its looks; null when it can. */
async function doubtOf(
  { client }: AccountCloud,
  { request, destinationFreeAt }: ReconcileInput,
  found: FoundObject,
): Promise<string | null> {
  if (destinationFreeAt === null || Number.isNaN(Date.parse(destinationFreeAt))) {
    return 'it may have been there before the submit: whether the destination was free then is not known';
  }
  try {
    const fault = await faultOf(client, request, found, destinationFreeAt);
    return fault === null ? null : `it ${fault.found}`;
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    if (mayPass(error) && mayReadLater(error)) throw error;
    return `its bytes could not be read (${refusalText(error)})`;
  }
}

function mayReadLater({ retryAfterMs }: CloudError): boolean {
  return Context.current().info.attempt < READ_ATTEMPTS && (retryAfterMs ?? 0) <= LONGEST_READ_WAIT_MS;
}
