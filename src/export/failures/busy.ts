/**
 * Failures of a destination that another export writes to.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/common';
import type { DestinationBusyDetails, FailureContext } from '../../contract';
import type { RunningExport, Wanted } from '../same-export';
import { contextOf, failure } from './failure';

/** @param wanted what the caller means, where the message is to set it against what runs */
export function destinationBusy(
  context: FailureContext,
  running: RunningExport,
  wanted?: Pick<Wanted, 'fileFormat' | 'jobId'>,
): ApplicationFailure {
  const { imageId, bucketUrl } = context;
  const job = wanted?.jobId == null ? '' : `, job ${wanted.jobId}`;
  const not = wanted ? `, not of image ${imageId} (${wanted.fileFormat ?? 'unknown format'}${job})` : '';
  const format = running.fileFormat ?? 'unknown format';
  const message = `${bucketUrl} is already the destination of image ${running.imageId} (${format}, since ${running.startedAt})${not}. Choose another object key, or wait for that export.`;
  return failure('DestinationBusy', message, busyDetails(context, running));
}

/** @param deletes the cancel is drained: what is exported is about to be deleted */
export function beingCanceled(context: FailureContext, running: RunningExport, deletes = false): ApplicationFailure {
  const what = deletes ? 'is being canceled, and its object deleted' : 'is being canceled';
  const message = `The export of image ${running.imageId} to ${context.bucketUrl} ${what}. Start it again when that has ended.`;
  return failure('DestinationBusy', message, busyDetails(context, running));
}

function busyDetails(
  { imageId, bucketUrl }: FailureContext,
  { imageId: runningImageId, fileFormat, startedAt }: RunningExport,
): DestinationBusyDetails {
  const isQuickExport = fileFormat === 'zvhd2';
  return { imageId, bucketUrl, running: { imageId: runningImageId, fileFormat, isQuickExport, startedAt } };
}

/** For a parent: Temporal refused the child, since a workflow of that id already runs. Temporal does not say of which image. */
export function childBusy(input: unknown, workflowId: string, cause: Error): ApplicationFailure {
  const context = contextOf(null, input);
  return failure(
    'DestinationBusy',
    `${context.bucketUrl} is already the destination of an export, which runs as ${workflowId}; it may be from an earlier run of this workflow. Nothing was submitted for image ${context.imageId}. Choose another object key, wait until that export has ended, or start it through Nexus, which lets several callers join one export.`,
    { ...context, running: null, workflowId },
    cause,
  );
}
