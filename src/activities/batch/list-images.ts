import { type BatchActivities, DEFAULT_ACCOUNT, type ListedImage, MAX_BATCH_IMAGES } from '../../contract';
import { NO_EXPORT } from '../../export/failures';
import type { Image } from '../../huaweicloud';
import { parseImageQuery } from '../../request/batch';
import type { ExportActivityDeps } from '../cloud';
import { accountOfInput, notSubmitted } from '../input-checks';
import { tooMany } from './plan-batch';
import { listPrivateImages, reading } from './private-images';

/**
 * `imsListImages`: the private images that match a query, page by page, with heartbeats. For workflows of your own that
 * choose among them, by size or name pattern say, and hand `images` to a batch.
 *
 * @throws ApplicationFailure InvalidExportRequest, also when more images match than a batch may have; AccessDenied or
 *   SubmitRejected, non-retryable; CloudUnavailable, retryable, while the cloud cannot be asked
 */
export function listImages(deps: ExportActivityDeps): BatchActivities['imsListImages'] {
  return async ({ account = DEFAULT_ACCOUNT, query }) => {
    const filter = parseImageQuery(query);
    const { client } = accountOfInput(deps, account);
    try {
      const images = await listPrivateImages(client, filter, reading(deps));
      if (images.length > MAX_BATCH_IMAGES) throw tooMany(query);
      return images.map(listed);
    } catch (error) {
      // The workflow that calls it chooses its time limits.
      const patience = { budgetMs: Number.POSITIVE_INFINITY, outageMs: Number.POSITIVE_INFINITY };
      throw notSubmitted(deps, error, { account, context: NO_EXPORT, ...patience });
    }
  };
}

function listed({ id, name, status, osType, imageSizeBytes, cmkId }: Image): ListedImage {
  const sizeBytes = imageSizeBytes === null ? null : Number(imageSizeBytes);
  return { imageId: id, name, status, osType, sizeBytes, encrypted: cmkId !== null };
}
