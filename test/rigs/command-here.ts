import { vi } from 'vitest';
import { commandLine, forgetGivenFlags } from './command-line';
import { converterOfRun } from './strict-codec';
import type { Reachable } from './temporal';

export interface Printed {
  stdout: string;
  stderr: string;
}

/** A command of the build, run in this process against a server: what it prints, whichever way it prints it. */
export async function runHere({ address, namespace }: Reachable, ...args: string[]): Promise<Printed> {
  // Flags of a command go into the environment of its process.
  const before = { ...process.env };
  vi.stubEnv('TEMPORAL_ADDRESS', address);
  vi.stubEnv('TEMPORAL_NAMESPACE', namespace);
  if (converterOfRun !== undefined) vi.stubEnv('IMS_EXPORT_DATA_CONVERTER', converterOfRun);
  // Wrong arguments end the process at once.
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Exit();
  });
  try {
    return await printedBy(() => commandLine().parseAsync(args, { from: 'user' }).catch(unlessExit));
  } finally {
    exit.mockRestore();
    vi.unstubAllEnvs();
    forgetGivenFlags();
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    process.exitCode = 0;
  }
}

class Exit extends Error {}

function unlessExit(error: unknown): void {
  if (!(error instanceof Exit)) throw error;
}

/** Everything that an action prints. */
export async function printedBy(act: () => unknown): Promise<Printed> {
  const printed: Printed = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).flatMap((name) => [
    vi.spyOn(process[name], 'write').mockImplementation((text: unknown) => {
      printed[name] += String(text);
      return true;
    }),
    vi.spyOn(console, name === 'stdout' ? 'log' : 'error').mockImplementation((...words: unknown[]) => {
      printed[name] += `${words.join(' ')}\n`;
    }),
  ]);
  try {
    await act();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return printed;
}
