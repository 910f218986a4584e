import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = join(__dirname, '../..', '.cache');
const INSTALL_LIMIT_MS = 240_000;

/** Where packages are to be found (PYTHONPATH), or why they cannot be had here. */
export type PythonPackages = { path: string } | { missing: string };

/** Installs a package, once: the directory is put in place when it is complete, and kept in the project's cache. */
export async function pythonPackages(name: string, version: string): Promise<PythonPackages> {
  const interpreter = await pythonVersion();
  if (interpreter === undefined) return { missing: 'python3 is not on PATH' };
  const path = join(CACHE, `python-${interpreter}-${name}-${version}`);
  if (existsSync(path)) return { path };
  const draft = `${path}.${process.pid}`;
  try {
    mkdirSync(CACHE, { recursive: true });
    const options = ['--quiet', '--disable-pip-version-check', '--no-input'];
    await run('python3', ['-m', 'pip', 'install', ...options, '--target', draft, `${name}==${version}`], {
      timeout: INSTALL_LIMIT_MS,
    });
    renameSync(draft, path);
    return { path };
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (existsSync(path)) return { path };
    const [reason] = String((error as { stderr?: string }).stderr || (error as Error).message)
      .trim()
      .split('\n')
      .slice(-1);
    return { missing: `${name}==${version} cannot be installed with python3 and pip: ${reason}` };
  }
}

/** Such as `3.11`: compiled packages fit one version only. */
async function pythonVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await run('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
    return stdout.trim();
  } catch {
    return undefined;
  }
}
