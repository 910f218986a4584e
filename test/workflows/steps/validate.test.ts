import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InvalidExportRequestDetails } from '../../../src/contract';
import { type Rig, startRig } from '../../rigs/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

const imageId = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';
const bucketUrl = 'ims-image:bad-input/a.qcow2';
const valid = { imageId, bucketUrl, fileFormat: 'qcow2' };

/** Starts the workflow as the Web UI's form would, and returns the failure that it ends with. */
async function failureOf(input: unknown): Promise<ApplicationFailure> {
  const handle = await rig.startWorkflow(input, `bad-input-${Date.now()}-${Math.random()}`);
  const error = await handle.result().catch((failed: unknown) => failed);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  const { cause } = error as WorkflowFailedError;
  expect(cause).toBeInstanceOf(ApplicationFailure);
  const { events } = await handle.fetchHistory();
  const retriedTasks = (events ?? []).filter(({ workflowTaskFailedEventAttributes: failed }) => failed);
  expect(retriedTasks).toEqual([]);
  expect(rig.posts()).toBe(0);
  return cause as ApplicationFailure;
}

describe('invalid input from the start form of the Web UI', () => {
  it.each([
    ['no input at all', undefined, '', 'nothing'],
    ['null', null, '', 'null'],
    ['a string', 'export it', '', '"export it"'],
    ['an array', [], '', '[]'],
    ['a number', 7, '', '7'],
    ['an unknown key', { ...valid, image: 'x' }, 'image', '"x"'],
    ['a bucketUrl without a colon', { ...valid, bucketUrl: 'ims-image' }, 'bucketUrl', '"ims-image"'],
    ['a bucketUrl that is a number', { ...valid, bucketUrl: 7 }, 'bucketUrl', '7'],
    ['quick export with a format', { ...valid, isQuickExport: true }, 'fileFormat', '"qcow2"'],
    ['no format without quick export', { imageId, bucketUrl }, 'fileFormat', 'nothing'],
    ['a bad image id', { ...valid, imageId: 'centos' }, 'imageId', '"centos"'],
    ['a deadline in words', { ...valid, options: { deadline: 'soon' } }, 'options.deadline', '"soon"'],
    ['options that are a string', { ...valid, options: 'fast' }, 'options', '"fast"'],
    ['an account that the worker lacks', { ...valid, account: 'berlin' }, 'account', '"berlin"'],
    // In a command, half a character is no UTF-8, and would end the worker.
    ['half a character in notify', { ...valid, notify: { workflowId: '\ud800' } }, 'notify.workflowId', '"\\ud800"'],
    [
      'an option of a later version',
      { ...valid, options: { expectNotification: true } },
      'options.expectNotification',
      'true',
    ],
  ])('%s ends the workflow as InvalidExportRequest without a POST', async (_, input, field, value) => {
    const failure = await failureOf(input);
    expect(failure).toMatchObject({ type: 'InvalidExportRequest', nonRetryable: true });
    const [details] = failure.details as [InvalidExportRequestDetails];
    expect(details).toMatchObject({ field, value });
    expect(failure.message).toContain(`${field || 'input'} is ${value}; expected ${details.expected}`);
  });

  it('as a second argument is not used as a state to resume', async () => {
    const handle = await rig.client.workflow.start('exportImageWorkflow', {
      workflowId: `bad-input-state-${Date.now()}`,
      taskQueue: rig.taskQueue,
      args: [valid, { version: 1, jobId: 'somebody-elses-job' }],
    });
    const error = await handle.result().catch((failed: unknown) => failed);
    expect((error as WorkflowFailedError).cause).toMatchObject({ type: 'InvalidExportRequest' });
    expect(rig.posts()).toBe(0);
  });

  it('with an unsuitable image ends as ExportNotAllowed with the rule and the found value', async () => {
    const { images, bucket } = rig.simulator.info;
    const failure = await failureOf({ imageId: images.iso, bucketUrl: `${bucket}:bad-input/iso`, fileFormat: 'qcow2' });
    expect(failure).toMatchObject({ type: 'ExportNotAllowed', nonRetryable: true });
    expect(failure.details).toEqual([
      expect.objectContaining({ rule: 'notIso', found: 'virtual_env_type=IsoImage', imageId: images.iso }),
    ]);
    expect(failure.message).toContain('"installer-iso"');
  });

  it('with an unknown image ends as ExportNotAllowed', async () => {
    const failure = await failureOf(valid);
    expect(failure).toMatchObject({
      type: 'ExportNotAllowed',
      details: [expect.objectContaining({ rule: 'imageExists' })],
    });
  });
});
