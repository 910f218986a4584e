import { resolveSubmission } from '../../../src/workflows/messages';
import { untilStatus } from '../../rigs/rig';
import { type Ending, ended, POLL, submitted, UNDER_WAY, withLostAnswer } from './ways';

export const FAILED_OR_UNKNOWN: readonly Ending[] = [
  {
    name: 'failed',
    closes: 'ExportFailed',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await submitted(rig);
      const failure = { status: 'FAIL', error_code: 'IMG.0061', fail_reason: 'disk read error' };
      for (const { jobId } of rig.simulator.jobs()) rig.simulator.changeJob(jobId, failure);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'object-invalid',
    closes: 'ExportedObjectInvalid',
    async run(rig) {
      rig.simulator.faults.add({
        service: 'obs',
        method: 'HEAD',
        path: '*/gone',
        nth: 2,
        times: 1_000,
        action: { status: 404 },
      });
      return await ended(rig, await submitted(rig, { bucketUrl: `${rig.simulator.info.bucket}:object/gone` }));
    },
  },
  {
    name: 'unknown-deadline',
    closes: 'ExportOutcomeUnknown',
    rig: UNDER_WAY,
    run: async (rig) => ended(rig, await submitted(rig, { options: { deadline: '3s' } })),
  },
  {
    name: 'unknown-poll-errors',
    closes: 'ExportOutcomeUnknown',
    async run(rig) {
      rig.simulator.faults.add({ ...POLL, times: 1_000, action: { status: 503 } });
      return await ended(rig, await submitted(rig, { options: { pollErrorBudget: '2s' } }));
    },
  },
  {
    name: 'unknown-status',
    closes: 'ExportOutcomeUnknown',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await submitted(rig, { options: { unknownStatusBudget: '1s' } });
      for (const { jobId } of rig.simulator.jobs()) rig.simulator.changeJob(jobId, { status: 'MIGRATING' });
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'unknown-submit',
    closes: 'ExportOutcomeUnknown',
    settles: true,
    run: async (rig) => ended(rig, await withLostAnswer(rig, { maxProbes: 0 })),
  },
  {
    name: 'unknown-answer-not-checked',
    closes: 'ExportOutcomeUnknown',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await withLostAnswer(rig, { onAmbiguousSubmit: 'ask', deadline: '30s' });
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'reconciling');
      rig.simulator.faults.add({ ...POLL, times: 1_000, action: { status: 503 } });
      const [{ jobId } = { jobId: '' }] = rig.simulator.jobs();
      await rig.client.workflow.getHandle(workflowId).executeUpdate(resolveSubmission, { args: [{ jobId }] });
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'unknown-object-found',
    closes: 'ExportOutcomeUnknown',
    settles: true,
    run: async (rig) => ended(rig, await withLostAnswer(rig)),
  },
  {
    name: 'unknown-job-not-found',
    closes: 'ExportOutcomeUnknown',
    rig: UNDER_WAY,
    async run(rig) {
      rig.simulator.faults.add({ ...POLL, times: 1_000, action: { status: 404 } });
      return await ended(rig, await submitted(rig, { options: { jobNotFoundGrace: '1s' } }));
    },
  },
];
