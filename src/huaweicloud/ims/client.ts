import { z } from 'zod';
import type { CloudAccount } from '../account';
import { CloudError, requestIdOf, unreadableAnswer } from '../errors';
import { gatewayRequest } from '../gateway-request';
import { readJson } from '../json-answer';
import type { ProjectId } from '../project-id';
import type { CloudRequest, CloudSession, ReadOptions, SendOptions } from '../session';
import { encodeRfc3986 } from '../signing/sdk-hmac-sha256';
import { IMAGE_LIST, type Image } from './image';
import { type ImageFilter, imageListQuery } from './image-filter';
import { type ImageJob, JOB } from './job';

/** What to export where: a `fileFormat`, or `isQuickExport: true` for the stored image as it is (zvhd2). */
export interface ImageExportRequest {
  imageId: string;
  /** `<bucket>:<object key>`. */
  bucketUrl: string;
  fileFormat?: string;
  isQuickExport?: boolean;
}

export interface ImagePage {
  /** At most this number of images. @default 100 */
  limit?: number;
  /** The id of the last image of the page before. */
  marker?: string;
}

/** Some 150 KB of JSON. */
export const PAGE_LIMIT = 100;

/**
 * An image has 14 KB at most: a description of 1,024 characters, ten tags of 36 and 43 (IMS API, "Image Tag Data Formats"),
 * each character as `\\uXXXX`, and the rest.
 */
const MAX_PAGE_BYTES = 2 * 1024 * 1024;

/** IMS, as far as an export needs it. Every method throws {@link CloudError} and nothing else. */
export interface ImsClient {
  /** The image, or undefined when the cloud knows none of that id, or shows us none. `GET /v2/cloudimages?id=` */
  getImage(imageId: string, options?: ReadOptions): Promise<Image | undefined>;
  /**
   * A page of the private images that match all of the filter, newest first. `GET /v2/cloudimages`, by marker: the next
   * page begins after the last image of this one, and behind the last page comes an empty one.
   *
   * @throws {@link CloudError} `ResponseTooLarge` for a page above 2 MiB, which no documented limits allow: ask for fewer
   */
  listImages(filter: ImageFilter, page?: ImagePage, options?: ReadOptions): Promise<Image[]>;
  /**
   * Begins an export: `POST /v1/cloudimages/{image_id}/file`. Sent at most once and never repeated, since the cloud has
   * no idempotency token. Waits up to 210 s, because the gateway itself waits 200 s (`x-timeout` of the API).
   *
   * @throws {@link CloudError}; `executed: 'maybe'` means that an export may have started whose job id is lost
   */
  exportImage(request: ImageExportRequest, options?: SendOptions): Promise<{ jobId: string; requestId: string | null }>;
  /**
   * The state of a job: ShowJob or ShowJobProgress, by the account's `api.jobQuery`.
   *
   * @throws {@link CloudError}, `InvalidResponse` among others: half an answer is not a verdict
   */
  getJob(jobId: string, options?: ReadOptions): Promise<ImageJob>;
}

const EXPORT_LIMIT_MS = 210_000;

const ACCEPTED = z.object({ job_id: z.string().regex(/^[\w.-]{1,128}$/) });

export function createImsClient(session: CloudSession, account: CloudAccount, projectId: ProjectId): ImsClient {
  const endpoint = account.endpoints.ims;
  const { exportPath = 'v1', jobQuery = 'job' } = account.api ?? {};

  return {
    async getImage(imageId, options) {
      const startedAt = performance.now();
      const request = gatewayRequest('ListImages', {
        method: 'GET',
        endpoint,
        path: '/v2/cloudimages',
        query: `id=${encodeRfc3986(imageId)}`,
        projectId: await projectId.get(),
      });
      try {
        const answer = await session.read(request, { ...options, startedAt });
        const { images } = readJson(answer, IMAGE_LIST, session.attempt(request));
        return images.find(({ id }) => id.toLowerCase() === imageId.toLowerCase());
      } catch (error) {
        if (error instanceof CloudError && error.class === 'notFound' && error.code.startsWith('IMG.'))
          return undefined;
        throw error;
      }
    },

    async listImages(filter, { limit = PAGE_LIMIT, marker } = {}, options) {
      const startedAt = performance.now();
      const request = gatewayRequest('ListImages', {
        method: 'GET',
        endpoint,
        path: '/v2/cloudimages',
        query: imageListQuery(filter, { limit, marker }),
        projectId: await projectId.get(options),
        maxBodyBytes: MAX_PAGE_BYTES,
      });
      const answer = await session.read(request, { ...options, startedAt });
      return readJson(answer, IMAGE_LIST, session.attempt(request)).images;
    },

    async exportImage({ imageId, bucketUrl, fileFormat, isQuickExport = false }, options) {
      const request = gatewayRequest('ExportImage', {
        method: 'POST',
        endpoint,
        path: `/${exportPath}/cloudimages/${encodeRfc3986(imageId)}/file`,
        projectId: await projectId.get(),
        // As Terraform sends it: is_quick_export only when true, file_format only when not.
        body: JSON.stringify({
          bucket_url: bucketUrl,
          ...(isQuickExport ? { is_quick_export: true } : { file_format: fileFormat }),
        }),
      });
      const answer = await session.write(request, { ...options, limitMs: EXPORT_LIMIT_MS });
      const attempt = session.attempt(request);
      // The documentation knows only 200; 202 was seen in the field. Any other success is not understood.
      if (answer.status !== 200 && answer.status !== 202) {
        throw unreadableAnswer(
          answer,
          attempt,
          `ExportImage was answered ${answer.status}, where 200 or 202 is expected.`,
        );
      }
      return { jobId: readJson(answer, ACCEPTED, attempt).job_id, requestId: requestIdOf(answer) };
    },

    async getJob(jobId, options) {
      const startedAt = performance.now();
      const id = encodeRfc3986(jobId);
      const request =
        jobQuery === 'progress'
          ? gatewayRequest('ShowJobProgress', {
              method: 'GET',
              endpoint,
              path: `/v1/cloudimages/job/${id}`,
              projectId: account.projectId,
            })
          : await showJob(id, options);
      const answer = await session.read(request, { ...options, startedAt });
      return { ...readJson(answer, JOB, session.attempt(request)), requestId: requestIdOf(answer) };
    },
  };

  async function showJob(id: string, options?: ReadOptions): Promise<CloudRequest> {
    const project = await projectId.get(options);
    const path = `/v1/${encodeRfc3986(project)}/jobs/${id}`;
    return gatewayRequest('ShowJob', { method: 'GET', endpoint, path, projectId: project });
  }
}
