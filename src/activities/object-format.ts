import type { ObjectFormat } from '../contract';

const VHD_FOOTER_BYTES = 512;
/** Enough of them for a person to recognise what it is instead. */
const SHOWN_BYTES = 8;

/**
 * What is wrong with the first bytes of an object (of a VHD: the last), as a sentence without its subject; null when they
 * are those of the format. Null too for zvhd and zvhd2, which are not public, and where the format is not known: what
 * cannot be judged is not refused.
 *
 * Sources: qcow2, docs/interop/qcow2.txt of QEMU; VHD, "Virtual Hard Disk Image Format Specification" 1.0; VMDK,
 * "Virtual Disk Format" 5.0.
 */
export async function formatFault(
  format: ObjectFormat | null,
  size: number,
  readRange: (first: number, last: number) => Promise<Buffer>,
): Promise<string | null> {
  switch (format) {
    case 'qcow2':
      return faultOfBytes('begins', await readRange(0, SHOWN_BYTES - 1), ['QFI\xfb'], format);
    case 'vmdk':
      return faultOfBytes('begins', await readRange(0, 20), ['KDMV', 'COWD', '# Disk DescriptorFile'], format);
    case 'vhd':
      if (size < VHD_FOOTER_BYTES) return `is shorter than the footer of a vhd (${size} of ${VHD_FOOTER_BYTES} bytes)`;
      return faultOfBytes('ends', await readRange(size - VHD_FOOTER_BYTES, size - 1), ['conectix'], format);
    case 'zvhd':
    case 'zvhd2':
    case null:
      return null;
  }
}

function faultOfBytes(where: 'begins' | 'ends', found: Buffer, magics: string[], format: ObjectFormat): string | null {
  const fits = magics.some((magic) => found.subarray(0, magic.length).equals(Buffer.from(magic, 'latin1')));
  if (fits) return null;
  const shown = found
    .subarray(0, SHOWN_BYTES)
    .toString('hex')
    .replaceAll(/(..)(?=.)/g, '$1 ');
  const part = where === 'begins' ? 'first bytes' : 'footer';
  return `is not a valid ${format}: its ${part} ${where === 'begins' ? 'are' : 'begins with'} ${shown}`;
}
