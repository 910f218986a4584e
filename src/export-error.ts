import type { EXPORT_ENDED, FailureType, NOT_VALIDATED_YET, NOTHING_TO_RESOLVE } from './contract';

/**
 * The codes of errors that a caller can get: the export's own failure types, and what can go wrong on the way to it.
 *
 * - `Canceled`, `Terminated`: the tracking was ended from outside; the job in the cloud may go on
 * - `NoWorker`: no worker took the export from its task queue
 * - `TemporalUnreachable`: no Temporal server answered, or it refuses the caller
 * - `NoSuchExport`: there is no workflow of that id
 * - `NothingToResolve`: no submit is ambiguous, so there is nothing to resolve
 * - `NotValidatedYet`: the input is being validated, so its options are not known yet
 * - `Unreadable`: what Temporal has of the export cannot be decoded here, as without the data converter of the namespace
 * - `ExportEnded`: the export has ended, so it cannot be steered any more
 */
export type ExportErrorCode =
  | FailureType
  | 'Canceled'
  | 'Terminated'
  | 'NoWorker'
  | 'TemporalUnreachable'
  | 'NoSuchExport'
  | 'Unreadable'
  | typeof EXPORT_ENDED
  | typeof NOT_VALIDATED_YET
  | typeof NOTHING_TO_RESOLVE;

/**
 * The error that the client functions throw on purpose, besides `TemporalConfigurationError` where Temporal does not have the
 * namespace; its message says what to do next. A worker that cannot reach
 * Temporal ends with it too.
 */
export class ExportError extends Error {
  override readonly name = 'ExportError';

  constructor(
    readonly code: ExportErrorCode,
    message: string,
    /** `details[0]` of the export's failure, of the shape that its type documents. */
    readonly details?: unknown,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
