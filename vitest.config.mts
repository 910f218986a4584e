import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './test/rigs/vitest/closing-line-reporter.mjs';
import { MixedSequence } from './test/rigs/vitest/mixed-sequence.mjs';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/rigs/vitest/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 5,
    // The files of a worker process share its modules: loading the SDK for each of them took a fifth of the run.
    isolate: false,
    setupFiles: ['test/rigs/vitest/leave-nothing-behind.ts'],
    sequence: { sequencer: MixedSequence },
    reporters: ['default', new ClosingLineReporter()],
  },
});
