import type { Client } from '@temporalio/client';
import { expect, it, vi } from 'vitest';
import { lineDisplay, showToEnd } from '../../src/cli/following';
import { type BatchReport, followBatch } from '../../src/client';

const of = { what: 'batch', workflowId: 'ims-export-batch:nightly' } as const;

function recordedDisplay<Report>(lineOf: (report: Report) => string) {
  const lines: string[] = [];
  return { lines, display: lineDisplay((line) => lines.push(line), lineOf) };
}

it('following a batch survives a Temporal outage and reports the outage once', async () => {
  const away = () => Promise.reject(Object.assign(new Error('14 UNAVAILABLE'), { code: 14 }));
  const description = (closeTime?: object) => async () => ({
    workflowExecutionInfo: { startTime: {}, status: 1, closeTime },
  });
  const answers = [description(), away, away, description({})];
  const client = {
    withDeadline: (_at: number, call: () => unknown) => call(),
    options: { namespace: 'default' },
    workflowService: { describeWorkflowExecution: async () => await answers.shift()?.() },
    workflow: { getHandle: () => ({ query: async () => null }) },
  } as unknown as Client;
  const { lines, display } = recordedDisplay<BatchReport>(({ closedAt }) => (closedAt === null ? 'runs' : 'has ended'));
  await showToEnd(of, display, (onOutage) => followBatch(client, of.workflowId, 1, onOutage));
  expect(lines).toEqual(['runs', '- Temporal does not answer; asking again', 'has ended']);
});

it('Ctrl-C ends only the watching, and prints the command that shows the export again', async () => {
  const before = process.listeners('SIGINT');
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
  const told = vi.spyOn(console, 'error').mockReturnValue();
  const { display } = recordedDisplay(String);
  await showToEnd(of, display, async function* () {
    const [ctrlC] = process.listeners('SIGINT').filter((listener) => !before.includes(listener));
    ctrlC?.('SIGINT');
    yield 1;
  });
  expect(exit.mock.calls).toEqual([[130]]);
  expect(told.mock.calls).toEqual([
    ['The batch is still running; `ims-export watch ims-export-batch:nightly` shows it again.'],
  ]);
  expect(process.listeners('SIGINT')).toEqual(before);
  vi.restoreAllMocks();
});
