import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

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
