import { describe, expect, it } from 'vitest';
import { EXIT, exitCodeOf } from '../../src/cli/exit-codes';
import { ExportError, type ExportErrorCode } from '../../src/client';
import { AccountConfigurationError } from '../../src/huaweicloud/account/configuration-error';
import { DataConverterError } from '../../src/temporal/data-converter';
import { TemporalAddressError } from '../../src/temporal/place';
import { SimulatorPathError } from '../../src/testing/path-error';
import { ListenError } from '../../src/worker/metrics-server';

/** As the help of the command line has them. */
const CODES: { [code in ExportErrorCode]: number } = {
  InvalidExportRequest: 2,
  NoSuchExport: 2,
  Unreadable: 2,
  ExportNotAllowed: 1,
  AccessDenied: 1,
  SubmitRejected: 1,
  ExportFailed: 1,
  ExportedObjectInvalid: 1,
  DestinationBusy: 1,
  DestinationExists: 1,
  NothingToExport: 1,
  BatchFailed: 1,
  ExportEnded: 1,
  NothingToResolve: 1,
  NotValidatedYet: 1,
  ExportOutcomeUnknown: 3,
  Terminated: 3,
  Canceled: 4,
  NoWorker: 5,
  TemporalUnreachable: 5,
};

describe('the exit code', () => {
  it.each(Object.entries(CODES) as Array<[ExportErrorCode, number]>)('of %s is %i', (code, exitCode) => {
    expect(exitCodeOf(new ExportError(code, 'what happened'))).toBe(exitCode);
  });

  it.each([
    [
      'an account that is configured wrongly',
      new AccountConfigurationError([{ variable: 'HUAWEICLOUD_SDK_AK', problem: 'is not set' }]),
    ],
    ['a port that is taken', new ListenError('Port 80 is taken')],
    ['a data converter that cannot be used', new DataConverterError('x.cjs', 'there is no such file')],
    ['an address of Temporal that is a URL', new TemporalAddressError('it has a scheme')],
    ['a folder that the simulator cannot use', new SimulatorPathError('it is not empty')],
  ])('of %s is 2, since other arguments cure it', (_what, error) => {
    expect(exitCodeOf(error)).toBe(EXIT.badArguments);
  });

  it('of anything unexpected is 1', () => {
    expect(exitCodeOf(new TypeError('x is not a function'))).toBe(EXIT.failed);
    expect(exitCodeOf('no error at all')).toBe(EXIT.failed);
  });
});
