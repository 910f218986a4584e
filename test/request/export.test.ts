import { ApplicationFailure } from '@temporalio/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExportInput } from '../../src/activities';
import { durationMs, durationText, type InvalidExportRequestDetails } from '../../src/contract';

const imageId = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';
const bucketUrl = 'ims-image:exports/centos7_5.qcow2';
const valid = { imageId, bucketUrl, fileFormat: 'qcow2' };

function refusal(input: unknown): InvalidExportRequestDetails {
  try {
    parseExportInput(input);
  } catch (error) {
    expect(error).toBeInstanceOf(ApplicationFailure);
    const { type, nonRetryable, details, message } = error as ApplicationFailure;
    expect({ type, nonRetryable }).toEqual({ type: 'InvalidExportRequest', nonRetryable: true });
    const [detail] = details as [InvalidExportRequestDetails];
    expect(message).toContain(`${detail.field || 'input'} is ${detail.value}; expected ${detail.expected}`);
    return detail;
  }
  throw new Error(`${JSON.stringify(input)} was accepted`);
}

describe('the input of an export', () => {
  it('is normalized with every default filled in', () => {
    expect(parseExportInput(valid)).toEqual({
      imageId,
      bucketUrl,
      bucket: 'ims-image',
      objectKey: 'exports/centos7_5.qcow2',
      account: 'default',
      fileFormat: 'qcow2',
      isQuickExport: false,
      attach: null,
      options: {
        deadlineMs: 86_400_000,
        minIntervalMs: 10_000,
        maxIntervalMs: 600_000,
        stallAfterMs: 3_600_000,
        pollErrorBudgetMs: 7_200_000,
        unknownStatusBudgetMs: 1_800_000,
        jobNotFoundGraceMs: 900_000,
        submitBudgetMs: 7_200_000,
        onCancel: 'detach',
        onAmbiguousSubmit: 'probe',
        maxProbes: 1,
        acceptUnconfirmed: false,
        whenImageBusy: 'wait',
        rules: {},
        expectNotification: false,
        searchAttributes: false,
        activityTaskQueue: null,
        submitTaskQueue: null,
      },
    });
  });

  it('gets the format zvhd2 for a quick export', () => {
    expect(parseExportInput({ imageId, bucketUrl, isQuickExport: true }).fileFormat).toBe('zvhd2');
  });

  it('can have null for an absent field, as other languages write it', () => {
    const nulls = { account: null, attach: null, isQuickExport: null, options: { deadline: null } };
    expect(parseExportInput({ ...valid, ...nulls })).toEqual(parseExportInput(valid));
  });

  it('accepts durations as milliseconds or with a unit', () => {
    for (const deadline of [5_400_000, '5400000ms', '5400s', '90m', '1.5h', '90 m']) {
      expect(parseExportInput({ ...valid, options: { deadline } }).options.deadlineMs).toBe(5_400_000);
    }
  });

  it.each([
    ['nothing at all', undefined, '', 'nothing'],
    ['null', null, '', 'null'],
    ['a string', 'ims-image:a.qcow2', '', '"ims-image:a.qcow2"'],
    ['an array', [valid], '', JSON.stringify([valid])],
    ['an unknown key', { ...valid, format: 'qcow2' }, 'format', '"qcow2"'],
    ['an unknown option', { ...valid, options: { timeout: 5 } }, 'options.timeout', '5'],
    ['a bad image id', { ...valid, imageId: 'centos' }, 'imageId', '"centos"'],
    ['no image id', { bucketUrl, fileFormat: 'qcow2' }, 'imageId', 'nothing'],
    ['a bucketUrl that is a number', { ...valid, bucketUrl: 7 }, 'bucketUrl', '7'],
    ['a bucketUrl without a colon', { ...valid, bucketUrl: 'ims-image' }, 'bucketUrl', '"ims-image"'],
    ['a bucketUrl without a key', { ...valid, bucketUrl: 'ims-image:' }, 'bucketUrl', '"ims-image:"'],
    ['a bucketUrl without a bucket', { ...valid, bucketUrl: ':a.qcow2' }, 'bucketUrl', '":a.qcow2"'],
    ['a bucket name in capitals', { ...valid, bucketUrl: 'Images:a.qcow2' }, 'bucketUrl', '"Images:a.qcow2"'],
    ['a format that the API does not know', { ...valid, fileFormat: 'raw' }, 'fileFormat', '"raw"'],
    ['quick export with a format', { ...valid, isQuickExport: true }, 'fileFormat', '"qcow2"'],
    ['no format without quick export', { imageId, bucketUrl }, 'fileFormat', 'nothing'],
    ['a deadline in words', { ...valid, options: { deadline: 'soon' } }, 'options.deadline', '"soon"'],
    ['a negative interval', { ...valid, options: { minInterval: -5 } }, 'options.minInterval', '-5'],
    [
      'a maximum below the minimum',
      { ...valid, options: { minInterval: '20s', maxInterval: '5s' } },
      'options.maxInterval',
      '"5s"',
    ],
    ['an unknown rule', { ...valid, options: { rules: { sizes: 'off' } } }, 'options.rules.sizes', '"off"'],
    ['an unknown severity', { ...valid, options: { rules: { sizeLimit: 'no' } } }, 'options.rules.sizeLimit', '"no"'],
  ])('is rejected when it is or has %s, naming field, value and what is right', (_, input, field, value) => {
    const detail = refusal(input);
    expect(detail).toMatchObject({ field, value });
    expect(detail.expected).not.toBe('');
  });

  it('is rejected with every problem, not only the first', () => {
    const detail = refusal({ imageId: 'x', bucketUrl: 7, fileFormat: 'raw' });
    expect(detail.problems.map(({ field }) => field)).toEqual(['imageId', 'bucketUrl', 'fileFormat']);
  });

  it('is rejected with the known rules when a rule is unknown', () => {
    const { expected } = refusal({ ...valid, options: { rules: { sizes: 'off' } } });
    expect(expected).toContain('sizeLimit');
    expect(expected).not.toContain('deadline');
  });

  it('is rejected with both bounds when minInterval is above maxInterval', () => {
    expect(refusal({ ...valid, options: { minInterval: '20s', maxInterval: '5s' } })).toMatchObject({
      value: '"5s"',
      expected: 'at least minInterval, which is 20s',
    });
  });

  it('is rejected with a note that a bound is the default when it was not given', () => {
    expect(refusal({ ...valid, options: { minInterval: '20m' } })).toMatchObject({
      field: 'options.maxInterval',
      value: '"10m"',
      expected: 'at least minInterval, which is 20m; 10m is the default, so set it too',
    });
  });

  it('has durations that print in a form that it accepts', () => {
    fc.assert(
      fc.property(fc.nat(100_000_000), fc.constantFrom(1, 1_000, 60_000, 3_600_000, 86_400_000), (count, unit) => {
        expect(durationMs(durationText(count * unit))).toBe(count * unit);
      }),
    );
    const written = ['0s', '1ms', '1500ms', '90s', '10m', '24h', '36h', '48h', '3d', '365d'];
    expect(written.map((text) => durationText(durationMs(text) ?? -1))).toEqual(written);
  });

  it('is either normalized or rejected as InvalidExportRequest, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: false }), (input) => {
        refusal(input);
      }),
    );
  });
});
