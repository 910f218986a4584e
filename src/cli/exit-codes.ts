import { ExportError, type ExportErrorCode } from '../client';
import type { BatchCounts, BatchFailedDetails, FailureType } from '../contract';
import { isFailureType, outcomeOf } from '../export/failures';
import { AccountConfigurationError } from '../huaweicloud/account/configuration-error';
import { ProxyConfigurationError } from '../network/proxies';
import { TemporalConfigurationError } from '../temporal/configuration-error';
import { DataConverterError } from '../temporal/data-converter';
import { SimulatorPathError } from '../testing/path-error';
import { ListenError } from '../worker/metrics-server';

/** What the exit code of a command says. The last is a shell's own, for a command that Ctrl-C has ended. */
export const EXIT = {
  ...{ succeeded: 0, failed: 1, badArguments: 2, unknown: 3, canceled: 4, temporal: 5 },
  interrupted: 130,
} as const;

const EXIT_CODES: { [code in Exclude<ExportErrorCode, FailureType>]: number } = {
  NoSuchExport: EXIT.badArguments,
  Unreadable: EXIT.badArguments,
  ExportEnded: EXIT.failed,
  NothingToResolve: EXIT.failed,
  NotValidatedYet: EXIT.failed,
  Terminated: EXIT.unknown,
  Canceled: EXIT.canceled,
  NoWorker: EXIT.temporal,
  TemporalUnreachable: EXIT.temporal,
};

const CURED_BY_ARGUMENTS = [
  ...[AccountConfigurationError, DataConverterError, ListenError, ProxyConfigurationError, SimulatorPathError],
  TemporalConfigurationError,
];

export function exitCodeOf(error: unknown): number {
  if (error instanceof ExportError) {
    const { code, details } = error;
    const { counts } = (details ?? {}) as Partial<BatchFailedDetails>;
    if (code === 'BatchFailed' && counts) return exitCodeOfBatch(counts);
    return isFailureType(code) ? exitCodeOfFailure(code) : EXIT_CODES[code];
  }
  // By its name, since its class is loaded only where a server is looked for.
  const isServerPath = error instanceof Error && error.name === 'InvalidServerPath';
  return isServerPath || CURED_BY_ARGUMENTS.some((type) => error instanceof type) ? EXIT.badArguments : EXIT.failed;
}

function exitCodeOfFailure(type: FailureType): number {
  if (type === 'InvalidExportRequest') return EXIT.badArguments;
  return outcomeOf(type) === 'unknown' ? EXIT.unknown : EXIT.failed;
}

/** Failed or refused before unknown; an export that is canceled, or belongs to another caller, has not succeeded either. */
export function exitCodeOfBatch(counts: BatchCounts): number {
  if (counts.failed + counts.refused + counts.alreadyExporting + counts.canceled + counts.notStarted > 0) {
    return EXIT.failed;
  }
  return counts.unknown > 0 ? EXIT.unknown : EXIT.succeeded;
}
