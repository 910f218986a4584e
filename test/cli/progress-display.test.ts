import { describe, expect, it } from 'vitest';
import { jsonLinesDisplay, progressDisplay } from '../../src/cli/progress-display';
import type { ExportReport } from '../../src/client';
import type { ExportStatus } from '../../src/contract';
import { beginTracking } from '../../src/workflows/state';
import { statusOf } from '../../src/workflows/status';
import { printedBy } from '../rigs/command-here';

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
async function shown(reports: ExportReport[], outage = false): Promise<string> {
  const { stdout } = await printedBy(async () => {
    const display = await progressDisplay('stdout');
    for (const one of reports) display.show(one);
    if (outage) display.showOutage();
    display.end();
  });
  return stdout;
}

const running = (progress: number) =>
  report({ phase: 'exporting', jobStatus: 'RUNNING', progress, remainingMs: 3_600_000 });

describe('the progress where there is no terminal', () => {
  it('is a line with percent, time left and state of the job', async () => {
    expect(await shown([running(0.379)])).toBe('37 % (ETA 1 h) job RUNNING\n');
  });

  it('is a line for each change only', async () => {
    expect((await shown([running(0.1), running(0.1), running(0.2)])).match(/\n/g)).toHaveLength(2);
  });

  it('is the outcome of the memo, also where no worker answers any more', async () => {
    expect(await shown([report(null, { outcome: 'succeeded' })])).toBe('100 % succeeded\n');
    expect(await shown([report(null)])).toBe('- running, no worker answers\n');
  });

  it('is unreadable where a worker has answered, and its answer cannot be decoded', async () => {
    expect(await shown([{ ...report(null), unreadable: true, statusUnreadable: true }])).toBe(
      '- running, unreadable\n',
    );
  });

  it('is what went wrong last while no job was started', async () => {
    expect(await shown([report({ phase: 'waitingToSubmit', lastError: 'IMG.0148: busy' })])).toBe(
      '- waitingToSubmit: IMG.0148: busy\n',
    );
  });

  it('says that Temporal does not answer', async () => {
    expect(await shown([], true)).toBe('- Temporal does not answer; asking again\n');
  });
});

describe('the progress as JSON', () => {
  it('has one line for each outage', async () => {
    const { stderr } = await printedBy(() => {
      const display = jsonLinesDisplay('export');
      display.showOutage();
      display.showOutage();
      display.show(running(0.1));
      display.showOutage();
    });
    expect(stderr).toBe('- Temporal does not answer; asking again\n'.repeat(2));
  });
});
