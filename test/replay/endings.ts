/**
 * One export for each way that an export goes: what `npm run record-histories` records and the replay tests expect.
 *
 * @module
 */
import { exportResult, startExport } from '../../src/client';
import type { ExportOptions, FailureType } from '../../src/contract';
import type { FaultRule } from '../../src/testing';
import { resolveSubmission } from '../../src/workflows/messages';
import { type InputChanges, type Rig, type RigOptions, untilStatus } from '../rig';

export interface Ending {
  /** Name of the recorded file. One that continued as new has a file for each run, with `-1`, `-2`, … behind the name. */
  name: string;
  /** How its last run closes: the type of the failure where there is one. */
  closes: 'completed' | 'canceled' | FailureType;
  /** It waits until a lost submit is surely over, which takes minutes: such endings are recorded side by side. */
  settles?: true;
  rig?: Pick<RigOptions, 'simulator' | 'server'>;
  /** Takes an export to its end and returns its workflow id. */
  run(rig: Rig): Promise<string>;
}

const SUBMIT: FaultRule = { service: 'ims', method: 'POST', path: '*/file', action: {} };
const POLL: FaultRule = { service: 'ims', method: 'GET', path: '*/jobs/*', action: {} };
const UNDER_WAY = { simulator: { jobSeconds: 600 } };
const refusal = (code: string) => ({ status: 400, body: { error: { code, message: 'Not now, or not at all.' } } });

export const ENDINGS: readonly Ending[] = [
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
    name: 'refused-input',
    closes: 'InvalidExportRequest',
    async run(rig) {
      const { workflowId } = await rig.startWorkflow({ imageId: 'no-uuid', bucketUrl: 'ims-image:refused/input' });
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'refused-image',
    closes: 'ExportNotAllowed',
    run: async (rig) => ended(rig, (await rig.startWorkflow(rig.input({ image: 'fullEcs' }))).workflowId),
  },
  {
    name: 'refused-access',
    closes: 'AccessDenied',
    async run(rig) {
      rig.simulator.credentials.revoke();
      return await ended(rig, (await rig.startWorkflow(rig.input())).workflowId);
    },
  },
  {
    name: 'refused-destination',
    closes: 'DestinationExists',
    async run(rig) {
      rig.simulator.putObject('taken', 'somebody’s');
      const { workflowId } = await rig.startWorkflow(rig.input({ bucketUrl: `${rig.simulator.info.bucket}:taken` }));
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'refused-for-too-long',
    closes: 'SubmitRejected',
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, times: 1_000, action: refusal('IMG.0060') });
      return await ended(rig, (await rig.startWorkflow(rig.input({ options: { submitBudget: '1s' } }))).workflowId);
    },
  },
  {
    name: 'refused-by-the-cloud',
    closes: 'SubmitRejected',
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, action: refusal('IMG.0046') });
      return await ended(rig, (await rig.startWorkflow(rig.input())).workflowId);
    },
  },
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
      rig.simulator.faults.add({ service: 'obs', method: 'HEAD', path: '*/gone', nth: 2, action: { status: 404 } });
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
    run: async (rig) => ended(rig, await withLostAnswer(rig, { maxProbes: 0 })),
  },
  {
    name: 'unknown-object-found',
    closes: 'ExportOutcomeUnknown',
    settles: true,
    run: async (rig) => ended(rig, await withLostAnswer(rig)),
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
];

/** The job of its submit begins, and the answer is lost. */
async function withLostAnswer(rig: Rig, options?: ExportOptions): Promise<string> {
  rig.simulator.faults.add({ ...SUBMIT, action: { dropAfter: true } });
  return (await rig.startWorkflow(rig.input({ options }))).workflowId;
}

async function submitted(rig: Rig, changes?: InputChanges): Promise<string> {
  const { workflowId } = await startExport(rig.client, rig.input(changes), { taskQueue: rig.taskQueue });
  return workflowId;
}

async function canceled(rig: Rig, workflowId: string): Promise<string> {
  await rig.client.workflow.getHandle(workflowId).cancel();
  return await ended(rig, workflowId);
}

/** How it ended is told by its history, which must close as expected. */
async function ended(rig: Rig, workflowId: string): Promise<string> {
  await exportResult(rig.client, workflowId).catch(() => undefined);
  return workflowId;
}
