import { CloudError, type Image } from '../../huaweicloud';
import { mayPass } from '../cloud';
import { denialText } from '../object-inspection';

/** The images that an image was made from, nearest first. */
export interface Ancestry {
  images: Image[];
  /** Why not all of them are known, as a clause; null when they are. */
  brokenAt: string | null;
}

/** Longer lines of images made from images were not heard of. */
const MAX_ANCESTORS = 20;
/** What is left of the activity's time is for the bucket. */
const READING_LIMIT_MS = 8_000;

/** What an image says of where it comes from. */
interface Origin {
  parentIds: string[];
  brokenAt: string | null;
}

/**
 * Follows `__originalimagename`, the id of the image that an image was made from, and `__data_origin` where that names
 * one, up to the roots. Each image is read once, so that lines that meet or go round in a circle come to an end.
 *
 * @throws CloudError for what may pass; an ancestor that the cloud refuses to show ends its line
 */
export async function readAncestry(
  image: Image,
  region: string,
  readImage: (imageId: string) => Promise<Image | undefined>,
): Promise<Ancestry> {
  const endsAtMs = performance.now() + READING_LIMIT_MS;
  const images: Image[] = [];
  const known = new Set([image.id.toLowerCase()]);
  const awaiting: string[] = [];
  let brokenAt: string | null = null;
  let rootSeen = false;

  const follow = (child: Image): void => {
    const origin = originOf(child, region);
    brokenAt ??= origin.brokenAt;
    rootSeen ||= origin.parentIds.length === 0;
    for (const parentId of origin.parentIds) {
      if (known.has(parentId)) continue;
      known.add(parentId);
      awaiting.push(parentId);
    }
  };

  follow(image);
  for (let parentId = awaiting.shift(); parentId !== undefined; parentId = awaiting.shift()) {
    if (images.length === MAX_ANCESTORS) return { images, brokenAt: `it has more than ${MAX_ANCESTORS} ancestors` };
    if (performance.now() > endsAtMs) return { images, brokenAt: `its ancestor ${parentId} was not read in time` };
    const parent = await readAncestor(parentId, readImage);
    if (typeof parent !== 'string') {
      images.push(parent);
      follow(parent);
    } else {
      brokenAt ??= parent;
    }
  }
  if (!rootSeen) brokenAt ??= `its ancestors form a circle: ${image.id} leads back to an earlier one`;
  return { images, brokenAt };
}

/** The ancestor, or why it cannot be had. */
async function readAncestor(
  parentId: string,
  readImage: (imageId: string) => Promise<Image | undefined>,
): Promise<Image | string> {
  try {
    return (await readImage(parentId)) ?? `its ancestor ${parentId} is deleted or not visible`;
  } catch (error) {
    if (!(error instanceof CloudError) || mayPass(error)) throw error;
    return `its ancestor ${parentId} could not be read (${denialText(error)})`;
  }
}

/**
 * The root of a line is a public image, or one from a file of one's own, whatever else it says; and an image that says
 * no origin at all ("empty for public images and for private images created from a file").
 */
function originOf(image: Image, region: string): Origin {
  if (image.imageType === 'gold' || image.rootOrigin?.toLowerCase() === 'file')
    return { parentIds: [], brokenAt: null };
  const parentIds = image.originalImageId === null ? [] : [image.originalImageId.toLowerCase()];
  const [kind = '', ...rest] = (image.dataOrigin ?? '').split(',').map((part) => part.trim());
  switch (kind.toLowerCase()) {
    case '':
    case 'file':
    case 'server_backup':
      return { parentIds, brokenAt: null };
    case 'image':
      return originOfCopy(image, parentIds, region, rest);
    default: {
      // From a server, a disk or what is not known: only the parent's id can say more.
      const unknown = `image ${image.id} does not report what its origin was made from (__data_origin=${image.dataOrigin})`;
      return { parentIds, brokenAt: parentIds.length === 0 ? unknown : null };
    }
  }
}

/** `image,<region>,<image id>`: a copy. Other regions cannot be read from here. */
function originOfCopy(image: Image, parentIds: string[], region: string, [copiedIn, copiedFrom]: string[]): Origin {
  if (!copiedIn || !copiedFrom) {
    return { parentIds, brokenAt: `image ${image.id} does not report what it was copied from` };
  }
  if (copiedIn.toLowerCase() !== region.toLowerCase()) {
    return { parentIds, brokenAt: `image ${image.id} was copied from image ${copiedFrom} of region ${copiedIn}` };
  }
  return { parentIds: [...new Set([...parentIds, copiedFrom.toLowerCase()])], brokenAt: null };
}
