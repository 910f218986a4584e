import { untilStatus } from '../../rigs/rig';
import { canceled, type Ending, ended, refusal, SUBMIT, submitted, UNDER_WAY, withLostAnswer } from './ways';

export const CANCELED: readonly Ending[] = [
  {
    name: 'canceled-waiting',
    closes: 'canceled',
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, times: 1_000, action: refusal('IMG.0060') });
      const { workflowId } = await rig.startWorkflow(rig.input());
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'waitingToSubmit');
      return await canceled(rig, workflowId);
    },
  },
  {
    name: 'canceled-submitting',
    closes: 'canceled',
    rig: UNDER_WAY,
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, action: { delayMs: 1_500 } });
      const { workflowId } = await rig.startWorkflow(rig.input());
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'submitting');
      return await canceled(rig, workflowId);
    },
  },
  {
    name: 'canceled-reconciling',
    closes: 'canceled',
    async run(rig) {
      const workflowId = await withLostAnswer(rig);
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'reconciling');
      return await canceled(rig, workflowId);
    },
  },
  {
    name: 'canceled-exporting',
    closes: 'canceled',
    rig: UNDER_WAY,
    run: async (rig) => canceled(rig, await submitted(rig)),
  },
  {
    name: 'canceled-validating',
    closes: 'canceled',
    async run(rig) {
      rig.simulator.faults.add({ service: 'ims', method: 'GET', path: '/v2/cloudimages', action: { delayMs: 1_500 } });
      const { workflowId } = await rig.startWorkflow(rig.input());
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'validating');
      return await canceled(rig, workflowId);
    },
  },
  {
    name: 'canceled-and-drained',
    closes: 'canceled',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await submitted(rig, { options: { onCancel: 'drain' } });
      await rig.client.workflow.getHandle(workflowId).cancel();
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'draining');
      rig.simulator.clock.advance(600_000);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'canceled-and-watched',
    closes: 'canceled',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await withLostAnswer(rig, { onCancel: 'drain' });
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'reconciling');
      await rig.client.workflow.getHandle(workflowId).cancel();
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'draining');
      rig.simulator.clock.advance(600_000);
      return await ended(rig, workflowId);
    },
  },
];
