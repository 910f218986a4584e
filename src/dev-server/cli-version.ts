/** Versions as the Temporal CLI prints them. Pure. */
export interface CliVersion {
  cli: string;
  server: string | null;
  webUi: string | null;
}

/**
 * The oldest Temporal CLI that carries the demo and the tests.
 * 1.8.0 is the first release with `--ui-disable-news-fetch` (a Web UI that asks nothing of the internet), and its
 * Web UI 2.50 shows activity and timer summaries on the Timeline, which is where an export's progress can be read.
 * Update-with-start, which every start of an export is, needs server 1.28 (CLI 1.4.0) and is covered by it.
 */
export const MINIMUM_CLI_VERSION = '1.8.0';

/**
 * Reads the output of `temporal --version`, such as `temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)`.
 * @returns null when the output is not that of a Temporal CLI
 */
export function parseCliVersion(output: string): CliVersion | null {
  const cli = /\btemporal version v?(\d+\.\d+\.\d+\S*)/i.exec(output)?.[1];
  if (cli === undefined) return null;
  return {
    cli,
    server: /\bServer v?(\d[^\s,)]*)/.exec(output)?.[1] ?? null,
    webUi: /\bUI v?(\d[^\s,)]*)/.exec(output)?.[1] ?? null,
  };
}

/** Compares major, minor and patch; a suffix (`1.9.4-time-skipping`) counts as the release that it names. */
export function isAtLeast(version: string, minimum: string): boolean {
  const actual = numbersOf(version);
  const wanted = numbersOf(minimum);
  for (const [position, want] of wanted.entries()) {
    const has = actual[position] ?? 0;
    if (has !== want) return has > want;
  }
  return true;
}

function numbersOf(version: string): number[] {
  return (/^\d+(\.\d+)*/.exec(version)?.[0] ?? '0').split('.').map(Number);
}
