import { afterAll, beforeAll, expect, it } from 'vitest';
import { durationMs, exportWorkflowId, TUNABLE_OPTIONS } from '../../src/contract';
import type { FaultAction } from '../../src/testing';
import { casesOf } from '../rigs/long-form';
import { ALWAYS, ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig } from '../rigs/rig';
import { runCommand } from '../rigs/run-command';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ simulator: { jobSeconds: 3600 }, cloud: { retry: { maxTries: 1 } } });
});
afterAll(() => rig.close());

const MINUTE_MS = 60_000;
const DENIED: FaultAction = { status: 403, body: { error: { code: 'IMG.0026', message: 'no permission' } } };
const UNAVAILABLE: FaultAction = { status: 503, body: 'Service Unavailable' };
const NO_SUCH_JOB: FaultAction = { status: 404, body: { error: { code: 'IMG.0027', message: 'gone' } } };

type Effect = {
  tight: string | number;
  arrange(one: OneExport, jobId: string): void;
  shows(one: OneExport): Promise<boolean>;
};
const nothing = () => {};
const endsAs = (reason: string) => async (one: OneExport) => {
  await one.poll();
  const { outcome } = await one.poll();
  if (outcome === null) return false;
  expect(await one.failure()).toMatchObject({ details: [expect.objectContaining({ reason })] });
  return true;
};
/** With the option tight it shows, and with its default it does not. */
const EFFECTS: { [option in (typeof TUNABLE_OPTIONS)[number]]: Effect } = {
  deadline: {
    tight: '5m',
    arrange: nothing,
    shows: async (one) => {
      const { nextPollAt } = await one.poll();
      // The last look is moved up before the deadline, whatever the interval.
      return Date.parse(String(nextPollAt)) - Date.now() < 4.8 * MINUTE_MS;
    },
  },
  minInterval: {
    tight: '4m',
    arrange: nothing,
    shows: async (one) => Date.parse(String((await one.poll()).nextPollAt)) - Date.now() < 4.8 * MINUTE_MS,
  },
  maxInterval: {
    tight: '30m',
    arrange: (one, jobId) => one.pollsFail(jobId, DENIED, ALWAYS),
    shows: async (one) => Date.parse(String((await one.poll()).nextPollAt)) - Date.now() > 20 * MINUTE_MS,
  },
  stallAfter: {
    tight: 1,
    arrange: nothing,
    shows: async (one) => {
      await one.poll();
      return (await one.poll()).stalled;
    },
  },
  pollErrorBudget: {
    tight: 1,
    arrange: (one, jobId) => one.pollsFail(jobId, UNAVAILABLE, ALWAYS),
    shows: endsAs('pollErrors'),
  },
  unknownStatusBudget: {
    tight: 1,
    arrange: (one, jobId) => one.changeJob(jobId, { status: 'MIGRATING' }),
    shows: endsAs('unknownStatus'),
  },
  jobNotFoundGrace: {
    tight: 1,
    arrange: (one, jobId) => one.pollsFail(jobId, NO_SUCH_JOB, ALWAYS),
    shows: endsAs('jobNotFound'),
  },
  submitBudget: { tight: 1, arrange: nothing, shows: async () => true },
};

it.concurrent('F35 every tunable option is tested here, and the status shows the options in force', async () => {
  expect(Object.keys(EFFECTS).sort()).toEqual([...TUNABLE_OPTIONS].sort());
  const one = new OneExport(rig, { options: { ...ON_REQUEST, stallAfter: '3h', submitBudget: '1h' } });
  await one.accepted();
  const { options } = await one.until(() => true);
  for (const option of TUNABLE_OPTIONS) expect(options?.[`${option}Ms`]).toBeGreaterThan(0);
  expect(options).toMatchObject({ stallAfterMs: 180 * MINUTE_MS, submitBudgetMs: 60 * MINUTE_MS });
  await one.handle.cancel();
});

const polling = Object.entries(EFFECTS).filter(([option]) => option !== 'submitBudget');
it.concurrent.each(casesOf(polling, 3))('F35 the option %s takes effect', async (option, { tight, arrange, shows }) => {
  const seen = await Promise.all(
    [{}, { [option]: tight }].map(async (changed) => {
      const one = new OneExport(rig, { options: { ...ON_REQUEST, ...changed } });
      arrange(one, await one.asleep());
      const shown = await shows(one);
      await one.handle.cancel();
      return shown;
    }),
  );
  expect(seen).toEqual([false, true]);
});

it.concurrent('F35 the option submitBudget takes effect', async () => {
  const [patient, hasty] = [{}, { submitBudget: 1 }].map((changed) => {
    const one = new OneExport(rig, { options: { ...ON_REQUEST, ...changed } });
    one.postsFail({ status: 400, body: { error: { code: 'IMG.0060', message: 'slow' } } }, ALWAYS);
    return one;
  }) as [OneExport, OneExport];
  await Promise.all([patient.start(), hasty.start()]);
  expect(await hasty.failure()).toMatchObject({ type: 'SubmitRejected' });
  expect(await patient.until(({ phase }) => phase === 'waitingToSubmit')).toMatchObject({ outcome: null });
  await patient.handle.cancel();
});

it.concurrent('F35 `ims-export options` lists every budget, and `ims-export status` has those in force', async () => {
  const { imageId, bucketUrl } = new OneExport(rig);
  const given = {
    deadline: '30h',
    minInterval: '11s',
    maxInterval: '7m',
    stallAfter: '13m',
    pollErrorBudget: '14m',
    unknownStatusBudget: '15m',
    jobNotFoundGrace: '16m',
    submitBudget: '17m',
  };
  const options = Object.entries(given).flatMap(([option, value]) => ['--option', `${option}=${value}`]);
  const what = ['--image', imageId, '--to', bucketUrl, '--format', 'qcow2', '--task-queue', rig.taskQueue];
  const workflowId = exportWorkflowId(bucketUrl);
  expect(await runCommand(rig, 'start', ...what, ...options, '--option', 'maxProbes=3')).toMatchObject({ exitCode: 0 });
  const [listed, status] = await Promise.all([
    runCommand(rig, 'options'),
    runCommand(rig, 'status', workflowId, '--json'),
  ]);
  for (const option of [...Object.keys(given), 'maxProbes'])
    expect(listed.stdout).toMatch(new RegExp(`^${option}( \\*)?$`, 'm'));
  const inForce = Object.entries(given).map(([option, value]) => [`${option}Ms`, durationMs(value)]);
  expect(JSON.parse(status.stdout).status.options).toMatchObject({ ...Object.fromEntries(inForce), maxProbes: 3 });
  await rig.client.workflow.getHandle(workflowId).cancel();
});
