import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, it } from 'vitest';
import { type RecordedHistory, recordedHistories } from '../rigs/recorded-histories';
import { type BundleOptions, installQuietRuntime, WORKFLOWS_IN_THIS_THREAD } from '../rigs/temporal';
import { bundleOfRecordings, replayFixture } from './bundle';
import { RECORDINGS } from './recordings';
import { replayable } from './replayable';

const histories = recordedHistories();

beforeAll(() => installQuietRuntime());

/** The workflows, and what has a replayed run that was reset know that it was. */
function bundle(replace: BundleOptions['replace'] = {}): Promise<WorkflowBundle> {
  return bundleOfRecordings({ workflowInterceptorModules: [replayFixture('original-run-id.ts')], replace });
}

/** Replays them all, without a server. The error of each; undefined of one that can go on. */
async function replay(workflowBundle: WorkflowBundle, recorded: RecordedHistory[]): Promise<Array<Error | undefined>> {
  const replays = Worker.runReplayHistories(
    { workflowBundle, ...WORKFLOWS_IN_THIS_THREAD },
    recorded.map((history) => ({ history: replayable(history), workflowId: history.workflowId })),
  );
  const errors: Array<Error | undefined> = [];
  for await (const { error } of replays) errors.push(error);
  return errors;
}

it.each(Object.entries(RECORDINGS))(
  'every scenario has a recorded history in %s (npm run record-histories)',
  (folder, endings) => {
    const recorded = histories.filter((history) => history.folder === folder).map(({ of }) => of);
    expect([...new Set(recorded)].sort()).toEqual(endings.map(({ name }) => name).sort());
  },
);

describe('the current workflow replays the recorded history', () => {
  let errors: Array<Error | undefined>;
  beforeAll(async () => {
    errors = await replay(await bundle(), histories);
  });

  it.each(histories.map(({ title }, index) => [title, index] as const))('%s', (_title, index) => {
    expect(errors).toHaveLength(histories.length);
    expect(errors[index]).toBeUndefined();
  });
});

describe('the replay detects a release that breaks running exports by', () => {
  it.each([
    ['another activity', './steps/validate', 'extra-activity.ts', /^succeeded$/],
    ['another timer', './steps/verify', 'extra-timer.ts', /^succeeded$/],
    ['another activity after a reset', './steps/validate', 'extra-activity-after-a-reset.ts', /^reset-while-.*-2$/],
    ['another activity in a retry', './steps/validate', 'extra-activity-after-a-reset.ts', /^retried-while-.*-2$/],
  ])('%s', async (_what, module, fixture, broken) => {
    const ofRelease = await bundle({ [module]: replayFixture(fixture) });
    const errors = await replay(
      ofRelease,
      histories.filter(({ name }) => broken.test(name)),
    );
    expect(errors).not.toEqual([]);
    for (const error of errors) expect(error).toBeInstanceOf(DeterminismViolationError);
  });
});
