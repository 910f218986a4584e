import { expect, it } from 'vitest';
import { bytesText, counted } from '../../src/export/quantities';

it.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1_023, '1,023 bytes'],
  [1_048_576, '1.0 MiB (1,048,576 bytes)'],
  [1_073_741_824, '1.0 GiB (1,073,741,824 bytes)'],
  [1_044_536_098_816, '972.8 GiB (1,044,536,098,816 bytes)'],
])('a size of %i is read as %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

it('one is singular', () => {
  expect([counted(1, 'poll'), counted(2, 'poll'), counted(1_200, 'image')]).toEqual([
    '1 poll',
    '2 polls',
    '1,200 images',
  ]);
});
