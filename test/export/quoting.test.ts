import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutToBytes, messageOf } from '../../src/export/quoting';

describe('a message in a batch result', () => {
  it('is cut to its limit of bytes between characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 80 }), (text, bytes) => {
        const short = cutToBytes(text, bytes);
        expect(Buffer.byteLength(short)).toBeLessThanOrEqual(Math.max(bytes, 3));
        expect(short === text || short.endsWith('…')).toBe(true);
        if (Buffer.byteLength(text) <= bytes) expect(short).toBe(text);
      }),
    );
  });
});

it('a message of an error that is not one of the cloud is a short line without control characters', () => {
  expect(messageOf(new RangeError(`a\n\u001b[31mb${'x'.repeat(5_000)}`))).toMatch(/^a \[31mbx{200,300}…$/);
  expect(messageOf('thrown as a text')).toBe('thrown as a text');
});
