import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountsFromEnvironment, createCloudClient } from '../../src';
import { environmentOf, type Simulator, startSimulator } from '../../src/testing';
import { REPOSITORY, readPage } from './pages';
import { commandsOf } from './shell';

const page = readPage('docs/simulator.md');
const controlApi = readFileSync(join(REPOSITORY, 'src/testing/control/index.ts'), 'utf8');
const calls = page.blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(commandsOf)
  .filter(({ text }) => text.startsWith('curl '));

/** Those that take a body have it in the second cell. */
function bodiesOf(path: string): string[] {
  const rows = page.text.split('\n').filter((line) => line.startsWith('| '));
  const start = rows.findIndex((row) => row.includes(`POST ${path}`));
  const end = rows.findIndex((row, index) => index > start && !row.startsWith('| |'));
  return rows
    .slice(start, end)
    .flatMap((row) => [...(row.split(' | ')[1] ?? '').matchAll(/`(\{[^`]*\})`/g)].map(([, body = '']) => body));
}

describe('docs/simulator.md', () => {
  let simulator: Simulator;
  let jobId: string;
  beforeAll(async () => {
    simulator = await startSimulator({ jobSeconds: 3600 });
    const [account] = accountsFromEnvironment(environmentOf(simulator.info));
    if (account === undefined) throw new Error('the simulator has described no account');
    const cloud = createCloudClient(account);
    const imageId = simulator.info.images.linux ?? '';
    ({ jobId } = await cloud.ims.exportImage({ imageId, bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' }));
    await cloud.close();
  });
  afterAll(() => simulator?.close());

  it('has every call of the control API', () => {
    const routes = [...controlApi.matchAll(/\bapp\.(get|put|post|delete)\('(\/[^']*)'/g)];
    expect(routes.length).toBeGreaterThan(8);
    const missing = routes
      .map(([, method = '', path = '']) => `${method.toUpperCase()} /_simulator${path.replace(':jobId', 'JOB_ID')}`)
      .filter((call) => !page.text.includes(`| \`${call}\` |`));
    expect(missing).toEqual([]);
  });

  it.each(calls.map(({ place, text }) => [place, text]))('has a command that works: %s %s', async (_place, text) => {
    const { stdout } = await promisify(execFile)('sh', ['-c', text.replace('JOB_ID', jobId)], {
      env: { PATH: process.env.PATH, ...environmentOf(simulator.info) },
    });
    expect(JSON.parse(stdout)).toBeDefined();
  });

  it.each(['credentials', 'busy-guard', 'clock', 'images', 'id-tokens'])('has bodies that %s takes', async (call) => {
    const bodies = bodiesOf(`/_simulator/${call}`);
    expect(bodies.length).toBeGreaterThan(0);
    for (const body of bodies) {
      const answer = await fetch(`${simulator.info.imsEndpoint}/_simulator/${call}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect(answer.status, `${body}: ${await answer.text()}`).toBe(200);
    }
  });

  it('has the images of the simulator and how they are exported', () => {
    const names = Object.keys(simulator.info.images).filter((name) => page.text.includes(`\`${name}\``));
    expect(names.length).toBeGreaterThan(15);
    const told = [...page.text.matchAll(/^\| `(?:linux|large|tooLarge)`[^|]*\|/gm)].flatMap(([row]) =>
      [...row.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    );
    expect(told.filter((name) => !(name in simulator.info.images))).toEqual([]);
  });
});
