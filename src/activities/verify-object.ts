import type { ExportActivities, ExportedObject, ObjectProblem, VerifyInput, VerifyOutcome } from '../contract';
import { CloudError, type ObjectInfo } from '../huaweicloud';
import { type AccountCloud, accountOf, type ExportActivityDeps, mayPass, retryLater } from './cloud';
import { formatMatches } from './object-format';

/** Last-Modified has whole seconds. */
const CLOCK_TOLERANCE_MS = 1_000;

/**
 * `imsVerifyObject`: looks at the object that a job says it wrote. Its size is never compared with the image's, since
 * conversion changes it. Without permission to read it, verification is skipped: the export has succeeded all the same.
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
      return { kind: 'skipped', reason: `the object could not be read: ${error.httpStatus} ${error.code}` };
    }
  };
}

async function verify({ client }: AccountCloud, { request, notOlderThan }: VerifyInput): Promise<VerifyOutcome> {
  const { bucket, objectKey, bucketUrl } = request;
  const { object: head } = await client.obs.headObject(bucket, objectKey);
  if (head === null) return invalid('missing', `there is no object ${bucketUrl}`, null);
  const { size, etag, lastModified } = head;
  const object: ExportedObject = { size, etag, lastModified, format: request.fileFormat };
  const problem = problemOf(head, notOlderThan);
  if (problem !== undefined) return invalid(problem.problem, problem.found, object);
  const readRange = (first: number, last: number) => client.obs.readRange(bucket, objectKey, first, last);
  if (!(await formatMatches(request.fileFormat, size, readRange))) {
    return invalid('wrongFormat', `its bytes are not those of ${request.fileFormat}`, object);
  }
  return { kind: 'verified', object };
}

function problemOf(
  { size, lastModified, storageClass }: ObjectInfo,
  notOlderThan: string | null,
): { problem: ObjectProblem; found: string } | undefined {
  if (size === 0) return { problem: 'empty', found: 'it has 0 bytes' };
  const earliestMs = notOlderThan === null ? Number.NaN : Date.parse(notOlderThan);
  if (Date.parse(lastModified) < earliestMs - CLOCK_TOLERANCE_MS) {
    return { problem: 'olderThanJob', found: `it was last modified ${lastModified}, before ${notOlderThan}` };
  }
  if (storageClass !== null && storageClass !== 'STANDARD') {
    return { problem: 'wrongStorageClass', found: `its storage class is ${storageClass}, not STANDARD` };
  }
  return undefined;
}

function invalid(problem: ObjectProblem, found: string, object: ExportedObject | null): VerifyOutcome {
  return { kind: 'invalid', problem, found, object };
}
