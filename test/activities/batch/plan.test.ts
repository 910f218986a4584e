import { randomUUID } from 'node:crypto';
import type { ApplicationFailure } from '@temporalio/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBatchInput } from '../../../src/activities';
import { type ImageFacts, imagesToRead, planBatch } from '../../../src/activities/batch/plan';
import type { InvalidExportRequestDetails } from '../../../src/contract';

const GIB = 1024n ** 3n;
const STARTED_AT = '2026-11-27T02:30:00Z';
const A = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';
const B = 'e264b5df-1bc3-4c3f-893e-3e471fd16e65';

const facts = (imageId: string, changes: Partial<ImageFacts> = {}): ImageFacts => ({
  imageId,
  name: 'web server',
  sizeBytes: 10n * GIB,
  encrypted: false,
  ...changes,
});

const planned = (input: unknown, found: ImageFacts[] = []) => planBatch(parseBatchInput(input), found, STARTED_AT);

function refusal(attempt: () => unknown): InvalidExportRequestDetails {
  try {
    attempt();
  } catch (error) {
    expect(error).toMatchObject({ type: 'InvalidExportRequest', nonRetryable: true });
    return (error as ApplicationFailure).details?.[0] as InvalidExportRequestDetails;
  }
  throw new Error('it was accepted');
}

describe('the input of a batch', () => {
  it.each([
    [{}, 'images', 'a list of images'],
    [{ images: [], to: 'bucket:{imageId}' }, 'images', '1 to 5000'],
    [{ images: [], to: 'bucket:{imageId}', allowEmpty: true }, 'images', '1 to 5000'],
    [{ query: {}, to: 'bucket:{imageId}', allowEmpty: 'yes' }, 'allowEmpty', 'true or false'],
    [{ images: [{ imageId: A }], query: {}, to: 'bucket:{imageId}' }, 'query', 'not both'],
    [{ images: [{ imageId: A }] }, 'to', '<bucket>:<object key>'],
    [{ query: {} }, 'to', '<bucket>:<object key>'],
    [{ query: {}, to: 'bucket:' }, 'to', '<bucket>:<object key>'],
    [{ query: {}, to: 'bucket:{nam}' }, 'to', 'no placeholder {nam}'],
    [{ query: { os: 'linux' }, to: 'bucket:{imageId}' }, 'query.os', "'Linux'"],
    [
      { query: { pattern: 'x*' }, to: 'bucket:{imageId}' },
      'query.pattern',
      'known are name, tag, os, enterpriseProjectId',
    ],
    [{ images: [{ imageId: A }, { imageId: 'x' }], to: 'bucket:{imageId}' }, 'images.1.imageId', 'UUID'],
    [{ images: [{ imageId: A, key: 'x' }], to: 'bucket:{imageId}' }, 'images.0.key', 'known are imageId, bucketUrl'],
    [
      { images: [{ imageId: A, bucketUrl: 'b:c', objectKey: 'd' }] },
      'images.0.objectKey',
      'no key: bucketUrl names the object key too',
    ],
    [
      { images: [{ imageId: A, fileFormat: 'vhd', isQuickExport: true }], to: 'bucket:{imageId}' },
      'images.0.fileFormat',
      'zvhd2',
    ],
    [{ query: {}, to: 'bucket:{imageId}', maxConcurrent: 501 }, 'maxConcurrent', '1 to 500'],
    [{ query: {}, to: 'bucket:{imageId}', format: 'raw' }, 'format', 'qcow2, vhd, zvhd, vmdk, quick, auto'],
    [{ query: {}, to: 'bucket:{imageId}', options: { deadline: '-1h' } }, 'options.deadline', 'milliseconds'],
    [{ query: {}, to: 'bucket:{imageId}', options: { deadlin: '1h' } }, 'options.deadlin', 'known are deadline'],
    ['all of them', '', 'an object'],
  ])('%j is rejected with the field and what is right', (input, field, expected) => {
    const details = refusal(() => parseBatchInput(input));
    expect(details.field).toBe(field);
    expect(details.expected).toContain(expected);
  });

  it('with too many images is rejected with the advice to split it, and quotes no image', () => {
    const images = Array.from({ length: 5_001 }, () => ({ imageId: A }));
    expect(refusal(() => parseBatchInput({ images, to: 'bucket:{imageId}' }))).toMatchObject({
      field: 'images',
      value: 'a list of 5001',
      expected: expect.stringContaining('split them into several batches'),
    });
  });
});

describe('the plan of a batch', () => {
  it('contains every destination, format and default', () => {
    const plan = planned({
      images: [
        { imageId: A.toUpperCase(), fileFormat: 'vmdk' },
        { imageId: B, objectKey: 'own/{date}T{time}.{format}', isQuickExport: true },
        { imageId: B, bucketUrl: 'elsewhere:{imageId}' },
      ],
      to: 'bucket:{date}/{imageId}.{format}',
      format: 'vhd',
      options: { deadline: '2h' },
    });
    expect(plan.items).toEqual([
      { imageId: A, bucketUrl: `bucket:2026-11-27/${A}.vmdk`, format: 'vmdk' },
      { imageId: B, bucketUrl: 'bucket:own/2026-11-27T023000.zvhd2', format: 'quick' },
      { imageId: B, bucketUrl: `elsewhere:${B}`, format: 'vhd' },
    ]);
    expect(plan).toMatchObject({ dryRun: false, maxConcurrent: 20, account: 'default', warnings: [] });
    expect(plan.options).toMatchObject({ deadline: 7_200_000, maxInterval: 600_000, onCancel: 'detach', maxProbes: 1 });
    // What it fills in is an input like any other.
    expect(
      planned({ images: [{ imageId: A }], to: 'b-1:{imageId}', format: 'vhd', options: plan.options }),
    ).toMatchObject({
      options: plan.options,
    });
  });

  it('uses quick export above 128 GiB, except for encrypted images', () => {
    const [exactly, above, secret, untold] = planned({ query: {}, to: 'bucket:{imageId}.{format}' }, [
      facts(A, { sizeBytes: 128n * GIB }),
      facts(B, { sizeBytes: 128n * GIB + 1n }),
      facts('c', { sizeBytes: 200n * GIB, encrypted: true }),
      facts('d', { sizeBytes: null }),
    ]).items;
    expect(exactly).toMatchObject({ format: 'qcow2', bucketUrl: `bucket:${A}.qcow2` });
    expect(above).toMatchObject({ format: 'quick', bucketUrl: `bucket:${B}.zvhd2` });
    expect(secret).toMatchObject({ format: null, refusal: { type: 'ExportNotAllowed' } });
    expect(untold?.format).toBe('qcow2');
  });

  it('reads only the images whose name or size it needs', () => {
    const images = [{ imageId: A }, { imageId: B, fileFormat: 'vhd' }];
    const toRead = (input: object) => imagesToRead(parseBatchInput({ images, ...input }));
    expect(toRead({ to: 'bucket:{imageId}' })).toEqual([A]);
    expect(toRead({ to: 'bucket:{imageId}', format: 'vmdk' })).toEqual([]);
    expect(toRead({ to: 'bucket:{name}', format: 'vmdk' })).toEqual([A, B]);
  });

  it('rejects an image that it needs and cannot find, and keeps the others', () => {
    const { items } = planned({ images: [{ imageId: A }, { imageId: B }], to: 'bucket:{imageId}' }, [facts(B)]);
    expect(items).toMatchObject([{ bucketUrl: null, refusal: { type: 'ExportNotAllowed' } }, { format: 'qcow2' }]);
  });

  it.each([{}, { allowEmpty: false }, { allowEmpty: null }, { dryRun: true }])(
    'fails as NothingToExport with the query when no image matches the query, with %j',
    (changes) => {
      const query = { tag: 'backup=nightly', os: null };
      const attempt = () => planned({ query, to: 'bucket:{imageId}', account: 'archive', ...changes });
      expect(attempt).toThrow(
        expect.objectContaining({
          type: 'NothingToExport',
          nonRetryable: true,
          message: expect.stringMatching(
            /account archive matches the query {"tag":"backup=nightly"}.*"allowEmpty": true/,
          ),
          details: [{ query: { tag: 'backup=nightly' }, problems: [] }],
        }),
      );
    },
  );

  it('has no items and a warning when no image matches and allowEmpty is true', () => {
    const plan = planned({ query: {}, to: 'bucket:{imageId}', allowEmpty: true });
    expect(plan).toMatchObject({ items: [], warnings: ['The query matches no private image.'] });
  });

  it('is not empty when no image can be exported, or when no listed image is found', () => {
    const secret = facts(A, { sizeBytes: 200n * GIB, encrypted: true });
    const refused = [{ imageId: A, refusal: { type: 'ExportNotAllowed' } }];
    expect(planned({ query: {}, to: 'bucket:{imageId}' }, [secret]).items).toMatchObject(refused);
    expect(planned({ images: [{ imageId: A }], to: 'bucket:{imageId}' }).items).toMatchObject(refused);
  });

  it('is rejected only when two images have the same key, and names both', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 6 }), (keys) => {
        const images = keys.map((objectKey) => ({ imageId: randomUUID(), objectKey, fileFormat: 'vhd' }));
        const attempt = () => planned({ images, to: 'bucket:' });
        if (new Set(keys).size === keys.length) {
          expect(attempt().items).toHaveLength(keys.length);
          return;
        }
        const second = keys.findIndex((candidate, index) => keys.indexOf(candidate) < index);
        const first = keys.indexOf(keys[second] as (typeof keys)[number]);
        const { field, expected } = refusal(attempt);
        expect(field).toBe(`images.${second}.objectKey`);
        expect(expected).toContain(`${images[first]?.imageId} and ${images[second]?.imageId}`);
      }),
    );
  });

  it('is rejected for an invalid destination, and for one too long or malformed for a workflow id', () => {
    const images = [{ imageId: A, fileFormat: 'vhd' }];
    expect(refusal(() => planned({ images, to: 'Bucket:{imageId}' }))).toMatchObject({ field: 'to' });
    const long = refusal(() => planned({ images, to: `bucket:${'k'.repeat(1_000)}` }));
    expect(long).toMatchObject({
      field: 'to',
      expected: expect.stringContaining('well-formed text of 1 to 1000 bytes'),
    });
    const half = refusal(() => planned({ images: [{ ...images[0], objectKey: '\ud800' }], to: 'bucket:' }));
    expect(half).toMatchObject({ field: 'images.0.objectKey', value: '"\\ud800"' });
  });

  it('of 5,000 images fits into a Temporal payload, unless the keys are long', () => {
    const images = Array.from({ length: 5_000 }, () => ({ imageId: randomUUID(), fileFormat: 'qcow2' }));
    const plan = planned({ images, to: 'ims-image:{imageId}.{format}' });
    expect(JSON.stringify(plan).length).toBeLessThan(1_000_000);
    const { field, expected } = refusal(() => planned({ images, to: `ims-image:${'long/'.repeat(50)}{imageId}` }));
    expect([field, expected]).toEqual(['images', expect.stringContaining('split them into several batches')]);
  });
});
