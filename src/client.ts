/**
 * Starting, reading and steering exports over Temporal.
 *
 * @module
 */
export { connectClient } from './client/connect';
export { ExportError, type ExportErrorCode } from './client/errors';
export { cancelExport, type ExportReport, followExport, listExports, pollNow, readExport } from './client/follow';
export { exportResult, type StartedExport, type StartOptions, startExport } from './client/start';
