import type { Image } from '../../huaweicloud';
import type { Ancestry } from './rule';

/** Longer lines of images made from images were not heard of. */
const LONGEST_LINE = 20;

/** Follows `__originalimagename`, the id of the image that an image was made from, up to the root. */
export async function readAncestry(
  image: Image,
  readImage: (imageId: string) => Promise<Image | undefined>,
): Promise<Ancestry> {
  const images: Image[] = [];
  const seen = new Set([image.id]);
  for (let parentId = parentOf(image); parentId !== null; ) {
    if (seen.has(parentId)) return { images, brokenAt: `the lineage comes back to image ${parentId}` };
    if (images.length === LONGEST_LINE)
      return { images, brokenAt: `the lineage is longer than ${LONGEST_LINE} images` };
    seen.add(parentId);
    const parent = await readImage(parentId);
    if (parent === undefined) return { images, brokenAt: `its ancestor ${parentId} is deleted or not visible` };
    images.push(parent);
    parentId = parentOf(parent);
  }
  return { images, brokenAt: null };
}

/** An image from a file of one's own has no ancestors, whatever else it tells. */
function parentOf(image: Image): string | null {
  if (image.rootOrigin === 'file') return null;
  return image.originalImageId || null;
}
