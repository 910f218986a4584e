import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { preflight } from '../../../src/activities/preflight';
import { readAncestry } from '../../../src/activities/preflight/lineage';
import { IMAGE_LIST } from '../../../src/huaweicloud/ims/image';
import { CATALOGUE, DENIED, facts, REGION } from '../../rigs/preflight-facts';

const ATTRIBUTES = [...new Set(Object.values(CATALOGUE).flatMap(Object.keys))].filter(
  (attribute) => attribute !== 'id',
);

const readRow = (row: object) => {
  const { images } = IMAGE_LIST.parse({ images: [row] });
  return images[0] ?? null;
};
const readImage = async (id: string) => {
  const row = Object.values(CATALOGUE).find((candidate) => candidate.id === id);
  return row && (readRow(row) ?? undefined);
};

/** What preflight says of a row of ListImages, its lineage read from the catalogue. */
async function verdict(row: object, changes: Parameters<typeof facts>[0] = {}) {
  const image = readRow(row);
  const ancestors = image === null ? undefined : await readAncestry(image, REGION, readImage);
  const { refusals, warnings } = preflight(facts({ image, ...(ancestors && { ancestors }), ...changes }));
  return { refused: refusals.map(({ rule }) => rule), warnings };
}

describe('the preflight rules, when facts are missing', () => {
  it('reject no image for a missing attribute', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(CATALOGUE)),
        fc.subarray(ATTRIBUTES),
        fc.constantFrom(undefined, null, ''),
        fc.boolean(),
        async (row, missing, absent, isQuickExport) => {
          const less = { ...row, ...Object.fromEntries(missing.map((attribute) => [attribute, absent])) };
          const input = isQuickExport ? { isQuickExport } : {};
          const whole = await verdict(row, { input });
          const { refused } = await verdict(less, { input });
          expect(whole.refused).toEqual(expect.arrayContaining(refused));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('reject nothing when no fact is known', async () => {
    const { refused, warnings } = await verdict(
      { id: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64' },
      {
        bucket: { kind: 'read', value: { storageClass: null, location: null, date: null } },
        destination: DENIED,
      },
    );
    expect(refused).toEqual([]);
    expect(warnings).not.toEqual([]);
    for (const warning of warnings) expect(warning).toContain('not checked');
  });

  it('never throw, whatever values the image has', async () => {
    const row = fc
      .record(Object.fromEntries(ATTRIBUTES.map((attribute) => [attribute, fc.anything()])), { requiredKeys: [] })
      .map((attributes) => ({ ...attributes, id: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64' }));
    await fc.assert(
      fc.asyncProperty(row, async (attributes) => {
        const { refused, warnings } = await verdict(attributes);
        expect([...refused, ...warnings].join()).not.toContain('undefined');
      }),
      { numRuns: 300 },
    );
  });
});
