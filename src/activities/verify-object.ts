import type { ExportActivities, ExportRequest, VerifyInput, VerifyOutcome } from '../contract';
import { type CloudClient, CloudError } from '../huaweicloud';
import { accountOf, type ExportActivityDeps, evidenceWaits, mayPass, retryLater } from './cloud';
import { seenAgain } from './evidence';
import { denialText, faultOf, findObject } from './object-inspection';

/**
 * `imsVerifyObject`: checks the object that a job says it wrote. Without permission to read it, verification is
 * skipped: the export has succeeded all the same. Either is said only of what several attempts have found.
 *
 * @throws ApplicationFailure CloudUnavailable, retryable, while OBS cannot be asked; ReadAgain, retryable, while one attempt alone
 *   has found what is wrong
 */
export function verifyObject(deps: ExportActivityDeps): ExportActivities['imsVerifyObject'] {
  return async (input) => {
    const { contradictedMs, refusedMs } = evidenceWaits(deps);
    try {
      const outcome = await verify(accountOf(deps, input.request.account).client, input);
      if (outcome.kind === 'invalid') seenAgain([`Verification failed: ${outcome.found}`], contradictedMs);
      return outcome;
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      if (mayPass(error)) throw retryLater(error);
      const reason = notReadable(input.request, error);
      seenAgain([`OBS refused ${input.request.bucketUrl}`], refusedMs, {}, denialText(error));
      return { kind: 'skipped', reason };
    }
  };
}

async function verify(client: CloudClient, { request, notOlderThan }: VerifyInput): Promise<VerifyOutcome> {
  const found = await findObject(client, request);
  if (found === null) {
    return { kind: 'invalid', problem: 'missing', found: `there is no object ${request.bucketUrl}`, object: null };
  }
  const fault = await faultOf(client, request, found, notOlderThan);
  if (fault === null) return { kind: 'verified', object: found.object };
  return { kind: 'invalid', problem: fault.problem, found: `it ${fault.found}`, object: found.object };
}

function notReadable({ account, bucketUrl }: ExportRequest, error: CloudError): string {
  return `the object could not be read: OBS refused ${bucketUrl} to account ${account} (${denialText(error)}); give it permission to read the bucket, or check the object yourself`;
}
