import { execFile } from 'node:child_process';

/** A program, and where it runs. */
export interface OrderProcess {
  command: string;
  args: string[];
  cwd: string;
  env?: { [name: string]: string };
}

/** Compilers and workers on a busy machine. */
const LIMIT_MS = 300_000;

/** Runs a program to its end, and returns what it wrote to stdout. */
export function run({ command, args, cwd, env }: OrderProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd, env: { ...process.env, ...env }, timeout: LIMIT_MS }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ${args.join(' ')}: ${error.message}\n${stderr}`));
    });
  });
}

/** The outcomes that an example prints: a line of JSON for each of its orders. */
export async function outcomesOf(example: OrderProcess): Promise<unknown[]> {
  const stdout = await run(example);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Whether a command is there to be run. */
export function isInstalled(command: string, ...args: string[]): Promise<boolean> {
  return run({ command, args, cwd: '.' }).then(
    () => true,
    () => false,
  );
}
