/**
 * The Nexus service of exports, as callers in other namespaces see it.
 *
 * A caller's workflow imports this file, so it holds the definition alone and is safe in the workflow sandbox. The handler
 * is on the worker's side: `exportNexusService` of the package's root.
 *
 * @module
 */
import { ApplicationFailure } from '@temporalio/common';
import { operation, service } from 'nexus-rpc';
import { type ExportImageInput, type ExportImageResult, FAILURE_TYPES, type FailureType } from './contract';

/** Input of the operation `exportImage`: that of the workflow, and what a cancel by this caller means. */
export type ExportOperationInput = ExportImageInput & {
  /**
   * What a cancel of this operation does. False: this caller stops waiting, and the export goes on for all others. True:
   * the export itself is canceled, as its own `options.onCancel` says, for every caller that waits for it.
   *
   * @default false
   */
  cancelExport?: boolean;
};

/**
 * The service `ims-export`. Its operation `exportImage` exports an image under the id of its destination, or joins the same
 * export that runs, and ends with the result.
 *
 * @example
 * ```ts
 * const exports = createNexusServiceClient({ service: imsExportService, endpoint: 'ims-export' });
 * const { object } = await exports.executeOperation(
 *   'exportImage',
 *   { imageId, bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' },
 *   { cancellationType: 'WAIT_CANCELLATION_REQUESTED' },
 * );
 * ```
 */
export const imsExportService = service('ims-export', {
  exportImage: operation<ExportOperationInput, ExportImageResult>(),
});

/** A failure of an export, with one of its types and with `details[0]` of the shape that this type documents. */
export type ExportFailure = ApplicationFailure & { readonly type: FailureType };

/**
 * The export's own failure in what an operation failed with: beneath a `NexusOperationFailure` it lies deeper where the
 * export was refused before it began. Undefined when it is none, as after a cancel.
 *
 * @example
 * ```ts
 * const failure = exportFailureOf(error);
 * if (failure?.type === 'DestinationBusy') return 'later';
 * ```
 */
export function exportFailureOf(error: unknown): ExportFailure | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isExportFailure(cause)) return cause;
  }
  return undefined;
}

function isExportFailure(error: Error): error is ExportFailure {
  return error instanceof ApplicationFailure && (FAILURE_TYPES as readonly unknown[]).includes(error.type);
}
