import { attachExport, registerSearchAttributes, startExport } from '../../../src/client';
import { resolveSubmission } from '../../../src/workflows/messages';
import { untilStatus } from '../../rigs/rig';
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
} from './ways';

export const SUCCEEDED: readonly Ending[] = [
  { name: 'succeeded', closes: 'completed', run: async (rig) => ended(rig, await submitted(rig)) },
  {
    name: 'succeeded-quick-export',
    closes: 'completed',
    run: async (rig) => ended(rig, await submitted(rig, { image: 'large', isQuickExport: true })),
  },
  {
    name: 'succeeded-after-throttling',
    closes: 'completed',
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, action: refusal('IMG.0060') });
      const handle = await rig.startWorkflow(rig.input());
      await untilStatus(rig.client, handle.workflowId, ({ phase }) => phase === 'waitingToSubmit');
      await handle.signal('pollNow');
      return await ended(rig, handle.workflowId);
    },
  },
  {
    name: 'succeeded-after-parking',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await submitted(rig);
      rig.simulator.credentials.revoke();
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'parked');
      rig.simulator.credentials.restore();
      rig.simulator.clock.advance(600_000);
      await rig.client.workflow.getHandle(workflowId).signal('pollNow');
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'continued-as-new',
    closes: 'completed',
    rig: {
      simulator: { jobSeconds: 3 },
      server: { dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 50 } },
    },
    run: async (rig) => ended(rig, await submitted(rig)),
  },
  {
    name: 'succeeded-unconfirmed',
    closes: 'completed',
    settles: true,
    run: async (rig) => ended(rig, await withLostAnswer(rig, { acceptUnconfirmed: true })),
  },
  {
    name: 'succeeded-by-probe',
    closes: 'completed',
    settles: true,
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, action: { dropBefore: true } });
      return await ended(rig, (await rig.startWorkflow(rig.input())).workflowId);
    },
  },
  {
    name: 'succeeded-after-a-busy-probe',
    closes: 'completed',
    settles: true,
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await withLostAnswer(rig, { acceptUnconfirmed: true });
      await untilStatus(rig.client, workflowId, ({ lastError }) => lastError?.startsWith('IMG.0148') === true, 400_000);
      rig.simulator.clock.advance(600_000);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'succeeded-after-an-answer',
    closes: 'completed',
    async run(rig) {
      const workflowId = await withLostAnswer(rig, { onAmbiguousSubmit: 'ask' });
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'reconciling');
      const [{ jobId } = { jobId: '' }] = rig.simulator.jobs();
      await rig.client.workflow.getHandle(workflowId).executeUpdate(resolveSubmission, { args: [{ jobId }] });
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'succeeded-after-an-answer-that-was-kept',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await withLostAnswer(rig, { onAmbiguousSubmit: 'ask' });
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'reconciling');
      const handle = rig.client.workflow.getHandle(workflowId);
      rig.simulator.faults.add({ ...POLL, times: 1_000, action: { status: 503 } });
      const [{ jobId } = { jobId: '' }] = rig.simulator.jobs();
      // One with a typing error, which the right one replaces.
      await handle.executeUpdate(resolveSubmission, { args: [{ jobId: jobId.replace(/.$/, 'x') }] });
      await handle.executeUpdate(resolveSubmission, { args: [{ jobId }] });
      await untilStatus(rig.client, workflowId, ({ resolution }) => resolution?.objection != null);
      rig.simulator.faults.clear();
      rig.simulator.clock.advance(600_000);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'succeeded-after-a-report-of-the-worker',
    closes: 'completed',
    async run(rig) {
      const workflowId = await withLostAnswer(rig, { maxProbes: 0 });
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'reconciling');
      const handle = rig.client.workflow.getHandle(workflowId);
      const [{ jobId } = { jobId: '' }] = rig.simulator.jobs();
      const { runId } = await handle.describe();
      await handle.executeUpdate(resolveSubmission, { args: [{ jobId, runId }] });
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'succeeded-after-leave-to-submit-again',
    closes: 'completed',
    settles: true,
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, action: { dropBefore: true } });
      const { workflowId } = await rig.startWorkflow(rig.input({ options: { onAmbiguousSubmit: 'ask' } }));
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'needsAnswer', 400_000);
      const handle = rig.client.workflow.getHandle(workflowId);
      await handle.executeUpdate(resolveSubmission, { args: [{ notSubmitted: true }] });
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'succeeded-after-steering',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await submitted(rig);
      const handle = rig.client.workflow.getHandle(workflowId);
      await handle.signal('pausePolling');
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'paused');
      await handle.executeUpdate('retune', { args: [{ deadline: '+6h', maxInterval: '2s' }] });
      await handle.signal('pollNow');
      rig.simulator.clock.advance(600_000);
      await handle.signal('resumePolling');
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'succeeded-after-attaching',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const input = await begunElsewhere(rig);
      const { workflowId } = await attachExport(rig.client, input, { taskQueue: rig.taskQueue });
      rig.simulator.clock.advance(600_000);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'succeeded-before',
    closes: 'completed',
    async run(rig) {
      const input = rig.input();
      const start = () => startExport(rig.client, input, { taskQueue: rig.taskQueue });
      await (await start()).result();
      return await ended(rig, (await start()).workflowId);
    },
  },
  {
    name: 'succeeded-with-search-attributes',
    closes: 'completed',
    async run(rig) {
      await registerSearchAttributes(rig.client);
      return await ended(rig, await submitted(rig, { options: { searchAttributes: true } }));
    },
  },
];
