import type { ObjectFormat } from '../contract';

const VHD_FOOTER_BYTES = 512;

/**
 * Whether an object begins (a fixed VHD: ends) as its format does. True for zvhd and zvhd2, which are not public, and
 * where the format is not known: what cannot be judged is not refused.
 *
 * Sources: qcow2, docs/interop/qcow2.txt of QEMU; VHD, "Virtual Hard Disk Image Format Specification" 1.0; VMDK,
 * "Virtual Disk Format" 5.0.
 */
export async function formatMatches(
  format: ObjectFormat | null,
  size: number,
  readRange: (first: number, last: number) => Promise<Buffer>,
): Promise<boolean> {
  switch (format) {
    case 'qcow2':
      return startsWith(await readRange(0, 3), 'QFI\xfb');
    case 'vmdk':
      return isVmdk(await readRange(0, 20));
    case 'vhd':
      if (size < VHD_FOOTER_BYTES) return false;
      return startsWith(await readRange(size - VHD_FOOTER_BYTES, size - 1), 'conectix');
    case 'zvhd':
    case 'zvhd2':
    case null:
      return true;
  }
}

/** A sparse extent, or the descriptor of one. */
function isVmdk(head: Buffer): boolean {
  return startsWith(head, 'KDMV') || startsWith(head, 'COWD') || startsWith(head, '# Disk DescriptorFile');
}

function startsWith(head: Buffer, magic: string): boolean {
  return head.subarray(0, magic.length).equals(Buffer.from(magic, 'latin1'));
}
