import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountFromEnvironment, type CloudClient, createCloudClient } from '../../../src/huaweicloud';
import { environmentOf, type Simulator, startSimulator } from '../../../src/testing';

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
if (!hasQemu) console.warn('Skipped: qemu-img is not installed (Debian: apt-get install qemu-utils).');

const GIB = 1024 ** 3;

let simulator: Simulator;
let cloud: CloudClient;
let folder: string;
beforeAll(async () => {
  simulator = await startSimulator({ jobSeconds: 60 });
  cloud = createCloudClient(accountFromEnvironment(environmentOf(simulator.info)));
  folder = mkdtempSync(join(tmpdir(), 'exported-'));
});
afterAll(async () => {
  await cloud.close();
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Exports the 10 GiB image, reads the whole object from OBS, and asks qemu-img what it is. */
async function exportAndInspect(fileFormat: string): Promise<{ path: string; format: string; 'virtual-size': number }> {
  const { images, bucket } = simulator.info;
  const key = `exported/linux.${fileFormat}`;
  await cloud.ims.exportImage({ imageId: images.linux ?? '', bucketUrl: `${bucket}:${key}`, fileFormat });
  simulator.clock.advance(61_000);
  const { object } = await cloud.obs.headObject(bucket, key);
  const path = join(folder, `linux.${fileFormat}`);
  writeFileSync(path, await cloud.obs.readRange(bucket, key, 0, (object?.size ?? 0) - 1));
  return { path, ...JSON.parse(execFileSync('qemu-img', ['info', '--output=json', path], { encoding: 'utf8' })) };
}

describe.skipIf(!hasQemu)('an object exported by the simulator', () => {
  it.each([
    ['qcow2', 'qcow2'],
    ['vhd', 'vpc'],
    ['vmdk', 'vmdk'],
  ])('is a %s with the virtual size of its image by qemu-img', async (fileFormat, format) => {
    expect(await exportAndInspect(fileFormat)).toMatchObject({ format, 'virtual-size': 10 * GIB });
  });

  it('is a qcow2 without errors by qemu-img', () => {
    const check = spawnSync('qemu-img', ['check', join(folder, 'linux.qcow2')], { encoding: 'utf8' });
    expect(check.stdout).toContain('No errors were found');
    expect(check.status).toBe(0);
  });
});
