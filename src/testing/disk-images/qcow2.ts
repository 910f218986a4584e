import { writeSparseFile } from './sparse-file';

const CLUSTER_BITS = 16;
const CLUSTER = 2 ** CLUSTER_BITS;
const HEADER_LENGTH = 104;
/** One L1 entry covers an L2 table of 8192 entries of one cluster each: 512 MiB. */
const BYTES_PER_L1_ENTRY = (CLUSTER / 8) * CLUSTER;

/**
 * An empty qcow2 of version 3. Clusters: header, refcount table, one refcount block (enough for 2 GiB of file), L1 table.
 * No L2 table is allocated, so everything reads as zeros. Source: QEMU, docs/interop/qcow2.rst.
 */
export function writeQcow2(path: string, virtualSize: number): void {
  const l1Entries = Math.max(1, Math.ceil(virtualSize / BYTES_PER_L1_ENTRY));
  const l1Clusters = Math.ceil((l1Entries * 8) / CLUSTER);
  const clusters = 3 + l1Clusters;

  const header = Buffer.alloc(HEADER_LENGTH);
  header.write('QFI\xfb', 0, 'latin1');
  header.writeUInt32BE(3, 4);
  header.writeUInt32BE(CLUSTER_BITS, 20);
  header.writeBigUInt64BE(BigInt(virtualSize), 24);
  header.writeUInt32BE(l1Entries, 36);
  header.writeBigUInt64BE(BigInt(3 * CLUSTER), 40);
  header.writeBigUInt64BE(BigInt(CLUSTER), 48);
  header.writeUInt32BE(1, 56);
  header.writeUInt32BE(4, 96); // refcounts of 2^4 bits
  header.writeUInt32BE(HEADER_LENGTH, 100);

  const refcountTable = Buffer.alloc(8);
  refcountTable.writeBigUInt64BE(BigInt(2 * CLUSTER));

  const refcounts = Buffer.alloc(2 * clusters);
  for (let cluster = 0; cluster < clusters; cluster += 1) refcounts.writeUInt16BE(1, 2 * cluster);

  writeSparseFile(path, clusters * CLUSTER, [
    [0, header],
    [CLUSTER, refcountTable],
    [2 * CLUSTER, refcounts],
  ]);
}
