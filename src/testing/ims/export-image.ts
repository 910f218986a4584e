import { GIB, type Image, imageSize } from '../catalogue';
import type { Cloud } from '../cloud';
import type { ServiceContext } from '../http-service';
import { imsError } from './errors';
import { EXPORT_FORMATS, type ExportAttempt, rejectionOf } from './export-rejections';

/** ExportImage, `POST /v1/cloudimages/{image_id}/file`, and its twin under /v2.1. */
export function exportImage(c: ServiceContext, cloud: Cloud): Response {
  const attempt = readAttempt(c.req.param('imageId') ?? '', c.get('request').body, cloud);
  const rejection = rejectionOf(attempt);
  if (rejection !== undefined) return imsError(c, 400, rejection.code, rejection.message);

  const { image, isQuickExport } = attempt;
  const format = isQuickExport ? 'zvhd2' : EXPORT_FORMATS.find((candidate) => candidate === attempt.fileFormat);
  if (image === undefined || format === undefined)
    throw new Error('The refusals let an image or a format through that is none');

  const { jobId } = cloud.jobs.begin({
    imageId: image.id,
    imageName: image.name,
    bucket: attempt.bucketName,
    key: attempt.key,
    format,
    isQuickExport,
    virtualSize: imageSize(image) ?? image.min_disk * GIB,
  });
  c.set('note', `job ${jobId}`);
  return c.json({ job_id: jobId });
}

function readAttempt(imageId: string, bytes: Buffer, cloud: Cloud): ExportAttempt {
  const text = bytes.toString('utf8').trim();
  const body = parseObject(text);
  const { bucket_url: bucketUrl, file_format: fileFormat, is_quick_export: quick } = body ?? {};
  const colon = typeof bucketUrl === 'string' ? bucketUrl.indexOf(':') : -1;
  const bucketName = typeof bucketUrl !== 'string' ? '' : colon < 0 ? bucketUrl : bucketUrl.slice(0, colon);
  const key = typeof bucketUrl === 'string' && colon >= 0 ? bucketUrl.slice(colon + 1) : '';
  const image = cloud.image(imageId);
  return {
    bodyIsEmpty: text === '',
    bodyIsWellFormed:
      body !== undefined &&
      isTextOrAbsent(bucketUrl) &&
      isTextOrAbsent(fileFormat) &&
      (quick === undefined || quick === null || typeof quick === 'boolean'),
    bucketName,
    key,
    fileName: key.slice(key.lastIndexOf('/') + 1),
    // The Go SDK cannot leave file_format out of a quick export and sends an empty text.
    fileFormat: typeof fileFormat === 'string' && fileFormat !== '' ? fileFormat : undefined,
    isQuickExport: quick === true,
    imageId,
    image,
    ancestors: image === undefined ? [] : ancestorsOf(image, cloud),
    isImageBusy: cloud.busyGuard === 'on' && cloud.jobs.isExporting(imageId),
    bucket: cloud.bucket(bucketName),
    region: cloud.state.region,
    objectExists: cloud.objects.find(bucketName, key) !== undefined,
  };
}

function parseObject(text: string): { [name: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string';
}

/** Parent, grandparent and so on, by `__originalimagename`. */
function ancestorsOf(image: Image, cloud: Cloud): Image[] {
  const ancestors: Image[] = [];
  for (
    let current = parentOf(image, cloud);
    current && !ancestors.includes(current);
    current = parentOf(current, cloud)
  ) {
    ancestors.push(current);
  }
  return ancestors;
}

function parentOf(image: Image, cloud: Cloud): Image | undefined {
  return cloud.image(String(image.__originalimagename ?? ''));
}
