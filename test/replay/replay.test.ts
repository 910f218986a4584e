import { join } from 'node:path';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, it } from 'vitest';
import { version } from '../../package.json';
import { bundleOnce, installQuietRuntime, WORKFLOWS_IN_THIS_THREAD } from '../temporal';
import { ENDINGS } from './endings';
import { type RecordedHistory, recordedHistories } from './recorded-histories';

const histories = recordedHistories();

beforeAll(() => installQuietRuntime());

/** Needs no server. */
function replay(workflowBundle: WorkflowBundle, { json, workflowId }: RecordedHistory): Promise<void> {
  return Worker.runReplayHistory({ workflowBundle, ...WORKFLOWS_IN_THIS_THREAD }, JSON.parse(json), workflowId);
}

it('every way that an export goes was recorded for this version (npm run record-histories)', () => {
  const recorded = histories
    .filter((history) => history.version === version)
    .map(({ name }) => name.replace(/-\d+$/, ''));
  expect([...new Set(recorded)].sort()).toEqual(ENDINGS.map(({ name }) => name).sort());
});

describe('the workflow of today goes on with an export as it was recorded', () => {
  const errors: Array<Error | undefined> = [];
  beforeAll(async () => {
    const workflowBundle = await bundleOnce();
    const replays = Worker.runReplayHistories(
      { workflowBundle, ...WORKFLOWS_IN_THIS_THREAD },
      histories.map(({ json, workflowId }) => ({ history: JSON.parse(json), workflowId })),
    );
    for await (const { error } of replays) errors.push(error);
  });

  it.each(histories.map(({ title }, index) => [title, index] as const))('%s', (_title, index) => {
    expect(errors).toHaveLength(histories.length);
    expect(errors[index]).toBeUndefined();
  });
});

describe('a release that would break running exports is noticed: one with', () => {
  it.each([
    ['another activity', './validation', 'fixtures/extra-activity.ts'],
    ['another timer', './verification', 'fixtures/extra-timer.ts'],
  ])('%s', async (_what, module, fixture) => {
    const bundle = await bundleOnce({ replace: { [module]: join(__dirname, fixture) } });
    const succeeded = histories.filter(({ name }) => name === 'succeeded');
    expect(succeeded).not.toEqual([]);
    for (const history of succeeded) {
      await expect(replay(bundle, history)).rejects.toBeInstanceOf(DeterminismViolationError);
    }
  });
});
