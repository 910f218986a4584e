import { afterAll, vi } from 'vitest';

/** The next file of this process must find what it would find alone, also after a test that failed in the middle. */
afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
