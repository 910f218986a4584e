import { createHash } from 'node:crypto';
import { writeSparseFile } from './sparse-file';

const SECTOR = 512;
const BLOCK = 2 * 1024 ** 2;
const DYNAMIC_HEADER_AT = SECTOR;
const TABLE_AT = SECTOR + 1024;
const DYNAMIC_DISK = 3;

/**
 * An empty dynamic VHD: copy of the footer, dynamic header, block allocation table without a block, footer.
 * Source: Microsoft, "Virtual Hard Disk Image Format Specification" 1.0.
 *
 * The creator is `win `, Hyper-V: readers such as QEMU (block/vpc.c) then take the disk's size from the field Current
 * Size, and not from the geometry, which can only hold sizes rounded down to a cylinder.
 */
export function writeVhd(path: string, virtualSize: number, identity: string): void {
  const blocks = Math.ceil(virtualSize / BLOCK);
  const table = Buffer.alloc(Math.ceil((blocks * 4) / SECTOR) * SECTOR, 0xff);
  const footer = makeFooter(virtualSize, identity);
  const footerAt = TABLE_AT + table.length;
  writeSparseFile(path, footerAt + SECTOR, [
    [0, footer],
    [DYNAMIC_HEADER_AT, makeDynamicHeader(blocks)],
    [TABLE_AT, table],
    [footerAt, footer],
  ]);
}

function makeFooter(virtualSize: number, identity: string): Buffer {
  const footer = Buffer.alloc(SECTOR);
  footer.write('conectix', 0, 'latin1');
  footer.writeUInt32BE(2, 8); // features: the bit that is always set
  footer.writeUInt32BE(0x0001_0000, 12); // version 1.0
  footer.writeBigUInt64BE(BigInt(DYNAMIC_HEADER_AT), 16);
  footer.write('win ', 28, 'latin1');
  footer.writeUInt32BE(0x000a_0000, 32);
  footer.write('Wi2k', 36, 'latin1');
  footer.writeBigUInt64BE(BigInt(virtualSize), 40);
  footer.writeBigUInt64BE(BigInt(virtualSize), 48);
  const { cylinders, heads, sectorsPerTrack } = geometry(virtualSize / SECTOR);
  footer.writeUInt16BE(cylinders, 56);
  footer.writeUInt8(heads, 58);
  footer.writeUInt8(sectorsPerTrack, 59);
  footer.writeUInt32BE(DYNAMIC_DISK, 60);
  createHash('md5').update(`${identity} ${virtualSize}`).digest().copy(footer, 68);
  footer.writeUInt32BE(checksum(footer), 64);
  return footer;
}

function makeDynamicHeader(blocks: number): Buffer {
  const header = Buffer.alloc(1024);
  header.write('cxsparse', 0, 'latin1');
  header.writeBigUInt64BE(0xffff_ffff_ffff_ffffn, 8);
  header.writeBigUInt64BE(BigInt(TABLE_AT), 16);
  header.writeUInt32BE(0x0001_0000, 24);
  header.writeUInt32BE(blocks, 28);
  header.writeUInt32BE(BLOCK, 32);
  header.writeUInt32BE(checksum(header), 36);
  return header;
}

/** One's complement of the sum of all bytes, the checksum field itself being zero. */
function checksum(bytes: Buffer): number {
  return ~bytes.reduce((sum, byte) => sum + byte, 0) >>> 0;
}

/** The CHS calculation of the specification's appendix. */
function geometry(totalSectors: number): { cylinders: number; heads: number; sectorsPerTrack: number } {
  const sectors = Math.min(totalSectors, 65_535 * 16 * 255);
  if (sectors >= 65_535 * 16 * 63)
    return { cylinders: Math.floor(sectors / 255 / 16), heads: 16, sectorsPerTrack: 255 };
  let sectorsPerTrack = 17;
  let tracks = Math.floor(sectors / sectorsPerTrack);
  let heads = Math.max(4, Math.floor((tracks + 1023) / 1024));
  if (tracks >= heads * 1024 || heads > 16) {
    sectorsPerTrack = 31;
    heads = 16;
    tracks = Math.floor(sectors / sectorsPerTrack);
  }
  if (tracks >= heads * 1024) {
    sectorsPerTrack = 63;
    heads = 16;
    tracks = Math.floor(sectors / sectorsPerTrack);
  }
  return { cylinders: Math.floor(tracks / heads), heads, sectorsPerTrack };
}
