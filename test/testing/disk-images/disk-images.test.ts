import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeDiskImage } from '../../../src/testing/disk-images';

const GIB = 1024 ** 3;
const SIZES = {
  'one sector': 512,
  '10 GiB': 10 * GIB,
  '10 GiB and a sector': 10 * GIB + 512,
  'just under 1 TiB': 1024 * GIB - 512,
};

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'disk-images-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function write(format: 'qcow2' | 'vhd' | 'vmdk' | 'zvhd' | 'zvhd2', size: number): string {
  const path = join(directory, `disk.${format}`);
  writeDiskImage(path, format, size, 'centos7_5');
  return path;
}

const hasQemuImg = (() => {
  try {
    execFileSync('qemu-img', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasQemuImg)(
  hasQemuImg
    ? 'a simulated disk image read by qemu-img'
    : 'a simulated disk image read by qemu-img (skipped: no qemu-img on PATH)',
  () => {
    const qemuImg = (...args: string[]) =>
      execFileSync('qemu-img', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

    describe.each([
      { format: 'qcow2', driver: 'qcow2' },
      { format: 'vhd', driver: 'vpc' },
      { format: 'vmdk', driver: 'vmdk' },
    ] as const)('in the format $format', ({ format, driver }) => {
      it.each(Object.entries(SIZES))('has its format and exact size: %s', (_name, size) => {
        const info = JSON.parse(qemuImg('info', '--output=json', write(format, size)));
        expect([info.format, info['virtual-size']]).toEqual([driver, size]);
      });

      it('reads as zeros everywhere', () => {
        const map = JSON.parse(qemuImg('map', '--output=json', '-f', driver, write(format, 10 * GIB)));
        expect(map.every((extent: { zero: boolean }) => extent.zero)).toBe(true);
      });
    });

    it.each(['qcow2', 'vmdk'] as const)('in the format %s passes qemu-img check', (format) => {
      for (const size of Object.values(SIZES)) expect(qemuImg('check', write(format, size))).toContain('No errors');
    });
  },
);

it.each(['qcow2', 'vhd', 'vmdk', 'zvhd', 'zvhd2'] as const)(
  'a simulated %s disk image of 1 TiB is a small file',
  (format) => {
    expect(statSync(write(format, 1024 * GIB)).size).toBeLessThan(4 * 1024 ** 2);
  },
);

it('a simulated disk image has its format bytes where readers expect them', () => {
  const first = (format: 'qcow2' | 'vhd' | 'vmdk', length: number) =>
    readFileSync(write(format, GIB)).toString('latin1', 0, length);
  expect([first('qcow2', 4), first('vhd', 8), first('vmdk', 4)]).toEqual(['QFI\xfb', 'conectix', 'KDMV']);
});

it.each(['zvhd', 'zvhd2'] as const)(
  'a simulated %s disk image says in its first bytes that it is not real',
  (format) => {
    expect(readFileSync(write(format, GIB)).toString('utf8', 0, 200)).toContain(
      `Simulated ${format} of image centos7_5`,
    );
  },
);
