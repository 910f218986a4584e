import { begunElsewhere, type Ending, ended, refusal, SUBMIT, UNDER_WAY } from './ways';

export const REFUSED: readonly Ending[] = [
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
    name: 'refused-attaching',
    closes: 'InvalidExportRequest',
    rig: UNDER_WAY,
    async run(rig) {
      const input = { ...(await begunElsewhere(rig)), imageId: rig.simulator.info.images.large };
      return await ended(rig, (await rig.startWorkflow(input)).workflowId);
    },
  },
];
