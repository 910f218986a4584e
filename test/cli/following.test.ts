import type { Client } from '@temporalio/client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { waitForBatch } from '../../src/cli/batch';
import { lineDisplay, showToEnd } from '../../src/cli/following';
import { waitForEnd } from '../../src/cli/start';
import { type BatchReport, followBatch } from '../../src/client';
import {
  EXPORT_IMAGE_WORKFLOW,
  EXPORT_IMAGES_WORKFLOW,
  exportBatchWorkflowId,
  exportWorkflowId,
} from '../../src/contract';
import { printedBy } from '../rigs/command-here';
import { namespaceOfThisFile } from '../rigs/namespace';
import { errorCodeOf } from '../rigs/rig';

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

const STILL_RUNNING = 'The batch is still running; `ims-export watch ims-export-batch:nightly` shows it again.';
const AGAIN = 'To see the batch again: `ims-export watch ims-export-batch:nightly`.';

it.each([
  ['before anything is known of it', [], AGAIN],
  ['while it runs', [null], STILL_RUNNING],
  ['after its end', [null, '2026-01-01T00:00:00.000Z'], AGAIN],
])(
  'Ctrl-C ends only the watching, and prints the command that shows the batch again: %s',
  async (_when, shown, says) => {
    const before = process.listeners('SIGINT');
    const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
    const told = vi.spyOn(console, 'error').mockReturnValue();
    const { display } = recordedDisplay(String);
    await showToEnd(of, display, async function* () {
      for (const closedAt of shown) yield { runId: 'r', closedAt };
      const [ctrlC] = process.listeners('SIGINT').filter((listener) => !before.includes(listener));
      ctrlC?.('SIGINT');
    });
    expect(exit.mock.calls).toEqual([[130]]);
    expect(told.mock.calls).toEqual([[says]]);
    expect(process.listeners('SIGINT')).toEqual(before);
    vi.restoreAllMocks();
  },
);

describe('following goes by the run', () => {
  const temporal = namespaceOfThisFile();

  it.each([
    ['an export', EXPORT_IMAGE_WORKFLOW, exportWorkflowId('ims-image:again.vhd'), waitForEnd],
    ['a batch', EXPORT_IMAGES_WORKFLOW, exportBatchWorkflowId('again'), waitForBatch],
  ])('%s that is started again meanwhile is not taken for the first', async (_what, type, workflowId, wait) => {
    const { client } = temporal;
    const start = () => client.workflow.start(type, { workflowId, taskQueue: 'nobody', args: [{}] });
    const first = await start();
    const describe = client.workflowService.describeWorkflowExecution.bind(client.workflowService);
    const described = vi.spyOn(client.workflowService, 'describeWorkflowExecution');
    onTestFinished(() => described.mockRestore());
    described.mockImplementationOnce(async (request: object) => {
      const description = await describe(request);
      await first.terminate();
      await start();
      return description;
    });
    await printedBy(async () => expect(await errorCodeOf(wait(client, workflowId, {}))).toBe('Terminated'));
  });
});
