import { ExportError, type ExportErrorCode } from '../client';
import { AccountConfigurationError } from '../huaweicloud/account/configuration-error';
import { SimulatorPathError } from '../testing/path-error';
import { ListenError } from '../worker/listen-error';

/** What the exit code of a command says. */
export const EXIT = { succeeded: 0, failed: 1, badArguments: 2, unknown: 3, canceled: 4, temporal: 5 } as const;

const EXIT_CODES: { [code in ExportErrorCode]: number } = {
  InvalidExportRequest: EXIT.badArguments,
  NoSuchExport: EXIT.badArguments,
  ExportNotAllowed: EXIT.failed,
  DestinationExists: EXIT.failed,
  DestinationBusy: EXIT.failed,
  ExportEnded: EXIT.failed,
  NothingToResolve: EXIT.failed,
  NotValidatedYet: EXIT.failed,
  SubmitRejected: EXIT.failed,
  AccessDenied: EXIT.failed,
  NothingToExport: EXIT.failed,
  ExportFailed: EXIT.failed,
  ExportedObjectInvalid: EXIT.failed,
  ExportOutcomeUnknown: EXIT.unknown,
  Terminated: EXIT.unknown,
  Canceled: EXIT.canceled,
  NoWorker: EXIT.temporal,
  TemporalUnreachable: EXIT.temporal,
};

const CURED_BY_ARGUMENTS = [AccountConfigurationError, ListenError, SimulatorPathError];

export function exitCodeOf(error: unknown): number {
  if (error instanceof ExportError) return EXIT_CODES[error.code];
  return CURED_BY_ARGUMENTS.some((type) => error instanceof type) ? EXIT.badArguments : EXIT.failed;
}
