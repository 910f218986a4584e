/**
 * Which image is exported to which key in which format. Pure: what it needs to know of the images is read before.
 *
 * @module
 */
import type { BatchFormat, BatchImage, BatchPlan, ExportOptions, ExportSettings, PlannedExport } from '../../contract';
import { asText, invalidRequest, type Problem } from '../../export/failures';
import { nothingToExport } from '../../export/failures/before-submit';
import { bytesText } from '../../export/quantities';
import type { BatchRequest } from '../../request/batch';
import { parseExportStart } from '../../request/export';
import { dateAndTime, expandTemplate, type KeyValues, keyPart, uses } from '../../request/key-template';

/** What a plan needs to know of an image. */
export interface ImageFacts {
  imageId: string;
  name: string | null;
  sizeBytes: bigint | null;
  encrypted: boolean;
}

/** Above this, an image can only be exported as it is (IMS API, constraint 5; IMG.0160). */
const CONVERSION_LIMIT_BYTES = 128n * 1024n ** 3n;

/** What `auto` converts to: every hypervisor and tool reads it. */
const DEFAULT_FORMAT = 'qcow2';

/** A result of that size is still well below the 2 MB of a payload, with the word on each image cut to fit. */
const MAX_BYTES = 1_350_000;
/** Of an item in the result, beside its key: names of fields, job, size and etag. */
const ITEM_BYTES = 200;

/** An image of a batch as it was asked for, and where in the input that stands. */
interface Wanted extends BatchImage {
  /** Field of the input, for messages: `images.3`, or empty for an image that a query found. */
  field: string;
}

/** The images of the input that must be read to be planned: their names stand in keys, or their sizes choose formats. */
export function imagesToRead(request: BatchRequest): string[] {
  const needsFacts = (image: BatchImage) =>
    uses(destinationOf(image, request), 'name') || formatOf(image, request) === 'auto';
  return [...new Set((request.images ?? []).filter(needsFacts).map(({ imageId }) => imageId.toLowerCase()))];
}

/**
 * Plans a batch.
 *
 * @param found the images of the query, or those facts of the images of the input that were needed
 * @throws ApplicationFailure InvalidExportRequest when two images have one key, a destination is none, or all is too much;
 *   NothingToExport when the query matches no image and the input does not say `allowEmpty`
 */
export function planBatch(request: BatchRequest, found: readonly ImageFacts[], startedAt: string): BatchPlan {
  const { query, allowEmpty } = request;
  if (query !== null && found.length === 0 && !allowEmpty) throw nothingToExport(query, request.account);
  const facts = new Map(found.map((image) => [image.imageId, image]));
  const moment = dateAndTime(startedAt);
  const wanted = wantedOf(request, found);
  const items = wanted.map((image) => planItem(image, request, facts.get(image.imageId.toLowerCase()), moment));
  refuse(destinationProblems(items, wanted));
  refuse(duplicateProblems(items, wanted, facts));
  refuse(sizeProblems(items, request));
  const { dryRun, failWhen, maxConcurrent, account, options } = request;
  const warnings = items.length === 0 ? ['The query matches no private image.'] : [];
  return { dryRun, failWhen, maxConcurrent, account, options: optionsOf(options), items, warnings };
}

function wantedOf({ images }: BatchRequest, found: readonly ImageFacts[]): Wanted[] {
  if (images !== null) return images.map((image, index) => ({ ...image, field: `images.${index}` }));
  return found.map(({ imageId }) => ({ imageId, field: '' }));
}

function planItem(
  image: Wanted,
  request: BatchRequest,
  facts: ImageFacts | undefined,
  moment: Pick<KeyValues, 'date' | 'time'>,
): PlannedExport {
  const imageId = image.imageId.toLowerCase();
  const template = destinationOf(image, request);
  const asked = formatOf(image, request);
  if (facts === undefined && (uses(template, 'name') || asked === 'auto')) {
    const message = `The image was not found. Check its ID, and the region and project of account ${request.account}.`;
    return { imageId, bucketUrl: null, format: null, refusal: { type: 'ExportNotAllowed', message } };
  }
  const format = asked === 'auto' ? chosenFormat(facts) : asked;
  const name = keyPart(facts?.name || imageId);
  const values = { ...moment, imageId, name, format: format === 'quick' ? 'zvhd2' : (format ?? 'none') };
  const bucketUrl = expandTemplate(template, values);
  if (format !== null) return { imageId, bucketUrl, format };
  const message = `It is too large for a conversion (${bytesText(Number(facts?.sizeBytes ?? 0))}, above 128 GiB), and its encryption excludes quick export.`;
  return { imageId, bucketUrl, format, refusal: { type: 'ExportNotAllowed', message } };
}

/** Null for an image that fits neither way. An image without a known size is tried as a conversion. */
function chosenFormat(facts: ImageFacts | undefined): PlannedExport['format'] {
  const isLarge = (facts?.sizeBytes ?? 0n) > CONVERSION_LIMIT_BYTES;
  if (!isLarge) return DEFAULT_FORMAT;
  return facts?.encrypted ? null : 'quick';
}

function formatOf({ fileFormat, isQuickExport }: BatchImage, { format }: BatchRequest): BatchFormat {
  if (isQuickExport) return 'quick';
  if (fileFormat) return fileFormat;
  // Not to be exported quickly was said of this image.
  return isQuickExport === false && format === 'quick' ? DEFAULT_FORMAT : format;
}

function destinationOf({ bucketUrl, objectKey }: BatchImage, { to }: BatchRequest): string {
  return bucketUrl ?? `${to?.bucket}:${objectKey ?? to?.key}`;
}

/** What is checked is the destination; the ids of images are the cloud's, or were checked before. */
const ANY_IMAGE = '00000000-0000-4000-8000-000000000000';

function destinationProblems(items: readonly PlannedExport[], wanted: readonly Wanted[]): Problem[] {
  return items.flatMap(({ bucketUrl }, index) => {
    if (bucketUrl === null) return [];
    try {
      parseExportStart({ imageId: ANY_IMAGE, bucketUrl, isQuickExport: true });
      return [];
    } catch (error) {
      const [details] = (error as { details?: [{ problems: Problem[] }] }).details ?? [];
      return (details?.problems ?? []).map((problem) => ({ ...problem, field: fieldOf(wanted[index]) }));
    }
  });
}

function duplicateProblems(
  items: readonly PlannedExport[],
  wanted: readonly Wanted[],
  facts: ReadonlyMap<string, ImageFacts>,
): Problem[] {
  const taken = new Map<string, PlannedExport>();
  const nameOf = ({ imageId }: PlannedExport) => {
    const name = facts.get(imageId)?.name;
    return name ? `${imageId} (${name})` : imageId;
  };
  return items.flatMap((item, index) => {
    if (item.bucketUrl === null) return [];
    const other = taken.get(item.bucketUrl);
    taken.set(item.bucketUrl, other ?? item);
    if (other === undefined) return [];
    const expected = `a key for each image: ${nameOf(other)} and ${nameOf(item)} would be exported to the same object. Put {imageId} into the key, or give each its own key`;
    return [{ field: fieldOf(wanted[index]), value: asText(item.bucketUrl), expected }];
  });
}

function sizeProblems(items: readonly PlannedExport[], { images }: BatchRequest): Problem[] {
  const bytes = items.reduce((sum, { bucketUrl }) => sum + ITEM_BYTES + Buffer.byteLength(bucketUrl ?? ''), 0);
  if (bytes <= MAX_BYTES) return [];
  const field = images === null ? 'query' : 'images';
  const value = `${items.length} images with ${bytes} bytes of keys and verdicts`;
  return [
    { field, value, expected: `at most ${MAX_BYTES} bytes; split them into several batches, or shorten the keys` },
  ];
}

/** Where a person would change the destination of an image. */
function fieldOf(image: Wanted | undefined): string {
  if (image?.bucketUrl) return `${image.field}.bucketUrl`;
  return image?.objectKey ? `${image.field}.objectKey` : 'to';
}

function refuse(problems: Problem[]): void {
  if (problems.length > 0) throw invalidRequest(problems);
}

/** The settings as options again, so that what runs for days does not change with the defaults of a later version. */
function optionsOf(settings: ExportSettings): ExportOptions {
  return Object.fromEntries(
    Object.entries(settings).map(([setting, value]) => [setting.replace(/Ms$/, ''), value]),
  ) as ExportOptions;
}
