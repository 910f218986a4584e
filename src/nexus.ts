/**
 * The Nexus service of exports, as callers in other namespaces see it.
 *
 * A caller's workflow imports this file, so it holds the definition alone and is safe in the workflow sandbox. The handler
 * is on the worker's side: `exportNexusService` of the package's root.
 *
 * @module
 */
import { operation, service } from 'nexus-rpc';
import type { ExportImageInput, ExportImageResult } from './contract';

export type { ExportFailure } from './contract';
export { exportFailureOf } from './export/failures';

/** Input of the operation `exportImage`: that of the workflow without `notify`, and what a cancel by this caller means. */
export type ExportOperationInput = ExportImageInput & {
  /** Refused: the end of the operation notifies its caller, and the workflows of the exports' namespace are not the caller's. */
  notify?: undefined;
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
