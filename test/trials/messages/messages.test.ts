import { beforeAll, describe, expect, it } from 'vitest';
import { pollOutcomesIn, timeOf } from '../../rigs/history';
import { performWell } from '../short-form';
import { messages } from '.';
import { type Script, type Step, scriptOf } from './script';

let stage: Awaited<ReturnType<typeof messages.openStage>>;
beforeAll(async () => {
  stage = await messages.openStage();
});

/** Seeds whose messages come in every phase between them; `npm run messages` has two hundred. */
const SHORT_FORM = [1_002, 1_011, 1_023];

describe.concurrent('messages at any moment', { timeout: 150_000 }, () => {
  it.each(SHORT_FORM)('are accepted or rejected with a reason, across continue-as-new: seed %i', async (seed) => {
    await performWell(messages, scriptOf(seed), stage);
  });
});

describe.concurrent('a paused export at its last poll', { timeout: 150_000 }, () => {
  const PAUSE: Step = {
    at: { during: 'imsPollJob', nth: 2 },
    worker: 'there',
    messages: [{ send: 'pausePolling' }],
  };

  it('continues when its deadline is moved during that poll', async () => {
    const moved: Step = {
      at: { during: 'imsPollJob', nth: 3 },
      worker: 'there',
      messages: [{ send: 'retune', changes: { deadline: '+1h' } }],
    };
    const { verdict } = await performWell(messages, scriptWith([PAUSE, moved]), stage);
    expect(verdict.kind).toBe('succeeded');
  });

  it('polls before the deadline even when it continues as new for it', async () => {
    const wordy: Step = {
      at: { afterMs: 60_000 },
      worker: 'there',
      messages: Array.from({ length: 8 }, () => ({ send: 'retune', changes: { stallAfter: '2h' } }) as const),
    };
    const { runs, startedAtMs } = await performWell(messages, scriptWith([PAUSE, wordy]), stage);
    expect(runs.length).toBeGreaterThan(1);
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
