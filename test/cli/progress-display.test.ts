import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { progressDisplay } from '../../src/cli/progress-display';
import type { ExportReport } from '../../src/client';
import type { ExportStatus } from '../../src/contract';
import { beginTracking } from '../../src/workflows/state';
import { statusOf } from '../../src/workflows/status';

function report(status: Partial<ExportStatus> | null, memo: ExportReport['memo'] = {}): ExportReport {
  return {
    workflowId: 'ims-export:ims-image:a',
    runId: 'r',
    workflowStatus: 'RUNNING',
    startedAt: '',
    closedAt: null,
    memo,
    retrying: null,
    status: status && { ...statusOf(beginTracking({}, 0), 0), ...status },
  };
}

/** What is written where there is no terminal. */
function shown(reports: ExportReport[], outage = false): string {
  let text = '';
  const out = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const display = progressDisplay(out as NodeJS.WriteStream);
  for (const one of reports) display.show(one);
  if (outage) display.showOutage();
  display.end();
  return text;
}

const running = (progress: number) =>
  report({ phase: 'exporting', jobStatus: 'RUNNING', progress, remainingMs: 3_600_000 });

describe('the progress where there is no terminal', () => {
  it('is a line with percent, time left and state of the job', () => {
    expect(shown([running(0.379)])).toBe('37 % (ETA 1h 00m) job RUNNING\n');
  });

  it('is a line for each change only', () => {
    expect(shown([running(0.1), running(0.1), running(0.2)]).match(/\n/g)).toHaveLength(2);
  });

  it('is the outcome of the memo, also where no worker answers any more', () => {
    expect(shown([report(null, { outcome: 'succeeded' })])).toBe('100 % succeeded\n');
    expect(shown([report(null)])).toBe('- RUNNING, no worker answers\n');
  });

  it('is what went wrong last while no job was begun', () => {
    expect(shown([report({ phase: 'waitingToSubmit', lastError: 'IMG.0148: busy' })])).toBe(
      '- waitingToSubmit: IMG.0148: busy\n',
    );
  });

  it('says that Temporal does not answer', () => {
    expect(shown([], true)).toBe('- Temporal does not answer; asking again\n');
  });
});
