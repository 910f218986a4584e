import { attachExport } from '../../../src/client';
import type { ExportPhase } from '../../../src/contract';
import { resolveSubmission } from '../../../src/workflows/messages';
import { FIRST_TASK, type Rig, untilStatus } from '../../rigs/rig';
import {
  begunElsewhere,
  type Ending,
  ended,
  POLL,
  refusal,
  SUBMIT,
  submitted,
  UNDER_WAY,
  withLostAnswer,
} from '../endings/ways';
import { endedWithItsJobNamed, reset } from './resets';
import { started } from './retries';
import { historyOf, nameTheJob, ON_REQUEST, runIdOf, untilNextRun } from './ways';

/** The server suggests a new run after some four polls. The suggestion is in the history, so that a replay gets it too. */
const SUGGESTED_AT = 50;
const server = { dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': SUGGESTED_AT } };

/** Exports that continue as new while they wait for something else than an end that comes by itself. */
export const CARRIED: readonly Ending[] = [
  {
    name: 'carried-waiting-to-submit',
    closes: 'completed',
    rig: { server },
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, times: 1_000, action: refusal('IMG.0060') });
      const { workflowId } = await rig.startWorkflow(rig.input());
      await continued(rig, workflowId, 'waitingToSubmit');
      rig.simulator.faults.clear();
      await pollNow(rig, workflowId);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'carried-reconciling',
    closes: 'completed',
    rig: { ...UNDER_WAY, server },
    async run(rig) {
      const workflowId = await withLostAnswer(rig);
      await continued(rig, workflowId, 'reconciling');
      return await endedWithItsJobNamed(rig, workflowId);
    },
  },
  {
    name: 'carried-needing-an-answer',
    closes: 'completed',
    settles: true,
    rig: { server },
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, action: { dropBefore: true } });
      const { workflowId } = await rig.startWorkflow(rig.input({ options: { onAmbiguousSubmit: 'ask' } }));
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'needsAnswer', 400_000);
      await continued(rig, workflowId, 'needsAnswer');
      const answer = { notSubmitted: true } as const;
      await rig.client.workflow.getHandle(workflowId).executeUpdate(resolveSubmission, { args: [answer] });
      return await ended(rig, workflowId);
    },
  },
  {
    // The object that was found is carried along.
    name: 'carried-with-a-candidate',
    closes: 'completed',
    settles: true,
    rig: { server },
    async run(rig) {
      const workflowId = await withLostAnswer(rig, { onAmbiguousSubmit: 'ask' });
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'needsAnswer', 400_000);
      await continued(rig, workflowId, 'needsAnswer');
      await nameTheJob(rig, workflowId);
      return await ended(rig, workflowId);
    },
  },
  {
    // The answer comes when a new run is due: it is the new one that follows it.
    name: 'carried-with-an-answer',
    closes: 'completed',
    rig: { ...UNDER_WAY, server },
    async run(rig) {
      const workflowId = await withLostAnswer(rig);
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'reconciling');
      const runId = await runIdOf(rig, workflowId);
      while ((await historyOf(rig, workflowId)).length < SUGGESTED_AT - 3) {
        await rig.client.workflow.getHandle(workflowId).signal('pausePolling');
        await rig.client.workflow.getHandle(workflowId).signal('resumePolling');
      }
      // The job cannot be read, so that the answer is not confirmed before the new run begins.
      const unread = {
        service: 'ims',
        method: 'GET',
        path: '*/jobs/*',
        times: 1_000,
        action: { status: 503 },
      } as const;
      rig.simulator.faults.add(unread);
      await nameTheJob(rig, workflowId);
      await untilNextRun(rig, workflowId, runId);
      rig.simulator.faults.clear();
      rig.simulator.clock.advance(600_000);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'carried-parked',
    closes: 'completed',
    rig: { ...UNDER_WAY, server },
    async run(rig) {
      const workflowId = await submitted(rig, { options: ON_REQUEST });
      rig.simulator.credentials.revoke();
      await pollNow(rig, workflowId);
      await continued(rig, workflowId, 'parked');
      rig.simulator.credentials.restore();
      rig.simulator.clock.advance(600_000);
      await pollNow(rig, workflowId);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'carried-parked-before-the-destination',
    closes: 'completed',
    settles: true,
    rig: { server },
    async run(rig) {
      const workflowId = await withLostAnswer(rig, { ...ON_REQUEST, acceptUnconfirmed: true });
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'reconciling');
      rig.simulator.faults.add({ service: 'obs', method: 'HEAD', times: 1_000, action: { status: 403 } });
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'parked', 400_000);
      await continued(rig, workflowId, 'parked');
      rig.simulator.faults.clear();
      await nameTheJob(rig, workflowId);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'carried-paused',
    closes: 'completed',
    rig: { ...UNDER_WAY, server },
    async run(rig) {
      const workflowId = await submitted(rig, { options: ON_REQUEST });
      await rig.client.workflow.getHandle(workflowId).signal('pausePolling');
      await continued(rig, workflowId, 'paused');
      rig.simulator.clock.advance(600_000);
      await rig.client.workflow.getHandle(workflowId).signal('resumePolling');
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'carried-while-polls-fail',
    closes: 'completed',
    rig: { ...UNDER_WAY, server },
    async run(rig) {
      const workflowId = await submitted(rig, { options: ON_REQUEST });
      rig.simulator.faults.add({ ...POLL, times: 1_000, action: { status: 503 } });
      await continued(rig, workflowId, 'exporting');
      rig.simulator.faults.clear();
      rig.simulator.clock.advance(600_000);
      await pollNow(rig, workflowId);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'carried-attached',
    closes: 'completed',
    rig: { ...UNDER_WAY, server },
    async run(rig) {
      const input = await begunElsewhere(rig);
      const { workflowId } = await attachExport(rig.client, input, { taskQueue: rig.taskQueue });
      await continued(rig, workflowId, 'exporting');
      rig.simulator.clock.advance(600_000);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'carried-exporting-and-reset',
    closes: 'completed',
    rig: { ...UNDER_WAY, server },
    async run(rig) {
      const workflowId = await submitted(rig, { options: ON_REQUEST });
      await continued(rig, workflowId, 'exporting');
      await reset(rig, workflowId, FIRST_TASK);
      rig.simulator.clock.advance(600_000);
      await pollNow(rig, workflowId);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'carried-exporting-and-retried',
    closes: 'completed',
    rig: { ...UNDER_WAY, server },
    async run(rig) {
      const workflowId = await started(rig, '6s', ON_REQUEST);
      await continued(rig, workflowId, 'exporting');
      await untilNextRun(rig, workflowId, await runIdOf(rig, workflowId));
      rig.simulator.clock.advance(600_000);
      await pollNow(rig, workflowId);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'carried-reconciling-and-reset',
    closes: 'completed',
    rig: { ...UNDER_WAY, server },
    async run(rig) {
      const workflowId = await withLostAnswer(rig);
      await continued(rig, workflowId, 'reconciling');
      await reset(rig, workflowId, FIRST_TASK);
      return await endedWithItsJobNamed(rig, workflowId);
    },
  },
];

/** Has an export in that phase look again and again, until it goes on in a new run, and waits there. */
async function continued(rig: Rig, workflowId: string, wanted: ExportPhase): Promise<void> {
  const isAsleep = ({ phase, nextPollAt }: { phase: ExportPhase; nextPollAt: string | null }) =>
    phase === wanted && nextPollAt !== null;
  await untilStatus(rig.client, workflowId, isAsleep);
  await untilNextRun(rig, workflowId, await runIdOf(rig, workflowId), async () => {
    await pollNow(rig, workflowId);
    await untilStatus(rig.client, workflowId, isAsleep);
  });
  await untilStatus(rig.client, workflowId, isAsleep);
}

async function pollNow({ client }: Rig, workflowId: string): Promise<void> {
  await client.workflow.getHandle(workflowId).signal('pollNow');
}
