/**
 * Numbers as people read them.
 *
 * @module
 */

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `1.0 GiB (1,073,741,824 bytes)`; below 1 KiB the bytes alone. */
export function bytesText(bytes: number): string {
  const exact = counted(bytes, 'byte');
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  return power === 0 ? exact : `${(bytes / 1024 ** power).toFixed(1)} ${UNITS[power]} (${exact})`;
}

/** `1 poll`, `2 polls`, `1,200 images`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
