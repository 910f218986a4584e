/**
 * The workflows of temporal-ims-export. Re-export them from your own workflows module:
 *
 * @example
 * ```ts
 * export * from 'temporal-ims-export/workflows';
 * export * from './my-own-workflows';
 * ```
 *
 * @module
 */

export { exportFailureOf } from '../export/failures';
export { batchStatus, pauseStarting, resumeStarting, retuneBatch } from './batch/messages';
export type { BatchState } from './batch/state';
export { type ExportChildOptions, executeExportChild, startExportChild } from './children';
export { exportImageWorkflow } from './export-image';
export { exportImagesWorkflow } from './export-images';
export {
  awaitSubmitted,
  exportStatus,
  pausePolling,
  pollNow,
  resolveSubmission,
  resumePolling,
  retune,
} from './messages';
export { exportEnded } from './notification';
export type { ExportState } from './state';
