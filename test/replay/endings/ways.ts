/**
 * What the endings have in common: how an export is begun, and how it comes to its end.
 *
 * @module
 */
import { exportResult, startExport } from '../../../src/client';
import type { AttachExportInput, ExportOptions, FailureType } from '../../../src/contract';
import type { FaultRule } from '../../../src/testing';
import type { InputChanges, Rig, RigOptions } from '../../rigs/rig';

export interface Ending {
  /** Name of the recorded file. One that continued as new has a file for each run, with `-1`, `-2`, … behind the name. */
  name: string;
  /** How its last run closes: the type of the failure where there is one. */
  closes: 'completed' | 'canceled' | FailureType;
  /** It waits until a lost submit is surely over, which takes minutes: such endings are recorded side by side. */
  settles?: true;
  rig?: Pick<RigOptions, 'simulator' | 'server' | 'worker'>;
  /** Takes an export to its end and returns its workflow id. */
  run(rig: Rig): Promise<string>;
}

export const SUBMIT: FaultRule = { service: 'ims', method: 'POST', path: '*/file', action: {} };
export const POLL: FaultRule = { service: 'ims', method: 'GET', path: '*/jobs/*', action: {} };
export const UNDER_WAY = { simulator: { jobSeconds: 600 } };
export const refusal = (code: string) => ({
  status: 400,
  body: { error: { code, message: 'Not now, or not at all.' } },
});

/** The job of its submit begins, and the answer is lost. */
export async function withLostAnswer(rig: Rig, options?: ExportOptions): Promise<string> {
  rig.simulator.faults.add({ ...SUBMIT, action: { dropAfter: true } });
  return (await rig.startWorkflow(rig.input({ options }))).workflowId;
}

export async function submitted(rig: Rig, changes?: InputChanges): Promise<string> {
  const { workflowId } = await startExport(rig.client, rig.input(changes), { taskQueue: rig.taskQueue });
  return workflowId;
}

export async function canceled(rig: Rig, workflowId: string): Promise<string> {
  await rig.client.workflow.getHandle(workflowId).cancel();
  return await ended(rig, workflowId);
}

/** How it ended is told by its history, which must close as expected. */
export async function ended(rig: Rig, workflowId: string): Promise<string> {
  await exportResult(rig.client, workflowId).catch(() => undefined);
  return workflowId;
}

/** A job that nobody tracks: the run that began it was terminated. Its input attaches to it. */
export async function begunElsewhere(rig: Rig): Promise<AttachExportInput> {
  const input = rig.input();
  const { workflowId, jobId } = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
  await rig.client.workflow.getHandle(workflowId).terminate();
  const { imageId, bucketUrl, options } = input;
  return { imageId, bucketUrl, options, attach: { jobId: jobId ?? '' } };
}
