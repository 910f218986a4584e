import { ApplicationFailure, ChildWorkflowFailure } from '@temporalio/common';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { ExportImageInput } from '../../src/contract';
import { asText } from '../../src/export/failures';
import { type ExportChildOptions, exportFailureOf, startExportChild } from '../../src/workflows';

const imageId = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';
const input: ExportImageInput = { imageId, bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' };

/** What the helper throws before it asks Temporal for a child, which it could not do outside of a workflow. */
async function refusalOf(badInput: unknown, options?: ExportChildOptions): Promise<unknown> {
  const error = await startExportChild(badInput as ExportImageInput, options).catch((failed: unknown) => failed);
  expect(error).toBeInstanceOf(ApplicationFailure);
  expect(error).toMatchObject({ type: 'InvalidExportRequest', nonRetryable: true });
  return exportFailureOf(error)?.details;
}

describe('a child export without a valid workflow id fails as InvalidExportRequest, not as a workflow task', () => {
  it.each([
    ['no input', undefined, 'bucketUrl', 'nothing'],
    ['null', null, 'bucketUrl', 'nothing'],
    ['a string', 'export it', 'bucketUrl', 'nothing'],
    ['a bucketUrl that is a number', { ...input, bucketUrl: 7 }, 'bucketUrl', '7'],
    ['a bucketUrl that is an object', { ...input, bucketUrl: { key: 'a' } }, 'bucketUrl', '{"key":"a"}'],
    ['half a character in bucketUrl', { ...input, bucketUrl: 'ims-image:\ud800' }, 'bucketUrl', '"ims-image:\\ud800"'],
    ['a BigInt', { ...input, bucketUrl: 7n }, '', '"TypeError: Do not know how to serialize a BigInt"'],
  ])('for %s', async (_, badInput, field, value) => {
    expect(await refusalOf(badInput)).toMatchObject({ field, value });
  });

  it('for a destination longer than Temporal allows for an id', async () => {
    const bucketUrl = `ims-image:${'資'.repeat(330)}`;
    expect(await refusalOf({ ...input, bucketUrl })).toMatchObject({
      field: 'bucketUrl',
      expected: expect.stringContaining(
        'ims-export:<bucket>:<object key>, the id of the export, must be well-formed text of 1 to 1000 bytes',
      ),
    });
  });

  it.each(['', 'exports of today', 'q'.repeat(201)])('for the task queue %j', async (taskQueue) => {
    const value = asText(taskQueue);
    expect(await refusalOf(input, { taskQueue })).toMatchObject({ field: 'taskQueue', value });
  });
});

it('a child export has only two options, since a timeout, retry, id or close policy would break its promises', () => {
  expectTypeOf<keyof ExportChildOptions>().toEqualTypeOf<'taskQueue' | 'cancellationType'>();
});

describe('exportFailureOf', () => {
  const details = {
    imageId,
    bucketUrl: 'ims-image:a.qcow2',
    rule: 'notIso',
    found: 'iso',
    refusals: [],
    overridable: [],
  };
  const failure = ApplicationFailure.create({ type: 'ExportNotAllowed', message: 'an ISO image', details: [details] });

  it('finds the failure directly, and inside those of Temporal and of others', () => {
    const ofChild = new ChildWorkflowFailure('default', { workflowId: 'w' }, 'exportImageWorkflow', 'TIMEOUT', failure);
    const ofOthers = new Error('the order failed', { cause: ofChild });
    for (const error of [failure, ofChild, ofOthers]) {
      expect(exportFailureOf(error)).toEqual({ type: 'ExportNotAllowed', message: 'an ISO image', details });
    }
  });

  it('ignores every other error', () => {
    const ofTheUser = ApplicationFailure.nonRetryable('no entry', 'AccessDenied', { door: 7 });
    for (const error of [ofTheUser, new Error('AccessDenied'), 'AccessDenied', undefined, null]) {
      expect(exportFailureOf(error)).toBeUndefined();
    }
  });
});
