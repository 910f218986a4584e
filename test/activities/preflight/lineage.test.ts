import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAncestry } from '../../../src/activities/preflight/lineage';
import { CloudError, type CloudErrorFields, type Image } from '../../../src/huaweicloud';
import { image, REGION } from '../../rigs/preflight-facts';

/** An image that tells no origin but what `origin` says. */
function child(id: string, origin: { [attribute: string]: unknown } = {}): Image {
  return image('linux', { id, __root_origin: '', __data_origin: '', __originalimagename: '', ...origin });
}

const madeFrom = (parent: string) => ({ __originalimagename: parent });

/** Reads from these images, and keeps count of what was read. */
function cloudOf(...images: Image[]) {
  const reads: string[] = [];
  const readImage = async (id: string) => {
    reads.push(id);
    return images.find((candidate) => candidate.id === id);
  };
  const ancestry = async (of: Image) => {
    const { images: found, brokenAt } = await readAncestry(of, REGION, readImage);
    return { ids: found.map(({ id }) => id), brokenAt };
  };
  return { reads, ancestry };
}

describe('the lineage of an image', () => {
  it('is followed through parents and grandparents to the root', async () => {
    const { ancestry } = cloudOf(
      child('b', madeFrom('c')),
      child('c', madeFrom('root')),
      image('public', { id: 'root' }),
    );
    expect(await ancestry(child('a', madeFrom('b')))).toEqual({ ids: ['b', 'c', 'root'], brokenAt: null });
  });

  it('is followed from a copy within the region to the original image', async () => {
    const { ancestry } = cloudOf(child('b', madeFrom('root')), image('public', { id: 'root' }));
    const copy = child('a', { __data_origin: `image,${REGION},b` });
    expect(await ancestry(copy)).toEqual({ ids: ['b', 'root'], brokenAt: null });
  });

  it('is followed both ways for a copy that also names a parent, and reads shared ancestors once', async () => {
    const { ancestry, reads } = cloudOf(child('b', madeFrom('root')), image('public', { id: 'root' }));
    const copy = child('a', { __data_origin: `image, ${REGION} ,b`, ...madeFrom('root') });
    expect(await ancestry(copy)).toEqual({ ids: ['root', 'b'], brokenAt: null });
    expect(reads).toEqual(['root', 'b']);
  });

  it('is not read in another region', async () => {
    const { ancestry, reads } = cloudOf(child('b'));
    const { ids, brokenAt } = await ancestry(child('a', { __data_origin: 'image,cn-south-1,b' }));
    expect({ ids, reads }).toEqual({ ids: [], reads: [] });
    expect(brokenAt).toBe('image a was copied from image b of region cn-south-1');
  });

  it.each([
    ['an own file', { __data_origin: 'file,ims-image:a.qcow2' }],
    ['a file, by its root origin, despite a parent', { __root_origin: 'file', ...madeFrom('gone') }],
    ['an unknown origin without a parent', {}],
    ['a backup', { __data_origin: 'server_backup,b-1' }],
  ])('ends at an image from %s', async (_, origin) => {
    expect(await cloudOf().ancestry(child('a', origin))).toEqual({ ids: [], brokenAt: null });
  });

  it('ends at a public image, whatever origin that image names', async () => {
    const { ancestry } = cloudOf(image('public', { id: 'root', __data_origin: 'instance,i-1' }));
    expect(await ancestry(child('a', madeFrom('root')))).toEqual({ ids: ['root'], brokenAt: null });
  });

  it.each(['instance,i-1', 'volume,v-1', 'something,new', 'image,', 'image,cn-north-4'])(
    'is broken at the origin %s when no parent is given',
    async (origin) => {
      const { brokenAt } = await cloudOf().ancestry(child('a', { __data_origin: origin }));
      expect(brokenAt).toContain('image a does not report what');
    },
  );

  it('is complete at an instance whose parent is given', async () => {
    const { ancestry } = cloudOf(image('public', { id: 'root' }));
    const fromServer = child('a', { __data_origin: 'instance,i-1', ...madeFrom('root') });
    expect(await ancestry(fromServer)).toEqual({ ids: ['root'], brokenAt: null });
  });

  it('is broken at a deleted parent, and keeps the ancestors that were read', async () => {
    const { ancestry } = cloudOf(child('b', madeFrom('gone')));
    expect(await ancestry(child('a', madeFrom('b')))).toEqual({
      ids: ['b'],
      brokenAt: 'its ancestor gone is deleted or not visible',
    });
  });

  it('is broken at a parent that the cloud refuses to show', async () => {
    const refuse = () => Promise.reject(cloudError({ class: 'forbidden', code: 'IMG.0026', httpStatus: 403 }));
    const { brokenAt } = await readAncestry(child('a', madeFrom('b')), REGION, refuse);
    expect(brokenAt).toBe('its ancestor b could not be read (403 IMG.0026)');
  });

  it('is an error while the cloud does not answer', async () => {
    const error = cloudError({ class: 'transient', code: 'HTTP_503', httpStatus: 503 });
    await expect(readAncestry(child('a', madeFrom('b')), REGION, () => Promise.reject(error))).rejects.toBe(error);
  });

  it('ends and reports the circle when the parents form one', async () => {
    const { ancestry, reads } = cloudOf(child('b', madeFrom('c')), child('c', madeFrom('A')));
    const { ids, brokenAt } = await ancestry(child('a', madeFrom('b')));
    expect({ ids, reads }).toEqual({ ids: ['b', 'c'], reads: ['b', 'c'] });
    expect(brokenAt).toContain('form a circle');
  });

  it('reads nothing for an image that is its own parent', async () => {
    const { ancestry, reads } = cloudOf();
    expect((await ancestry(child('a', madeFrom('a')))).brokenAt).toContain('circle');
    expect(reads).toEqual([]);
  });

  it('stops after twenty ancestors', async () => {
    const line = Array.from({ length: 30 }, (_, n) => child(`n${n}`, madeFrom(`n${n + 1}`)));
    const { ids, brokenAt } = await cloudOf(...line).ancestry(child('a', madeFrom('n0')));
    expect({ read: ids.length, brokenAt }).toEqual({ read: 20, brokenAt: 'it has more than 20 ancestors' });
  });

  it('ends for any graph of images, and reads each image at most once and never the image itself', async () => {
    const id = fc.constantFrom(...Array.from({ length: 12 }, (_, n) => `i${n}`));
    const origin = fc.record(
      {
        __originalimagename: fc.oneof(id, fc.constant(''), fc.constant(null), fc.constant('gone')),
        __data_origin: fc.oneof(
          id.map((parent) => `image,${REGION},${parent}`),
          id.map((parent) => `image,elsewhere,${parent}`),
          fc.constantFrom('', 'instance,i', 'volume,v', 'file,b:o', 'image', 'server_backup,b'),
          fc.string(),
        ),
        __root_origin: fc.constantFrom('', 'file', null),
        __imagetype: fc.constantFrom('private', 'gold', 'market', 'shared', null),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(origin, { minLength: 1, maxLength: 12 }), async (origins) => {
        const images = origins.map((of, n) => child(`i${n}`, of));
        const { reads, ancestry } = cloudOf(...images);
        const { ids, brokenAt } = await ancestry(images[0] as Image);
        expect(new Set(reads).size).toBe(reads.length);
        expect(reads).not.toContain('i0');
        expect(new Set(ids).size).toBe(ids.length);
        if (ids.length < reads.length) expect(brokenAt).not.toBeNull();
      }),
      { numRuns: 500 },
    );
  });
});

function cloudError(fields: Partial<CloudErrorFields>): CloudError {
  return new CloudError({
    code: 'X',
    message: 'said the test',
    httpStatus: null,
    requestId: null,
    operation: 'ListImages',
    executed: 'no',
    class: 'unknown',
    retryAfterMs: null,
    ...fields,
  });
}
