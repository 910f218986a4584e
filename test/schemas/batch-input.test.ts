/** The schema of a batch against the code that judges batches. */
import { describe, expect, it } from 'vitest';
import batchSchema from '../../schemas/batch/input.json';
import { parseBatchInput } from '../../src/activities';
import { problemsBy } from '../rigs/schema-validator';

const imageId = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';
const to = 'ims-image:nightly/{date}/{name}.{format}';

function isTaken(input: unknown): boolean {
  try {
    parseBatchInput(input);
    return true;
  } catch {
    return false;
  }
}

const TAKEN = [
  { images: [{ imageId }], to },
  { images: [{ imageId: imageId.toUpperCase(), bucketUrl: 'ims-image:a.{format}' }] },
  { images: [{ imageId, objectKey: 'a', isQuickExport: true, fileFormat: null, bucketUrl: null }], to: 'ims-image:' },
  { images: [{ imageId, fileFormat: 'vhd', isQuickExport: false }], query: null, to, format: null },
  { query: {}, to, format: 'quick', maxConcurrent: 500, dryRun: true },
  { query: {}, to, allowEmpty: true },
  { images: [{ imageId }], to, allowEmpty: null },
  {
    query: { name: 'a', tag: 'k=v', os: 'Linux', enterpriseProjectId: '0' },
    to,
    account: 'archive',
    options: { deadline: '12h', minInterval: 10_000, rules: { sizeLimit: 'warn' } },
  },
];

const REFUSED = [
  null,
  [],
  {},
  { to },
  { images: [], to },
  { images: [], to, allowEmpty: true },
  { images: [{}], to },
  { images: [{ imageId: 'no uuid' }], to },
  { images: [{ imageId, fileFormat: 'raw' }], to },
  { images: [{ imageId, fileFormat: 'vhd', isQuickExport: true }], to },
  { images: [{ imageId, bucketUrl: 'ims-image:a', objectKey: 'a' }], to },
  { images: [{ imageId, format: 'vhd' }], to },
  { images: [{ imageId }], query: {}, to },
  { query: {} },
  { query: { os: 'BeOS' }, to },
  { query: { owner: 'me' }, to },
  { query: {}, to, format: 'zvhd2' },
  { query: {}, to, maxConcurrent: 0 },
  { query: {}, to, maxConcurrent: 501 },
  { query: {}, to, maxConcurrent: 1.5 },
  { query: {}, to, options: { deadline: 'soon' } },
  { query: {}, to, options: { deadLine: '1h' } },
  { query: {}, to, dryRun: 'yes' },
  { query: {}, to, allowEmpty: 'yes' },
  { query: {}, to, account: 'a\u001b[2J' },
  { query: {}, to: `${to}\u202e` },
  { images: [{ imageId, objectKey: 'a\n' }], to },
  { images: [{ imageId, bucketUrl: 'ims-image:a\u009b' }], to },
];

/** Of a text with placeholders, and of several fields of several images, a schema tells nothing. */
const REFUSED_BY_CODE_ALONE = [
  { images: [{ imageId }] },
  { query: {}, to: 'no bucket' },
  { query: {}, to: 'ims-image:{owner}' },
  { query: {}, to, options: { minInterval: '5m', maxInterval: '1m' } },
];

describe('the schema of the batch input', () => {
  it.each(TAKEN.map((input) => [JSON.stringify(input), input]))('accepts valid input: %s', (_text, input) => {
    expect(isTaken(input)).toBe(true);
    expect(problemsBy('batch/input', input)).toEqual([]);
  });

  it.each(REFUSED.map((input) => [JSON.stringify(input), input]))('rejects invalid input: %s', (_text, input) => {
    expect(isTaken(input)).toBe(false);
    expect(problemsBy('batch/input', input)).not.toEqual([]);
  });

  it.each(REFUSED_BY_CODE_ALONE.map((input) => [JSON.stringify(input), input]))(
    'accepts input that only the code rejects: %s',
    (_text, input) => {
      expect(isTaken(input)).toBe(false);
      expect(problemsBy('batch/input', input)).toEqual([]);
    },
  );

  it('describes every field', () => {
    const image = batchSchema.properties.images.anyOf[0]?.items?.properties;
    const query = batchSchema.properties.query.anyOf[0]?.properties;
    for (const [name, property] of Object.entries({ ...batchSchema.properties, ...image, ...query })) {
      expect([name, (property as { description?: string }).description]).toEqual([name, expect.any(String)]);
    }
  });
});
