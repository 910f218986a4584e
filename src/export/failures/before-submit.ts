/**
 * The failures that only activities, clients and the Nexus handler throw, before anything is submitted. No workflow imports
 * them, so they are not in the workflow bundle.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/common';
import {
  type CloudErrorInfo,
  type DestinationExistsDetails,
  type ExportImageResult,
  type ExportNotAllowedDetails,
  exportWorkflowId,
  type FailureContext,
  type ImageQuery,
} from '../../contract';
import { workflowCommand } from '../quoting';
import { takenIdText } from '../summaries';
import { failure } from './failure';
import { asText } from './invalid-request';

/** @param name of the image, where it is known */
export function notAllowed(
  { imageId, bucketUrl }: FailureContext,
  name: string | null,
  { refusals, overridable }: Pick<ExportNotAllowedDetails, 'refusals' | 'overridable'>,
): ApplicationFailure {
  const [first] = refusals;
  const image = name ? `${imageId} ("${name}")` : imageId;
  const sentences = [reasons(refusals), ...override(overridable)].join(' ');
  return failure(
    'ExportNotAllowed',
    `Nothing was submitted: image ${image} cannot be exported to ${bucketUrl}. ${sentences}`,
    {
      imageId,
      bucketUrl,
      rule: first?.rule ?? '',
      found: first?.found ?? '',
      refusals,
      overridable,
    },
  );
}

/** A preflight rule found an object at the destination. */
export function destinationTaken(
  { imageId, bucketUrl }: FailureContext,
  object: DestinationExistsDetails['object'],
  refusals: ExportNotAllowedDetails['refusals'],
): ApplicationFailure {
  return failure(
    'DestinationExists',
    `Nothing was submitted: image ${imageId} cannot be exported to ${bucketUrl}. ${reasons(refusals)}`,
    { imageId, bucketUrl, object: object && pick(object) },
  );
}

function pick({ size, etag, lastModified }: NonNullable<DestinationExistsDetails['object']>) {
  return { size, etag, lastModified };
}

/** The rules differ by region and date, and the cloud has the last word; but not on what is there and what is not. */
function override(rules: string[]): string[] {
  if (rules.length === 0) return [];
  return [`Where your region allows it, set ${rules.map((rule) => `options.rules.${rule}`).join(' and ')} to 'warn'.`];
}

function reasons(refusals: ExportNotAllowedDetails['refusals']): string {
  return refusals.map(({ rule, found, message }) => `${message} [${rule}: ${found}]`).join(' ');
}

/** The cloud cannot be read. @param denied whether it is the credentials or their permissions that were refused */
export function notRead(
  context: FailureContext,
  account: string,
  error: CloudErrorInfo,
  denied: boolean,
): ApplicationFailure {
  const why = `${error.operation}: ${error.code}: ${error.message}`;
  return denied
    ? failure(
        'AccessDenied',
        `Nothing was submitted: account ${account} of this worker was refused by ${why}. Check its access key, its project and its permissions.`,
        { ...context, error },
      )
    : failure('SubmitRejected', `Nothing was submitted: ${why}`, { ...context, error });
}

/** No image matches the query of a batch. Not benign: one that exports nothing night after night must count as failed. */
export function nothingToExport(query: ImageQuery, account: string): ApplicationFailure {
  return failure(
    'NothingToExport',
    `Nothing to export: no private image of account ${account} matches the query ${asText(query)}. Correct the query, tag the images, or check the region and project of the account; \`ims-export batch FILE.json --dry-run --wait\` shows what matches. To let a batch without images succeed, set "allowEmpty": true in its input.`,
    { query, problems: [] },
  );
}

/** A workflow that is no export runs, or has completed, under the id of the destination. */
export function idTaken({ imageId, bucketUrl }: FailureContext, workflowType: string): ApplicationFailure {
  const workflowId = exportWorkflowId(bucketUrl);
  const message = takenIdText(`The workflow id ${workflowId}`, workflowType);
  return failure('DestinationBusy', message, { imageId, bucketUrl, running: null, workflowId });
}

/** An earlier export to this destination, of another image, format or job, has succeeded. */
export function exportedBefore({ imageId, bucketUrl }: FailureContext, earlier: ExportImageResult): ApplicationFailure {
  return failure(
    'DestinationExists',
    `${bucketUrl} already holds image ${earlier.imageId} (${earlier.fileFormat}), exported ${earlier.finishedAt}. Choose another object key.`,
    { imageId, bucketUrl, object: earlier.object && pick(earlier.object) },
  );
}

/** The export that was to track this job tracks another one. */
export function otherJobTracked(
  { imageId, bucketUrl }: FailureContext,
  jobId: string,
  trackedJobId: string | null,
): ApplicationFailure {
  const workflowId = exportWorkflowId(bucketUrl);
  const message = `${bucketUrl} is the destination of job ${trackedJobId}, which is tracked by ${workflowId}, not of job ${jobId}.`;
  return failure('DestinationBusy', message, { imageId, bucketUrl, running: null, workflowId });
}

/** Two dry runs of one destination have one id. @param workflowId of the dry run that runs */
export function dryRunBusy({ imageId, bucketUrl }: FailureContext, workflowId: string): ApplicationFailure {
  return failure(
    'DestinationBusy',
    `Another dry run to ${bucketUrl} is running, of another image or with other settings. Wait for its end, then run this one again: \`${workflowCommand('watch', workflowId)}\``,
    { imageId, bucketUrl, running: null, workflowId },
  );
}
