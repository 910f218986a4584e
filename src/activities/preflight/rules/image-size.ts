import { notChecked, ofImage, type PreflightRule, passed, refused } from '../rule';

const GIB = 1024n ** 3n;
const CONVERSION_LIMIT = 128n * GIB;
const EXPORT_LIMIT = 1024n * GIB;
const SYSTEM_DISK_LIMIT_GB = 1024;
const DATA_DISK_LIMIT_GB = 2048;

const NO_SIZE = 'the image reports no size';

/** The rules on the size of the image. The API says TB and GB, and means TiB and GiB in its later texts. */
export const IMAGE_SIZE_RULES = [
  {
    id: 'sizeLimit',
    refuses: 'images of 1 TiB and above',
    source: 'Constraint 5; IMG.0059',
    severity: 'error',
    check: ofImage(({ imageSizeBytes }) => {
      if (imageSizeBytes === null) return notChecked(NO_SIZE);
      if (imageSizeBytes < EXPORT_LIMIT) return passed;
      return refused(
        `__image_size=${imageSizeBytes}`,
        `Only images under 1 TiB can be exported; this image has ${inGib(imageSizeBytes)} GiB. Make images of smaller disks.`,
      );
    }),
  },
  {
    id: 'conversionSizeLimit',
    refuses: 'conversions of images above 128 GiB; 128 GiB itself is allowed',
    source: 'Constraint 5; IMG.0160',
    severity: 'error',
    check: ofImage(({ imageSizeBytes }, { request }) => {
      if (request.isQuickExport) return passed;
      if (imageSizeBytes === null) return notChecked(NO_SIZE);
      if (imageSizeBytes <= CONVERSION_LIMIT) return passed;
      return refused(
        `__image_size=${imageSizeBytes}`,
        `Images above 128 GiB can only be exported by quick export; this image has ${inGib(imageSizeBytes)} GiB. Set isQuickExport and leave fileFormat out.`,
      );
    }),
  },
  {
    id: 'diskSizeLimit',
    refuses: 'system disks above 1024 GB and data disks above 2048 GB (`min_disk`)',
    source: 'Older text of constraint 5 (OpenAPI, `x-constraint` of ExportImage)',
    severity: 'warn',
    check: ofImage(({ minDiskGb, virtualEnvType }) => {
      if (minDiskGb === null) return notChecked('the image reports no disk size');
      const [disk, limitGb] =
        virtualEnvType?.toLowerCase() === 'dataimage' ? ['data', DATA_DISK_LIMIT_GB] : ['system', SYSTEM_DISK_LIMIT_GB];
      if (minDiskGb <= limitGb) return passed;
      return refused(
        `min_disk=${minDiskGb}`,
        `Older regions export ${disk} disks up to ${limitGb} GB only; this disk has ${minDiskGb} GB. The cloud may refuse it.`,
      );
    }),
  },
] as const satisfies PreflightRule[];

function inGib(bytes: bigint): string {
  return (Number((bytes * 10n) / GIB) / 10).toString();
}
