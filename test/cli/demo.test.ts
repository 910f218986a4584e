import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { RunningProcess, until } from '../rigs/processes';
import { SOON_MS } from '../rigs/run-command';
import { sharedTestServer } from '../rigs/temporal';

const cli = join(resolve(__dirname, '../..'), 'lib/cli.js');

it('`npm run demo` exports a 200 GiB image, says where to watch it, and ends by itself without a terminal', async () => {
  const { TEMPORAL_ADDRESS, ...env } = process.env;
  const demo = spawn(process.execPath, [cli, 'demo'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  demo.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const [exitCode] = await once(demo, 'exit');
  expect(exitCode).toBe(0);
  expect(said).toMatch(/Web UI: http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/ims-export/);
  expect(said).toMatch(/\d+ % \(ETA \d+ s\) job RUNNING/);
  expect(said).toMatch(/Succeeded .*format +zvhd2.*size +[1-9][\d,]*.* bytes\)?.*job +[0-9a-f]{32}.*verified yes/s);
}, 120_000);

it('Ctrl-C ends the demo while its export runs, and its own server with it', async () => {
  const { TEMPORAL_ADDRESS, ...env } = process.env;
  const demo = new RunningProcess('demo', ['demo'], env);
  await demo.says(/^Web UI: .*\n/m, SOON_MS);
  const [, webUi = ''] = /^Web UI: (http:\/\/[^/]+)/m.exec(demo.stdout) ?? [];
  expect((await fetch(webUi)).status).toBe(200);
  demo.signal('SIGINT');
  const { exitCode, stderr } = await demo.endsWithin(SOON_MS);
  expect([exitCode, stderr]).toEqual([
    130,
    'Interrupted. The demo has ended, and nothing of it is still running. `ims-export demo` runs it again.\n',
  ]);
  const isGone = () =>
    fetch(webUi).then(
      () => undefined,
      () => true,
    );
  await until('the server has ended', isGone, SOON_MS);
}, 120_000);

it('demo on a server of the user says so, and what Ctrl-C leaves there', async () => {
  const { address, namespace } = await sharedTestServer();
  const { PATH, HOME } = process.env;
  const demo = new RunningProcess('demo', ['demo', '--address', address, '--namespace', namespace], { PATH, HOME });
  await demo.says(/Exporting a 200 GiB image/, SOON_MS);
  demo.signal('SIGINT');
  const { exitCode, stdout, stderr } = await demo.endsWithin(SOON_MS);
  expect(exitCode, demo.said()).toBe(130);
  expect(stdout).toMatch(new RegExp(`^Using the Temporal server at ${address}, namespace ${namespace}`));
  expect(stdout).not.toMatch(/dev server|Web UI/);
  const [, command] = /without a worker: `(ims-export temporal workflow terminate .*)` ends it\.$/m.exec(stderr) ?? [];
  const [, workflowId] = /--workflow-id (\S+)/.exec(command ?? '') ?? [];
  expect(workflowId, stderr).toMatch(/^ims-export:/);
  expect(command).toContain(`--address ${address} --namespace ${namespace}`);
}, 120_000);

it('demo on a server of its own takes no flag that chooses a place on another one', async () => {
  const { PATH, HOME } = process.env;
  const demo = new RunningProcess('demo', ['demo', '--namespace', 'prod', '--api-key', 'k'], { PATH, HOME });
  const { exitCode, stderr } = await demo.endsWithin(SOON_MS);
  expect([exitCode, stderr]).toEqual([
    2,
    expect.stringContaining(
      '--namespace and --api-key are only for a server of yours. Add --address, or leave them out',
    ),
  ]);
});
