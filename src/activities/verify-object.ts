import type { ExportActivities, ExportRequest, VerifyInput, VerifyOutcome } from '../contract';
import { CloudError } from '../huaweicloud';
import { type AccountCloud, accountOf, type ExportActivityDeps, mayPass, retryLater } from './cloud';
import { denialText, faultOf, findObject } from './object-inspection';

/**
 * `imsVerifyObject`: checks the object that a job says it wrote. Without permission to read it, verification is
 * skipped: the export has succeeded all the same.
 *
 * @throws ApplicationFailure CloudUnavailable, retryable, while OBS cannot be asked
 */
export function verifyObject(deps: ExportActivityDeps): ExportActivities['imsVerifyObject'] {
  return async (input) => {
    try {
      return await verify(accountOf(deps, input.request.account), input);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      if (mayPass(error)) throw retryLater(error);
      return { kind: 'skipped', reason: notReadable(input.request, error) };
    }
  };
}

async function verify({ client }: AccountCloud, { request, notOlderThan }: VerifyInput): Promise<VerifyOutcome> {
  const found = await findObject(client, request);
  if (found === null) {
    return { kind: 'invalid', problem: 'missing', found: `there is no object ${request.bucketUrl}`, object: null };
  }
  const fault = await faultOf(client, request, found, notOlderThan);
  if (fault === null) return { kind: 'verified', object: found.object };
  return { kind: 'invalid', problem: fault.problem, found: `it ${fault.found}`, object: found.object };
}

function notReadable({ account, bucketUrl }: ExportRequest, error: CloudError): string {
  return `the object could not be read: OBS refused ${bucketUrl} to account ${account} (${denialText(error)}); give it permission to read the bucket, or look at the object yourself`;
}
