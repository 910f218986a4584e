import { notChecked, type PreflightFacts, type PreflightRule, passed, refused } from './rule';

const GIB = 1024n ** 3n;
const CONVERSION_LIMIT = 128n * GIB;
const EXPORT_LIMIT = 1024n * GIB;

/** Public images of these platforms, and what was made from them, may not leave the cloud. The list differs by region. */
const LICENSED_PLATFORMS = new Set(['windows', 'suse']);

/** The rules on the image itself and on the images that it was made from. */
export const IMAGE_RULES = [
  {
    id: 'privateImage',
    source: 'Constraint 2; IMG.0077, IMG.0078, IMG.0047',
    severity: 'error',
    check({ image, projectId }) {
      if (image.imageType !== null && image.imageType !== 'private') {
        return refused(`__imagetype=${image.imageType}`, 'Only private images can be exported.');
      }
      if (image.owner !== null && image.owner !== projectId) {
        return refused(
          `owner=${image.owner}`,
          'Only the owner of an image can export it; this one is shared with you.',
        );
      }
      return passed;
    },
  },
  {
    id: 'imageActive',
    source: 'Constraint 2, "normal state"; IMG.0046',
    severity: 'error',
    check({ image }) {
      if (image.status === null || image.status === 'active') return passed;
      return refused(
        `status=${image.status}`,
        'Only an image in normal state can be exported; wait until it is active.',
      );
    },
  },
  {
    id: 'licensedLineage',
    source: 'Constraint 3; IMG.0071, IMG.0079',
    severity: 'error',
    check({ image, ancestors }) {
      // The platform alone says nothing: a Windows image from a file of one's own can be exported.
      const licensed = [image, ...ancestors.images].find(
        ({ imageType, platform }) => imageType === 'gold' && LICENSED_PLATFORMS.has(plain(platform)),
      );
      if (licensed !== undefined) {
        return refused(
          `__platform=${licensed.platform} of public image ${licensed.id}`,
          'Windows and SUSE public images, and private images made from them, cannot be exported.',
        );
      }
      if (ancestors.brokenAt === null || !LICENSED_PLATFORMS.has(plain(image.platform))) return passed;
      return notChecked(ancestors.brokenAt);
    },
  },
  {
    id: 'notWholeEcs',
    source: 'Constraint 4; IMG.0128, IMG.0130',
    severity: 'error',
    check({ image }) {
      if (image.wholeImage !== true) return passed;
      return refused('__whole_image=true', 'Full-ECS images cannot be exported.');
    },
  },
  {
    id: 'notIso',
    source: 'Constraint 4; IMG.0167',
    severity: 'error',
    check({ image }) {
      if (image.virtualEnvType === 'IsoImage')
        return refused('virtual_env_type=IsoImage', 'ISO images cannot be exported.');
      if (image.diskFormat === 'iso') return refused('disk_format=iso', 'ISO images cannot be exported.');
      return passed;
    },
  },
  {
    id: 'sizeLimit',
    source: 'Constraint 5; IMG.0059',
    severity: 'error',
    check({ image }) {
      if (image.imageSizeBytes === null) return notChecked('the image tells no size');
      if (image.imageSizeBytes < EXPORT_LIMIT) return passed;
      return refused(`__image_size=${image.imageSizeBytes}`, 'Only images under 1 TiB can be exported.');
    },
  },
  {
    id: 'conversionSizeLimit',
    source: 'Constraint 5; IMG.0160',
    severity: 'error',
    check({ image, request }) {
      if (request.isQuickExport) return passed;
      if (image.imageSizeBytes === null) return notChecked('the image tells no size');
      if (image.imageSizeBytes <= CONVERSION_LIMIT) return passed;
      return refused(
        `__image_size=${image.imageSizeBytes}`,
        'Images above 128 GiB can only be exported by quick export: set isQuickExport and leave fileFormat out.',
      );
    },
  },
  {
    id: 'quickExportNotEncrypted',
    source: 'Constraint 6; IMG.0095 to IMG.0103',
    severity: 'error',
    check({ image, request }) {
      if (!request.isQuickExport || !image.cmkId) return passed;
      return refused(
        `__system__cmkid=${image.cmkId}`,
        'Encrypted images cannot be exported by quick export: choose a fileFormat.',
      );
    },
  },
  {
    id: 'notFromBackup',
    source: 'Constraint 8; IMG.0080',
    severity: 'error',
    check({ image }) {
      if (image.backupId)
        return refused(`__backup_id=${image.backupId}`, 'Images made from a backup cannot be exported.');
      if (image.dataOrigin?.startsWith('server_backup,')) {
        return refused(`__data_origin=${image.dataOrigin}`, 'Images made from a backup cannot be exported.');
      }
      return passed;
    },
  },
  {
    id: 'notFromMarketplace',
    source: 'Constraint 9; IMG.0078',
    severity: 'error',
    check({ image, ancestors }: PreflightFacts) {
      const sold = [image, ...ancestors.images].find(
        ({ imageType, productCode }) => imageType === 'market' || productCode,
      );
      if (sold === undefined) return passed;
      const found = sold.productCode ? `__productcode=${sold.productCode}` : '__imagetype=market';
      return refused(
        `${found} of image ${sold.id}`,
        'Marketplace images, and images made from them, cannot be exported.',
      );
    },
  },
] as const satisfies PreflightRule[];

/** `Red Hat` and `RedHat` are one platform. */
function plain(platform: string | null): string {
  return (platform ?? '').toLowerCase().replaceAll(' ', '');
}
