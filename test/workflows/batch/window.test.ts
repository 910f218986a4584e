import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slots } from '../../../src/workflows/batch/window';

const count = fc.nat(600);

describe('the window of a batch', () => {
  it('is never overfilled, starts no more than wait, and leaves no room while some wait', () => {
    fc.assert(
      fc.property(count, count, fc.integer({ min: 1, max: 500 }), (pending, running, maxConcurrent) => {
        const started = slots({ pending, running, maxConcurrent });
        expect(started).toBeGreaterThanOrEqual(0);
        expect(started).toBeLessThanOrEqual(pending);
        if (started > 0) expect(running + started).toBeLessThanOrEqual(maxConcurrent);
        if (started < pending) expect(running + started).toBeGreaterThanOrEqual(Math.min(maxConcurrent, running));
      }),
    );
  });
});
