import { ApplicationFailure } from '@temporalio/common';
import type {
  DestinationExistsDetails,
  ExportActivities,
  ExportNotAllowedDetails,
  ExportRequest,
  FailureContext,
  FailureType,
  ValidatedExport,
} from '../contract';
import { CloudError, type Image } from '../huaweicloud';
import { type AccountCloud, type ExportActivityDeps, isDenied, mayPass, retryLater } from './cloud';
import { invalidField, parseExportInput } from './export-request';
import { preflight, type Refusal, severityOf } from './preflight';
import { readAncestry } from './preflight/lineage';
import type { PreflightFacts } from './preflight/rule';

/**
 * `imsValidateExport`: checks the shape of the input, then the rules of the API against the image, the bucket and the
 * destination. Reads only.
 *
 * @throws ApplicationFailure InvalidExportRequest, ExportNotAllowed, DestinationExists or AccessDenied, non-retryable;
 *   CloudUnavailable, retryable, while the cloud cannot be asked
 */
export function validateExport(deps: ExportActivityDeps): ExportActivities['imsValidateExport'] {
  return async (input) => {
    const request = parseExportInput(input);
    refuseUnbuiltOptions(request);
    const account = deps.accounts.get(request.account);
    if (account === undefined) {
      const known = [...deps.accounts.keys()].join(', ');
      throw invalidField('account', request.account, `one of the worker's accounts: ${known}`);
    }
    try {
      return await validate(request, account);
    } catch (error) {
      throw error instanceof CloudError ? failureOf(error, request) : error;
    }
  };
}

async function validate(request: ExportRequest, account: AccountCloud): Promise<ValidatedExport> {
  const { client, region } = account;
  const image = await client.ims.getImage(request.imageId);
  if (image === undefined) throw notAllowed(request, [noSuchImage(request, region)]);
  const [projectId, ancestors, bucket, destination] = await Promise.all([
    client.projectId(),
    readAncestry(image, (imageId) => client.ims.getImage(imageId)),
    readBucket(account, request),
    readDestination(account, request),
  ]);
  const report = preflight({ request, region, projectId, image, ancestors, bucket });
  if (report.refusals.length > 0) throw notAllowed(request, report.refusals, image);
  if (destination.object !== null) {
    if (severityOf('destinationFree', request, 'error') === 'error')
      throw destinationExists(request, destination.object);
    report.warnings.push(`The destination ${request.bucketUrl} exists already; the cloud does not overwrite it.`);
  }
  const destinationFreeAt = destination.object === null ? destination.date : null;
  return { request, warnings: [...report.warnings, ...destination.warnings], destinationFreeAt };
}

/** Options whose behaviour is not in this version. Better refused than silently ignored. */
function refuseUnbuiltOptions({ attach, options }: ExportRequest): void {
  const refuse = (field: string, value: unknown, instead: string) => {
    throw invalidField(field, value, `${instead}; this version does not have it yet`);
  };
  if (attach !== null) refuse('attach', attach, 'no attach');
  if (options.onCancel === 'drain') refuse('options.onCancel', 'drain', "'detach'");
  if (options.expectNotification) refuse('options.expectNotification', true, 'false');
  if (options.searchAttributes) refuse('options.searchAttributes', true, 'false');
}

async function readBucket({ client }: AccountCloud, { bucket }: ExportRequest): Promise<PreflightFacts['bucket']> {
  try {
    return { info: await client.obs.headBucket(bucket) };
  } catch (error) {
    return { unreadable: obsRefusal(error), missing: error instanceof CloudError && error.class === 'notFound' };
  }
}

/** The destination as it is now, and the clock of OBS at that moment. */
async function readDestination({ client }: AccountCloud, { bucket, objectKey, bucketUrl }: ExportRequest) {
  try {
    return { ...(await client.obs.headObject(bucket, objectKey)), warnings: [] };
  } catch (error) {
    const warning = `Whether the destination ${bucketUrl} is free was not checked: ${obsRefusal(error)}.`;
    return { object: null, date: null, warnings: [warning] };
  }
}

/** What OBS refused with, where a refusal is an answer; everything that may pass is thrown on. */
function obsRefusal(error: unknown): string {
  if (!(error instanceof CloudError) || mayPass(error)) throw error;
  return `${error.httpStatus} ${error.code}`;
}

function noSuchImage(request: ExportRequest, region: string): Refusal {
  return {
    rule: 'imageExists',
    found: `no image ${request.imageId}`,
    message: `The image is not in region ${region}, or account ${request.account} may not see it.`,
  };
}

function notAllowed(request: ExportRequest, refusals: Refusal[], image?: Image): ApplicationFailure {
  const [first] = refusals;
  const details: ExportNotAllowedDetails = {
    ...contextOf(request),
    rule: first?.rule ?? '',
    found: first?.found ?? '',
    refusals,
  };
  const name = image?.name ? `${request.imageId} ("${image.name}")` : request.imageId;
  const reasons = refusals.map(({ rule, found, message }) => `${message} [${rule}: ${found}]`).join(' ');
  return failure('ExportNotAllowed', `Image ${name} cannot be exported to ${request.bucketUrl}: ${reasons}`, details);
}

function destinationExists(
  request: ExportRequest,
  object: NonNullable<DestinationExistsDetails['object']>,
): ApplicationFailure {
  const { size, etag, lastModified } = object;
  return failure(
    'DestinationExists',
    `Nothing was submitted: ${request.bucketUrl} exists already (${size} bytes, last modified ${lastModified}). Choose another object key, or delete the object.`,
    { ...contextOf(request), object: { size, etag, lastModified } },
  );
}

function failureOf(error: CloudError, request: ExportRequest): ApplicationFailure {
  if (mayPass(error)) return retryLater(error);
  const details = { ...contextOf(request), error: error.info() };
  if (isDenied(error)) {
    return failure(
      'AccessDenied',
      `Nothing was submitted: account ${request.account} of this worker was refused by ${error.operation}: ${error.code}: ${error.message}. Check its access key, its project and its permissions.`,
      details,
    );
  }
  return failure(
    'SubmitRejected',
    `Nothing was submitted: ${error.operation}: ${error.code}: ${error.message}`,
    details,
  );
}

function contextOf({ imageId, bucketUrl }: ExportRequest): FailureContext {
  return { imageId, bucketUrl };
}

function failure(type: FailureType, message: string, details: object): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: [details] });
}
