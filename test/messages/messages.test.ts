import type { WorkflowBundle } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { pollOutcomesIn, timeOf } from '../rigs/history';
import { bundleOfShortRuns } from './bundle';
import { judge } from './judgement';
import { perform } from './perform';
import type { Record } from './record';
import { describeScript, type Script, type Step, scriptOf } from './script';
import { timelineOf } from './timeline';

let bundle: WorkflowBundle;
beforeAll(async () => {
  bundle = await bundleOfShortRuns();
});

/** Seeds whose messages come in every phase between them; `npm run messages` has two hundred. */
const SHORT_FORM = [1_002, 1_011, 1_023];

describe.concurrent('messages at any moment', { timeout: 150_000 }, () => {
  it.each(SHORT_FORM)('are obeyed or refused with a reason, across continue-as-new: seed %i', async (seed) => {
    await performWell(scriptOf(seed));
  });
});

describe.concurrent('a paused export at its last look', { timeout: 150_000 }, () => {
  const PAUSE: Step = {
    at: { during: 'imsPollJob', nth: 2 },
    worker: 'there',
    messages: [{ send: 'pausePolling' }],
  };

  it('goes on when its deadline is moved during that look', async () => {
    const moved: Step = {
      at: { during: 'imsPollJob', nth: 3 },
      worker: 'there',
      messages: [{ send: 'retune', changes: { deadline: '+1h' } }],
    };
    const { verdict } = await performWell(scriptWith([PAUSE, moved]));
    expect(verdict.kind).toBe('succeeded');
  });

  it('makes it in time, also when it continues as new for it', async () => {
    const wordy: Step = {
      at: { afterMs: 60_000 },
      worker: 'there',
      messages: Array.from({ length: 8 }, () => ({ send: 'retune', changes: { stallAfter: '2h' } }) as const),
    };
    const { runs, startedAtMs } = await performWell(scriptWith([PAUSE, wordy]));
    expect(runs).toHaveLength(2);
    const [lastLook] = pollOutcomesIn(runs.at(-1)?.events ?? []);
    const leftMs = startedAtMs + 3_600_000 - (lastLook?.atMs ?? Number.NaN);
    expect(leftMs).toBeGreaterThan(15_000);
    expect(timeOf(runs.at(-1)?.events.at(-1)) - startedAtMs).toBeLessThanOrEqual(3_600_000);
  });
});

/** An export of 90 minutes with a deadline after one hour. */
function scriptWith(steps: Step[]): Script {
  return {
    seed: 0,
    world: { jobMinutes: 90, jobEnd: 'SUCCESS', posts: [], imageReadsFail: 0, polls: null, headsFail: 0 },
    options: { deadline: '1h', minInterval: '40s', maxInterval: '10m' },
    steps,
  };
}

async function performWell(script: Script): Promise<Record> {
  const record = await perform(script, bundle);
  const problems = judge(record);
  expect(problems, problems.length > 0 ? `${describeScript(script)}\n${timelineOf(record)}` : '').toEqual([]);
  return record;
}
