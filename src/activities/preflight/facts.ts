import type { ExportRequest } from '../../contract';
import { type BucketInfo, CloudError, type Image, type ObjectInfo } from '../../huaweicloud';
import { type AccountCloud, mayPass } from '../cloud';
import { denialText } from '../object-inspection';
import { type Ancestry, readAncestry } from './lineage';

/** What the rules check. Read once, before the first rule. */
export interface PreflightFacts {
  request: ExportRequest;
  /** Region and project of the account. */
  region: string;
  projectId: string;
  /** Null when the account is shown no image of that id. */
  image: Image | null;
  /** The images it was made from. */
  ancestors: Ancestry;
  bucket: Reading<BucketInfo>;
  /** `date` is the clock of OBS at that moment, ISO 8601. */
  destination: Reading<{ object: ObjectInfo | null; date: string | null }>;
}

/** As much of them as the rules on a bucket check. */
export interface BucketFacts extends Pick<PreflightFacts, 'region' | 'bucket'> {
  request: Pick<ExportRequest, 'bucket' | 'account'>;
}

/** What was read, or what the cloud refused to show it with: `text` is such as `403 AccessDenied`. */
export type Reading<T> = { kind: 'read'; value: T } | { kind: 'refused'; code: string; text: string };

/**
 * Reads image, lineage, bucket and destination.
 *
 * @throws CloudError when the image or the project cannot be read, and for everything that may pass
 */
export async function readFacts(account: AccountCloud, request: ExportRequest): Promise<PreflightFacts> {
  const { client, region } = account;
  const { imageId, bucket } = request;
  const getImage = (id: string) => client.ims.getImage(id);
  const image = (await getImage(imageId)) ?? null;
  const [projectId, ancestors, bucketReading, destination] = await Promise.all([
    client.projectId(),
    image === null ? { images: [], brokenAt: null } : readAncestry(image, region, getImage),
    readBucket(account, bucket),
    readObject(account, request),
  ]);
  return { request, region, projectId, image, ancestors, bucket: bucketReading, destination };
}

/** What is at the destination. @throws CloudError for everything that may pass */
export function readObject(
  { client }: AccountCloud,
  { bucket, objectKey }: ExportRequest,
): Promise<PreflightFacts['destination']> {
  return reading(() => client.obs.headObject(bucket, objectKey));
}

/** A bucket, as the rules on buckets check it. @throws CloudError for everything that may pass */
export function readBucket({ client }: AccountCloud, bucket: string): Promise<Reading<BucketInfo>> {
  return reading(() => client.obs.headBucket(bucket));
}

/** A denial by OBS is an answer: the export needs no permission of ours to read there. */
async function reading<T>(read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { kind: 'read', value: await read() };
  } catch (error) {
    if (!(error instanceof CloudError) || mayPass(error)) throw error;
    return { kind: 'refused', code: error.code, text: denialText(error) };
  }
}
