import { createHash } from 'node:crypto';
import { writeSparseFile } from './sparse-file';

const SECTOR = 512;
const GRAIN_SECTORS = 128;
const ENTRIES_PER_TABLE = 512;
const DESCRIPTOR_AT = 1;
const DESCRIPTOR_SECTORS = 20;
const OVERHEAD_SECTORS = 128;
const DIRECTORY_AT_END = 0xffff_ffff_ffff_ffffn;
const MARKER = { endOfStream: 0, grainDirectory: 2, footer: 3 } as const;
/** Newline test valid, grains compressed, markers used. */
const FLAGS = 0x0003_0001;

/**
 * An empty streamOptimized VMDK: header with the embedded descriptor, grain directory without a table, footer, end of
 * stream. Source: VMware, "Virtual Disk Format 5.0".
 */
export function writeVmdk(path: string, virtualSize: number, identity: string): void {
  const capacity = virtualSize / SECTOR;
  const directory = Buffer.alloc(roundUpToSector(Math.ceil(capacity / (GRAIN_SECTORS * ENTRIES_PER_TABLE)) * 4));
  const directoryAt = OVERHEAD_SECTORS + 1;
  const directorySectors = directory.length / SECTOR;
  const footerAt = directoryAt + directorySectors;
  const end = footerAt + 3;
  writeSparseFile(path, end * SECTOR, [
    [0, makeHeader(capacity, DIRECTORY_AT_END)],
    [DESCRIPTOR_AT * SECTOR, Buffer.from(makeDescriptor(capacity, identity), 'latin1')],
    [OVERHEAD_SECTORS * SECTOR, makeMarker(MARKER.grainDirectory, directorySectors)],
    [directoryAt * SECTOR, directory],
    [footerAt * SECTOR, makeMarker(MARKER.footer, 1)],
    [(footerAt + 1) * SECTOR, makeHeader(capacity, BigInt(directoryAt))],
    [(footerAt + 2) * SECTOR, makeMarker(MARKER.endOfStream, 0)],
  ]);
}

function makeHeader(capacity: number, directoryAt: bigint): Buffer {
  const header = Buffer.alloc(SECTOR);
  header.write('KDMV', 0, 'latin1');
  header.writeUInt32LE(3, 4);
  header.writeUInt32LE(FLAGS, 8);
  header.writeBigUInt64LE(BigInt(capacity), 12);
  header.writeBigUInt64LE(BigInt(GRAIN_SECTORS), 20);
  header.writeBigUInt64LE(BigInt(DESCRIPTOR_AT), 28);
  header.writeBigUInt64LE(BigInt(DESCRIPTOR_SECTORS), 36);
  header.writeUInt32LE(ENTRIES_PER_TABLE, 44);
  header.writeBigUInt64LE(directoryAt, 56);
  header.writeBigUInt64LE(BigInt(OVERHEAD_SECTORS), 64);
  header.write('\n \r\n', 73, 'latin1');
  header.writeUInt16LE(1, 77); // grains are deflated
  return header;
}

function makeMarker(type: number, sectors: number): Buffer {
  const marker = Buffer.alloc(SECTOR);
  marker.writeBigUInt64LE(BigInt(sectors), 0);
  marker.writeUInt32LE(type, 12);
  return marker;
}

function makeDescriptor(capacity: number, identity: string): string {
  const contentId = createHash('md5').update(identity).digest('hex').slice(0, 8);
  return [
    '# Disk DescriptorFile',
    'version=1',
    `CID=${contentId}`,
    'parentCID=ffffffff',
    'createType="streamOptimized"',
    '',
    '# Extent description',
    `RW ${capacity} SPARSE "disk.vmdk"`,
    '',
    '# The Disk Data Base',
    '#DDB',
    '',
    'ddb.virtualHWVersion = "4"',
    `ddb.geometry.cylinders = "${Math.min(16_383, Math.floor(capacity / (16 * 63)))}"`,
    'ddb.geometry.heads = "16"',
    'ddb.geometry.sectors = "63"',
    'ddb.adapterType = "lsilogic"',
    '',
  ].join('\n');
}

function roundUpToSector(bytes: number): number {
  return Math.ceil(bytes / SECTOR) * SECTOR;
}
