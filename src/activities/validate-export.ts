import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type {
  DestinationExistsDetails,
  ExportActivities,
  ExportNotAllowedDetails,
  ExportRequest,
  FailureContext,
  FailureType,
  ValidatedExport,
} from '../contract';
import type { Image } from '../huaweicloud';
import { accountOfInput, notSubmitted, refuseReservedOptions } from './before-submit';
import type { AccountCloud, ExportActivityDeps } from './cloud';
import { invalidField, parseExportInput } from './export-request';
import { type PreflightReport, preflight, type Refusal } from './preflight';
import { readFacts } from './preflight/facts';
import { readRegistration } from './search-attributes';

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
    refuseReservedOptions(request.options);
    const warnings = await refuseUnregisteredAttributes(request);
    const account = accountOfInput(deps, request.account);
    // The job has begun: what it is of is seen by looking at it, and its destination need not be free.
    if (request.attach !== null) return { request, warnings, destinationFreeAt: null };
    try {
      const validated = await validate(request, account);
      return { ...validated, warnings: [...warnings, ...validated.warnings] };
    } catch (error) {
      throw notSubmitted(error, request.account, contextOf(request));
    }
  };
}

async function validate(request: ExportRequest, account: AccountCloud): Promise<ValidatedExport> {
  const facts = await readFacts(account, request);
  const report = preflight(facts);
  const { refusals, warnings, failureType } = report;
  const destination = facts.destination.kind === 'read' ? facts.destination.value : null;
  if (refusals.length > 0) {
    throw failureType === 'DestinationExists'
      ? destinationExists(request, destination?.object ?? null, refusals)
      : notAllowed(request, facts.image, report);
  }
  return { request, warnings, destinationFreeAt: destination?.object === null ? destination.date : null };
}

/** An upsert of an attribute that is not registered would leave the workflow stuck. */
async function refuseUnregisteredAttributes({ options }: ExportRequest): Promise<string[]> {
  if (!options.searchAttributes) return [];
  const registration = await readRegistration();
  if (registration.kind === 'notTold')
    return [`Whether the search attributes are registered was not checked: ${registration.reason}.`];
  if (registration.missing.length === 0) return [];
  const expected = `false, or the search attributes ${registration.missing.join(', ')} registered in the namespace ${registration.namespace} first: \`ims-export search-attributes --register\``;
  throw invalidField('options.searchAttributes', true, expected);
}

function notAllowed(
  request: ExportRequest,
  image: Image | null,
  { refusals, overridable }: PreflightReport,
): ApplicationFailure {
  const [first] = refusals;
  const details: ExportNotAllowedDetails = {
    ...contextOf(request),
    rule: first?.rule ?? '',
    found: first?.found ?? '',
    refusals,
    overridable,
  };
  const name = image?.name ? `${request.imageId} ("${image.name}")` : request.imageId;
  return refusal(
    'ExportNotAllowed',
    `Nothing was submitted: image ${name} cannot be exported to ${request.bucketUrl}. ${[reasons(refusals), ...override(overridable)].join(' ')}`,
    details,
  );
}

function destinationExists(
  request: ExportRequest,
  object: DestinationExistsDetails['object'],
  refusals: Refusal[],
): ApplicationFailure {
  const details: DestinationExistsDetails = {
    ...contextOf(request),
    object: object && { size: object.size, etag: object.etag, lastModified: object.lastModified },
  };
  return refusal(
    'DestinationExists',
    `Nothing was submitted: image ${request.imageId} cannot be exported to ${request.bucketUrl}. ${reasons(refusals)}`,
    details,
  );
}

/** The rules differ by region and date, and the cloud has the last word; but not on what is there and what is not. */
function override(rules: string[]): string[] {
  if (rules.length === 0) return [];
  return [`Where your region allows it, set ${rules.map((rule) => `options.rules.${rule}`).join(' and ')} to 'warn'.`];
}

function reasons(refusals: Refusal[]): string {
  return refusals.map(({ rule, found, message }) => `${message} [${rule}: ${found}]`).join(' ');
}

function contextOf({ imageId, bucketUrl }: ExportRequest): FailureContext {
  return { imageId, bucketUrl };
}

/** A refusal is an answer, and no fault of the worker: Temporal logs it at length, and counts it, unless it is benign. */
function refusal(type: FailureType, message: string, details: object): ApplicationFailure {
  const category = ApplicationFailureCategory.BENIGN;
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: [details], category });
}
