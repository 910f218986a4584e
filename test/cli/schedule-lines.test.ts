import { describe, expect, it } from 'vitest';
import { scheduleLines } from '../../src/cli/batch';
import type { ExportImagesInput } from '../../src/contract';

const [A, B, C] = ['a', 'b', 'c'].map((digit) => ({ imageId: `${digit.repeat(8)}-1bc3-4c3f-893e-3e471fd16e64` }));

/** What is said of the keys of a schedule with this input. */
function noteOn(input: ExportImagesInput): string | undefined {
  const scheduled = { scheduleId: 'ims-export-batch:nightly', how: 'created', nextRunAt: null, paused: false } as const;
  const lines = scheduleLines(scheduled, '30 2 * * *', input);
  return lines.find((line) => line.startsWith('  note '))?.replace('  note     ', '');
}

const FIXED = 'every run exports to the same keys. Put {date} into "to" to give each run its own';
const OWN = 'Put {date} into each of these keys to give each run its own';

describe('a schedule warns that every run exports to the same keys', () => {
  it.each<[what: string, input: object, note: string | undefined]>([
    ['no image of a query with a dated key', { query: {}, to: 'b:{date}/{name}' }, undefined],
    ['no image with a timed key', { images: [A, B], to: 'b:{time}/{name}' }, undefined],
    ['every image of a query', { query: {}, to: 'b:{name}' }, FIXED],
    ['every image of a list', { images: [A, B], to: 'b:{imageId}' }, FIXED],
    ['no image with a dated destination of its own', { images: [{ ...A, bucketUrl: 'b:{date}/a' }] }, undefined],
    ['no image with a dated key of its own', { images: [{ ...A, objectKey: '{date}/a' }], to: 'b:' }, undefined],
    [
      'every image with a fixed destination of its own',
      { images: [{ ...A, bucketUrl: 'b:a' }], to: 'b:{date}/{name}' },
      `every run exports to the same keys. ${OWN}`,
    ],
    [
      'the images whose own destination is fixed',
      { images: [A, { ...B, bucketUrl: 'b:b' }, { ...C, objectKey: 'c' }], to: 'b:{date}/{name}' },
      `every run exports 2 of 3 images to the same keys. ${OWN}`,
    ],
    [
      'the images that have no dated destination of their own',
      { images: [A, { ...B, bucketUrl: 'b:{date}/b' }], to: 'b:{name}' },
      'every run exports 1 of 2 images to the same keys. Put {date} into "to" to give each run its own',
    ],
  ])('%s', (_what, input, note) => {
    expect(noteOn(input)).toBe(note);
  });
});
