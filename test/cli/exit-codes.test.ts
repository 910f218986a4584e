import { NamespaceNotFoundError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { EXIT, exitCodeOf } from '../../src/cli/exit-codes';
import { ExportError, type ExportErrorCode } from '../../src/client';
import { toExportError } from '../../src/client/errors';
import { findTemporalCli } from '../../src/dev-server';
import { AccountConfigurationError } from '../../src/huaweicloud/account/configuration-error';
import { DataConverterError } from '../../src/temporal/data-converter';
import { TemporalAddressError, temporalOfEnvironment } from '../../src/temporal/place';
import { routeOfTemporal } from '../../src/temporal/route';
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

  it.each([
    [
      'a profile that does not exist',
      () => temporalOfEnvironment({ TEMPORAL_PROFILE: 'typo', TEMPORAL_CONFIG_FILE: '/no.toml' }),
    ],
    ['an API key that no header can carry', () => temporalOfEnvironment({ TEMPORAL_API_KEY: 'key\n' })],
    [
      'a proxy that neither client nor worker can use',
      () => routeOfTemporal('far:7233', { HTTPS_PROXY: 'https://p:1' }),
    ],
    ['a path of the Temporal CLI that is none', () => findTemporalCli({ env: { TEMPORAL_CLI_PATH: '/nowhere' } })],
    [
      'a namespace that Temporal does not have',
      () => {
        throw toExportError(new NamespaceNotFoundError('typo'), 'ims-export:b:k');
      },
    ],
  ])('of %s is 2, and the error names what to change', async (_what, act) => {
    const error = await Promise.resolve()
      .then((): unknown => act())
      .catch((thrown: Error) => thrown);
    expect([exitCodeOf(error), String(error)]).toEqual([
      EXIT.badArguments,
      expect.stringMatching(/--profile|grpc_proxy|TEMPORAL_CLI_PATH|--namespace/),
    ]);
  });

  it('of anything unexpected is 1', () => {
    expect(exitCodeOf(new TypeError('x is not a function'))).toBe(EXIT.failed);
    expect(exitCodeOf('no error at all')).toBe(EXIT.failed);
  });
});
