import { notChecked, type PreflightRule, passed, refused } from './rule';

/** IMS error codes 0074, 0075 and 0175. Folders are allowed: 0175 speaks of folder names. */
const OBJECT_NAME = /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/;
const OBJECT_NAME_LIMIT = 128;

/** The rules on the bucket and on the name of the object. */
export const DESTINATION_RULES = [
  {
    id: 'objectName',
    source: 'IMG.0073, IMG.0074, IMG.0075, IMG.0175',
    severity: 'error',
    check({ request }) {
      const { objectKey } = request;
      const fileName = objectKey.slice(objectKey.lastIndexOf('/') + 1);
      if (fileName.length > OBJECT_NAME_LIMIT) {
        return refused(
          `${fileName.length} characters`,
          `The file name may have at most ${OBJECT_NAME_LIMIT} characters.`,
        );
      }
      if (OBJECT_NAME.test(objectKey)) return passed;
      return refused(
        objectKey,
        'Folder and file names may have letters, digits, hyphens, dots and underscores only, no spaces.',
      );
    },
  },
  {
    id: 'bucketExists',
    source: 'OBS HEAD bucket, 404 NoSuchBucket; IMG.0069',
    severity: 'error',
    check({ bucket, request }) {
      if (!('unreadable' in bucket) || !bucket.missing) return passed;
      return refused(bucket.unreadable, `There is no bucket ${request.bucket}.`);
    },
  },
  {
    id: 'bucketReadable',
    source: 'OBS HEAD bucket; the caller needs the role OBS Tenant Administrator; IMG.0069',
    severity: 'warn',
    check({ bucket, request }) {
      if (!('unreadable' in bucket) || bucket.missing) return passed;
      return refused(
        bucket.unreadable,
        `The bucket ${request.bucket} could not be read, so its class and region were not checked.`,
      );
    },
  },
  {
    id: 'bucketStorageClass',
    source: 'Constraint 1; OBS header x-obs-storage-class',
    severity: 'error',
    check({ bucket }) {
      if ('unreadable' in bucket) return passed;
      const { storageClass } = bucket.info;
      if (storageClass === null) return notChecked('the bucket tells no storage class');
      if (storageClass === 'STANDARD') return passed;
      return refused(`x-obs-storage-class=${storageClass}`, 'The bucket must be of the Standard storage class.');
    },
  },
  {
    id: 'bucketRegion',
    source: 'API page, "same region as the image"; IMG.0058',
    severity: 'error',
    check({ bucket, region }) {
      if ('unreadable' in bucket) return passed;
      const { location } = bucket.info;
      if (location === null) return notChecked('the bucket tells no region');
      if (location === region) return passed;
      return refused(`x-obs-bucket-location=${location}`, `The bucket must be in the region of the image, ${region}.`);
    },
  },
] as const satisfies PreflightRule[];
