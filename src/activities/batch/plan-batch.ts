import { Context } from '@temporalio/activity';
import { type BatchActivities, MAX_BATCH_IMAGES } from '../../contract';
import { invalidField, NO_EXPORT } from '../../export/failures';
import type { CloudClient, Image } from '../../huaweicloud';
import { type BatchRequest, parseBatchInput } from '../../request/batch';
import type { ExportActivityDeps } from '../cloud';
import { accountOfInput, notSubmitted, refuseReservedOptions } from '../input-checks';
import { type ImageFacts, imagesToRead, planBatch as makePlan } from './plan';
import { listPrivateImages, readImages } from './private-images';

/**
 * `imsPlanBatch`: checks the shape of the input of a batch, reads the images that it needs to know, and fills in every
 * destination, format and default. Reads only; heartbeats while it pages.
 *
 * @throws ApplicationFailure InvalidExportRequest, AccessDenied, SubmitRejected or NothingToExport, non-retryable;
 *   CloudUnavailable, retryable, while the cloud cannot be asked
 */
export function planBatch(deps: ExportActivityDeps): BatchActivities['imsPlanBatch'] {
  return async ({ input, startedAt }) => {
    const request = parseBatchInput(input);
    refuseReservedOptions(request.options);
    const { client } = accountOfInput(deps, request.account);
    try {
      const images = await imagesOf(request, client);
      if (images.length > MAX_BATCH_IMAGES) throw tooMany(request.query);
      return makePlan(request, images.map(factsOf), startedAt);
    } catch (error) {
      throw notSubmitted(error, request.account, NO_EXPORT);
    }
  };
}

export function tooMany(query: unknown) {
  const expected = `a query that at most ${MAX_BATCH_IMAGES} images match; split it into several batches, by tag or os`;
  return invalidField('query', query, expected);
}

async function imagesOf(request: BatchRequest, client: CloudClient): Promise<Image[]> {
  const report = (count: number) => Context.current().heartbeat({ images: count });
  if (request.query !== null) return await listPrivateImages(client, request.query, report);
  return await readImages(client, imagesToRead(request), report);
}

function factsOf({ id, name, imageSizeBytes, cmkId }: Image): ImageFacts {
  return { imageId: id.toLowerCase(), name, sizeBytes: imageSizeBytes, encrypted: cmkId !== null };
}
