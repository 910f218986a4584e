import { vi } from 'vitest';
import { type Printed, printedBy } from './command-here';

/** Where a command prints. */
export interface Screen {
  /** A terminal of this width; a pipe where it is absent. */
  columns?: number;
  /** Variables of the environment, such as NO_COLOR. */
  env?: { [name: string]: string };
}

/** The screens on which every view is shown. */
export const SCREENS = {
  wide: { columns: 200 },
  '40 columns': { columns: 40 },
  'no TTY': {},
  NO_COLOR: { columns: 200, env: { NO_COLOR: '1' } },
} as const satisfies { [name: string]: Screen };

/** When everything on a screen happens. */
export const SCREEN_TIME = '2026-11-29T12:00:00.000Z';

/**
 * Everything that an action prints there, at {@link SCREEN_TIME}, for a snapshot. What a terminal obeys is shown as `<ESC>`; so is
 * what goes to stderr, after what goes to stdout.
 */
export async function shownOn({ columns, env = {} }: Screen, act: () => unknown): Promise<string> {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(SCREEN_TIME) });
  vi.stubEnv('NO_COLOR', undefined);
  vi.stubEnv('FORCE_COLOR', undefined);
  vi.stubEnv('TERM', 'xterm-256color');
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const streams = [process.stdout, process.stderr].map((stream) => ({
    stream,
    before: (['isTTY', 'columns'] as const).map(
      (name) => [name, Object.getOwnPropertyDescriptor(stream, name)] as const,
    ),
  }));
  for (const { stream } of streams) {
    Object.defineProperty(stream, 'isTTY', { value: columns !== undefined, configurable: true });
    Object.defineProperty(stream, 'columns', { value: columns, configurable: true });
  }
  try {
    let ofCommand: unknown;
    const printed = await printedBy(async () => {
      ofCommand = await act();
    });
    // A whole command has caught what it printed.
    const { stdout, stderr } = isPrinted(ofCommand) ? ofCommand : printed;
    const shown = stderr === '' ? stdout : `${stdout}--- stderr, exit code ${process.exitCode ?? 0}\n${stderr}`;
    return shown.replaceAll('\u001b', '<ESC>');
  } finally {
    for (const { stream, before } of streams) {
      for (const [name, descriptor] of before) {
        if (descriptor === undefined) Reflect.deleteProperty(stream, name);
        else Object.defineProperty(stream, name, descriptor);
      }
    }
    process.exitCode = 0;
    vi.unstubAllEnvs();
    vi.useRealTimers();
  }
}

function isPrinted(value: unknown): value is Printed {
  return typeof value === 'object' && value !== null && 'stdout' in value && 'stderr' in value;
}
