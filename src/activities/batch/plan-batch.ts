import { Context } from '@temporalio/activity';
import { type BatchActivities, MAX_BATCH_IMAGES } from '../../contract';
import type { CloudClient, Image } from '../../huaweicloud';
import type { ExportActivityDeps } from '../cloud';
import { invalidField } from '../export-request';
import { batchFailure } from './batch-failures';
import { type ImageFacts, imagesToRead, planBatch as makePlan } from './plan';
import { listPrivateImages, readImages } from './private-images';
import { type BatchRequest, parseBatchInput } from './request';

/**
 * `imsPlanBatch`: checks the shape of the input of a batch, reads the images that it needs to know, and fills in every
 * destination, format and default. Reads only; heartbeats while it pages.
 *
 * @throws ApplicationFailure InvalidExportRequest, AccessDenied or SubmitRejected, non-retryable; CloudUnavailable,
 *   retryable, while the cloud cannot be asked
 */
export function planBatch(deps: ExportActivityDeps): BatchActivities['imsPlanBatch'] {
  return async ({ input, startedAt }) => {
    const request = parseBatchInput(input);
    if (request.options.expectNotification) {
      throw invalidField('options.expectNotification', true, 'false; a batch does not have it yet');
    }
    const { client } = accountOfInput(deps, request.account);
    try {
      const images = await imagesOf(request, client);
      if (images.length > MAX_BATCH_IMAGES) throw tooMany(request.query);
      return makePlan(request, images.map(factsOf), startedAt);
    } catch (error) {
      throw batchFailure(error, request.account);
    }
  };
}

/** @throws ApplicationFailure InvalidExportRequest when the worker has no such account */
export function accountOfInput(deps: ExportActivityDeps, name: string) {
  const account = deps.accounts.get(name);
  if (account !== undefined) return account;
  throw invalidField('account', name, `one of the worker's accounts: ${[...deps.accounts.keys()].join(', ')}`);
}

export function tooMany(query: unknown) {
  const expected = `a query that at most ${MAX_BATCH_IMAGES} images match; split it into several batches, by tag or os`;
  return invalidField('query', query, expected);
}

async function imagesOf(request: BatchRequest, client: CloudClient): Promise<Image[]> {
  const tell = (count: number) => Context.current().heartbeat({ images: count });
  if (request.query !== null) return await listPrivateImages(client, request.query, tell);
  return await readImages(client, imagesToRead(request), tell);
}

function factsOf({ id, name, imageSizeBytes, cmkId }: Image): ImageFacts {
  return { imageId: id.toLowerCase(), name, sizeBytes: imageSizeBytes, encrypted: cmkId !== null };
}
