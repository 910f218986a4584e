/**
 * Reading the images of a batch: the pages of a list, or some of them by their ids.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type ImageQuery, MAX_BATCH_IMAGES } from '../../contract';
import { type CloudClient, CloudError, type Image, type ImageFilter, PAGE_LIMIT } from '../../huaweicloud';
import { type ExportActivityDeps, evidenceWaits } from '../cloud';
import { heartbeatProgress } from '../evidence';

/** Above this number, the list of all private images is quicker than one read for each. */
const MAX_READ_BY_ID = 100;
const READS_AT_ONCE = 5;

/** A limit for a cloud that repeats one page, or lists more images than any account has. */
const MAX_PAGES = 1_000;

/** How images are read. */
export interface Reading {
  /** Called after each page or image with the number of images so far. */
  report: (count: number) => void;
  /** Before the end of a list is read again. */
  endOfListMs: number;
}

/** As the activities read, with heartbeats. */
export function reading(deps: ExportActivityDeps): Reading {
  return { report: (images) => heartbeatProgress({ images }), endOfListMs: evidenceWaits(deps).endOfListMs };
}

/**
 * The private images that match, page after page, up to one more than a batch may have.
 *
 * @throws CloudError
 */
export async function listPrivateImages(
  { ims }: CloudClient,
  { name, tag, os, enterpriseProjectId }: ImageQuery,
  { report, endOfListMs }: Reading,
  max = MAX_BATCH_IMAGES + 1,
): Promise<Image[]> {
  const filter: ImageFilter = { name, tag, osType: os, enterpriseProjectId };
  const images = new Map<string, Image>();
  let marker: string | undefined;
  let ends = 0;
  let limit = PAGE_LIMIT;
  for (let pages = 0; pages < MAX_PAGES && images.size < max; pages += 1) {
    const page = await ims.listImages(filter, { marker, limit }).catch((error: unknown) => {
      if (limit === 1 || !(error instanceof CloudError) || error.code !== 'ResponseTooLarge') throw error;
      limit = Math.ceil(limit / 2);
    });
    if (page === undefined) continue;
    const before = images.size;
    for (const image of page) images.set(image.id.toLowerCase(), image);
    report(images.size);
    // A short page is not the last one where the cloud filters after it has cut. An empty one is, and one without news,
    // where a second reading shows the same: the images behind it would be left out without a word.
    if (images.size > before) {
      ends = 0;
      marker = page.at(-1)?.id;
    } else if (ends > 0) {
      break;
    } else {
      ends += 1;
      await delay(endOfListMs);
    }
  }
  return [...images.values()];
}

/**
 * The images of these ids; those that the account is not shown are missing.
 *
 * @param imageIds in lower case
 * @throws CloudError
 */
export async function readImages(client: CloudClient, imageIds: readonly string[], reading: Reading): Promise<Image[]> {
  const found = new Map<string, Image>();
  if (imageIds.length > MAX_READ_BY_ID) {
    const listed = await listPrivateImages(client, {}, reading, Number.POSITIVE_INFINITY);
    for (const image of listed) found.set(image.id.toLowerCase(), image);
  }
  const missing = imageIds.filter((imageId) => !found.has(imageId));
  const read = async (imageId: string) => {
    const image = await client.ims.getImage(imageId);
    if (image !== undefined) found.set(imageId, image);
    reading.report(found.size);
  };
  const waiting = missing.values();
  await Promise.all(
    Array.from({ length: READS_AT_ONCE }, async () => {
      for (const imageId of waiting) await read(imageId);
    }),
  );
  return imageIds.flatMap((imageId) => found.get(imageId) ?? []);
}
