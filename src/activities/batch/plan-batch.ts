import { type BatchActivities, MAX_BATCH_IMAGES } from '../../contract';
import { invalidField, NO_EXPORT } from '../../export/failures';
import { counted } from '../../export/quantities';
import type { CloudClient, Image } from '../../huaweicloud';
import { type BatchRequest, parseBatchInput } from '../../request/batch';
import { type ExportActivityDeps, evidenceWaits } from '../cloud';
import { seenAgain } from '../evidence';
import { accountOfInput, notSubmitted, OUTAGE_MS, refuseReservedOptions } from '../input-checks';
import { type ImageFacts, imagesToRead, planBatch as makePlan } from './plan';
import { listPrivateImages, type Reading, readImages, reading } from './private-images';

/**
 * `imsPlanBatch`: checks the shape of the input of a batch, reads the images that it needs to know, and fills in every
 * destination, format and default. Reads only; heartbeats while it pages.
 *
 * @throws ApplicationFailure InvalidExportRequest, AccessDenied, SubmitRejected or NothingToExport, non-retryable;
 *   CloudUnavailable, retryable, while the cloud cannot be asked (half an hour at most) or the key rests; ReadAgain, retryable, while one attempt alone
 *   was refused by the cloud, or did not find an image
 */
export function planBatch(deps: ExportActivityDeps): BatchActivities['imsPlanBatch'] {
  return async ({ input, startedAt }) => {
    const request = parseBatchInput(input);
    refuseReservedOptions(request.options);
    const { client } = accountOfInput(deps, request.account);
    try {
      const images = await imagesOf(request, client, reading(deps));
      seenAgain(missing(request, images), evidenceWaits(deps).contradictedMs);
      if (images.length > MAX_BATCH_IMAGES) throw tooMany(request.query);
      return makePlan(request, images.map(factsOf), startedAt);
    } catch (error) {
      const { submitBudgetMs: budgetMs } = request.options;
      throw notSubmitted(deps, error, {
        account: request.account,
        context: NO_EXPORT,
        budgetMs,
        outageMs: 2 * OUTAGE_MS,
      });
    }
  };
}

export function tooMany(query: unknown) {
  const expected = `a query that at most ${MAX_BATCH_IMAGES} images match. Split it into several batches, by tag or os`;
  return invalidField('query', query, expected);
}

async function imagesOf(request: BatchRequest, client: CloudClient, reading: Reading): Promise<Image[]> {
  if (request.query !== null) return await listPrivateImages(client, request.query, reading);
  return await readImages(client, imagesToRead(request), reading);
}

/** What was not found, and would be left out of the batch. */
function missing(request: BatchRequest, images: readonly Image[]): string[] {
  if (request.query !== null) return images.length === 0 ? ['No image matches the query'] : [];
  const found = new Set(images.map(({ id }) => id.toLowerCase()));
  const lost = imagesToRead(request).filter((imageId) => !found.has(imageId));
  if (lost.length === 0) return [];
  return [`${counted(lost.length, 'image')} of the input not found, the first ${lost[0]}`];
}

function factsOf({ id, name, imageSizeBytes, cmkId }: Image): ImageFacts {
  return { imageId: id.toLowerCase(), name, sizeBytes: imageSizeBytes, encrypted: cmkId !== null };
}
