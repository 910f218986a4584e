import { resolveSubmission, retune } from '../../../src/workflows/messages';
import { FIRST_TASK, type Rig, resetTo, until, untilStatus } from '../../rigs/rig';
import { type Ending, ended, refusal, SUBMIT, submitted, UNDER_WAY, withLostAnswer } from '../endings/ways';
import { nameTheJob, ON_REQUEST, runIdOf, taskAfter, taskAfterSignal } from './ways';

/** Runs that are reset: the history of the run before the reset is the first one, that of the run after it the last. */
export const RESETS: readonly Ending[] = [
  {
    name: 'reset-before-validated',
    closes: 'ExportOutcomeUnknown',
    settles: true,
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await submitted(rig);
      await reset(rig, workflowId, FIRST_TASK);
      await untilStatus(rig.client, workflowId, ({ lastError }) => lastError?.startsWith('IMG.0148') === true, 400_000);
      rig.simulator.clock.advance(600_000);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'reset-before-validated-after-the-end',
    closes: 'ExportOutcomeUnknown',
    async run(rig) {
      const workflowId = await ended(rig, await submitted(rig));
      await reset(rig, workflowId, FIRST_TASK);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'reset-after-the-deadline',
    closes: 'ExportOutcomeUnknown',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await submitted(rig, { options: { ...ON_REQUEST, deadline: '10s' } });
      await ended(rig, workflowId);
      await reset(rig, workflowId, FIRST_TASK);
      return await ended(rig, workflowId);
    },
  },
  {
    // What was sent before the reset waits in the run after it for the validation.
    name: 'reset-before-what-was-sent',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await submitted(rig);
      await rig.client.workflow.getHandle(workflowId).executeUpdate(retune, { args: [{ deadline: '+6h' }] });
      await reset(rig, workflowId, FIRST_TASK);
      return await endedWithItsJobNamed(rig, workflowId);
    },
  },
  {
    name: 'reset-while-waiting-to-submit',
    closes: 'completed',
    settles: true,
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, times: 1_000, action: refusal('IMG.0060') });
      const { workflowId } = await rig.startWorkflow(rig.input());
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'waitingToSubmit');
      await reset(rig, workflowId, FIRST_TASK);
      rig.simulator.faults.clear();
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'reset-while-submitting',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, action: { delayMs: 1_500 } });
      const { workflowId } = await rig.startWorkflow(rig.input());
      await until('the POST is under way', () => rig.simulator.requests().some(({ status }) => status === null));
      await rig.client.workflow.getHandle(workflowId).signal('pollNow');
      await untilStatus(rig.client, workflowId, ({ jobId }) => jobId !== null);
      await reset(rig, workflowId, await taskAfterSignal(rig, workflowId));
      return await endedWithItsJobNamed(rig, workflowId);
    },
  },
  {
    name: 'reset-after-submitted',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await submitted(rig);
      await untilStatus(rig.client, workflowId, ({ polls }) => polls > 1);
      await reset(rig, workflowId, await taskAfter(rig, workflowId, 'imsSubmitExport'));
      return await endedAfterTheJob(rig, workflowId);
    },
  },
  {
    name: 'reset-while-exporting',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await submitted(rig);
      await untilStatus(rig.client, workflowId, ({ polls }) => polls > 4);
      await reset(rig, workflowId, await taskAfter(rig, workflowId, 'imsPollJob', 3));
      await untilStatus(rig.client, workflowId, ({ polls }) => polls > 4);
      return await endedAfterTheJob(rig, workflowId);
    },
  },
  {
    // The server sends the messages of the run before to the run after the reset.
    name: 'reset-while-paused',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await submitted(rig, { options: ON_REQUEST });
      await untilStatus(rig.client, workflowId, ({ polls, nextPollAt }) => polls > 0 && nextPollAt !== null);
      const handle = rig.client.workflow.getHandle(workflowId);
      await handle.signal('pausePolling');
      await handle.executeUpdate(retune, { args: [{ deadline: '+6h', maxInterval: '7m' }] });
      await handle.signal('pollNow');
      await untilStatus(rig.client, workflowId, ({ polls, nextPollAt }) => polls > 1 && nextPollAt !== null);
      await handle.executeUpdate(retune, { args: [{ stallAfter: '2h' }] });
      await reset(rig, workflowId, await taskAfter(rig, workflowId, 'imsSubmitExport'));
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'paused');
      rig.simulator.clock.advance(600_000);
      await handle.signal('resumePolling');
      return await ended(rig, workflowId);
    },
  },
  {
    // The server does not ask the run after the reset to cancel.
    name: 'reset-after-canceled',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await submitted(rig);
      await untilStatus(rig.client, workflowId, ({ polls }) => polls > 2);
      await rig.client.workflow.getHandle(workflowId).cancel();
      await ended(rig, workflowId);
      await reset(rig, workflowId, await taskAfter(rig, workflowId, 'imsPollJob', 2));
      return await endedAfterTheJob(rig, workflowId);
    },
  },
  {
    name: 'reset-before-a-lost-submit',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await withLostAnswer(rig);
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'reconciling');
      await reset(rig, workflowId, FIRST_TASK);
      return await endedWithItsJobNamed(rig, workflowId);
    },
  },
  {
    name: 'reset-after-a-lost-submit',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await withLostAnswer(rig);
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'reconciling');
      await reset(rig, workflowId, await taskAfter(rig, workflowId, 'imsSubmitExport'));
      return await endedWithItsJobNamed(rig, workflowId);
    },
  },
  {
    // The run after the reset saw no POST of its own, so that its first one is not sent: its answer is lost once more.
    name: 'reset-while-needing-an-answer',
    closes: 'completed',
    settles: true,
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, action: { dropBefore: true } });
      const { workflowId } = await rig.startWorkflow(rig.input({ options: { onAmbiguousSubmit: 'ask' } }));
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'needsAnswer', 400_000);
      await reset(rig, workflowId, await taskAfter(rig, workflowId, 'imsReconcileSubmit'));
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'needsAnswer');
      const handle = rig.client.workflow.getHandle(workflowId);
      await handle.executeUpdate(resolveSubmission, { args: [{ notSubmitted: true }] });
      // The run after a reset asks once more.
      const asksAgain = (warning: string) => warning.includes('Answer again');
      await untilStatus(
        rig.client,
        workflowId,
        ({ phase, warnings }) => phase === 'needsAnswer' && warnings.some(asksAgain),
        400_000,
      );
      await handle.executeUpdate(resolveSubmission, { args: [{ notSubmitted: true }] });
      return await ended(rig, workflowId);
    },
  },
];

/** Resets the current run, as the Web UI's Reset does. */
export async function reset(rig: Rig, workflowId: string, taskEnd: number): Promise<void> {
  await resetTo(taskEnd, rig, { workflowId, firstExecutionRunId: await runIdOf(rig, workflowId) });
}

async function endedAfterTheJob(rig: Rig, workflowId: string): Promise<string> {
  rig.simulator.clock.advance(600_000);
  return await ended(rig, workflowId);
}

/** The run cannot know the job of the run before: a person names it. */
export async function endedWithItsJobNamed(rig: Rig, workflowId: string): Promise<string> {
  await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'reconciling');
  await nameTheJob(rig, workflowId);
  return await endedAfterTheJob(rig, workflowId);
}
