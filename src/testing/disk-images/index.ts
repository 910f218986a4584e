import { writeOpaque } from './opaque';
import { writeQcow2 } from './qcow2';
import { writeVhd } from './vhd';
import { writeVmdk } from './vmdk';

/**
 * Writes an empty disk of `virtualSize` bytes: valid where the format is public, and small whatever the size.
 * The sizes of objects therefore say nothing of the sizes of images, as in the real cloud.
 */
export function writeDiskImage(
  path: string,
  format: 'qcow2' | 'vhd' | 'vmdk' | 'zvhd' | 'zvhd2',
  virtualSize: number,
  imageName: string,
): void {
  const size = Math.ceil(virtualSize / SECTOR) * SECTOR;
  if (format === 'qcow2') writeQcow2(path, size);
  else if (format === 'vhd') writeVhd(path, size, imageName);
  else if (format === 'vmdk') writeVmdk(path, size, imageName);
  else writeOpaque(path, format, size, imageName);
}

const SECTOR = 512;
