import { GIB, type Image, imageSize } from '../catalogue';
import type { Bucket } from '../obs/buckets';

/** A request to export, with all that the cloud knows of what it names. */
export interface ExportAttempt {
  bodyIsEmpty: boolean;
  /** A JSON object whose fields have the documented types. */
  bodyIsWellFormed: boolean;
  /** Before the first colon of `bucket_url`; all of it when there is no colon. */
  bucketName: string;
  /** After the first colon of `bucket_url`; empty when there is none. */
  key: string;
  /** The key without its folders. */
  fileName: string;
  /** Undefined when absent, null or empty. */
  fileFormat: string | undefined;
  isQuickExport: boolean;
  imageId: string;
  image: Image | undefined;
  ancestors: readonly Image[];
  /** Never while the guard is off. */
  isImageBusy: boolean;
  bucket: Bucket | undefined;
  region: string;
  objectExists: boolean;
}

export interface ExportRejection {
  code: string;
  /** As published (OTC, error_codes.rst). */
  message: string;
  when: (attempt: ExportAttempt) => boolean;
  /** Where the rule comes from, or why this code was chosen among several that fit. */
  because: string;
}

/** The first rejection that applies; undefined when the export is accepted. */
export function rejectionOf(attempt: ExportAttempt): ExportRejection | undefined {
  return EXPORT_REJECTIONS.find(({ when }) => when(attempt));
}

/** Formats of a converting export (parameter `file_format`). */
export const EXPORT_FORMATS = ['qcow2', 'vhd', 'zvhd', 'vmdk'] as const;

const TIB = 1024 * GIB;
const LARGEST_CONVERSION = 128 * GIB;
const MAX_FILE_NAME = 128;
const MAX_KEY = 1024;

/**
 * What the cloud refuses, in the order in which this simulator checks: the request, the image, whether the image is free,
 * the destination. The real order is not published, nor which of two fitting codes is given; `because` says what is
 * documented and what was chosen here.
 */
export const EXPORT_REJECTIONS: readonly ExportRejection[] = [
  {
    code: 'IMG.0007',
    message: 'The request body is empty.',
    when: ({ bodyIsEmpty }) => bodyIsEmpty,
    because: 'The code is documented for it.',
  },
  {
    code: 'IMG.0001',
    message: 'The request message format is invalid.',
    when: ({ bodyIsWellFormed }) => !bodyIsWellFormed,
    because: 'The code is documented for it; a field of another type is taken as the same fault.',
  },
  {
    code: 'IMG.0068',
    message: 'The specified bucket name is empty.',
    when: ({ bucketName }) => bucketName === '',
    because: 'The code is documented for it; a missing bucket_url is taken as the same fault.',
  },
  {
    code: 'IMG.0109',
    message: 'The bucket name contains invalid characters.',
    when: ({ bucketName }) => !isBucketName(bucketName),
    because:
      'The naming rules are those of OBS ("创建桶"): 3 to 63 of a-z, 0-9, - and ., no IP address, no "..", ".-", "-.".',
  },
  {
    code: 'IMG.0073',
    message: 'The name of the exported file is empty.',
    when: ({ fileName }) => fileName === '',
    because: 'Also for a bucket_url without a colon, and for a key that ends in a folder.',
  },
  {
    code: 'IMG.0074',
    message: 'The file name length exceeds the limit.',
    when: ({ fileName, key }) => fileName.length > MAX_FILE_NAME || Buffer.byteLength(key) > MAX_KEY,
    because: 'A file name has at most 128 characters; an object key of OBS at most 1024 bytes.',
  },
  {
    code: 'IMG.0175',
    message: 'The folder name and image file name cannot contain spaces.',
    when: ({ key }) => /\s/.test(key),
    because: 'IMG.0075 lists the space among the allowed characters, but IMG.0175 forbids it by name.',
  },
  {
    code: 'IMG.0075',
    message: 'The file name contains invalid characters.',
    when: ({ key }) => !/^[A-Za-z0-9._/-]+$/.test(key),
    because: 'Letters, digits, hyphens, periods and underscores; the slash separates folders.',
  },
  {
    code: 'IMG.0001',
    message: 'The request message format is invalid.',
    when: ({ isQuickExport, fileFormat }) => isQuickExport && fileFormat !== undefined,
    because: '"If quick export is used, file_format cannot be specified". No code is documented for doing so.',
  },
  {
    code: 'IMG.0001',
    message: 'The request message format is invalid.',
    when: ({ isQuickExport, fileFormat }) => !isQuickExport && fileFormat === undefined,
    because: 'file_format is mandatory without quick export. No code is documented for leaving it out.',
  },
  {
    code: 'IMG.0072',
    message: 'The specified image format is not supported.',
    when: ({ fileFormat }) => fileFormat !== undefined && !EXPORT_FORMATS.some((format) => format === fileFormat),
    because: 'The code is documented for it. zvhd2 is written by quick export only.',
  },
  {
    code: 'IMG.0027',
    message: 'The image ID in the request does not exist.',
    when: ({ image }) => image === undefined,
    because: 'IMG.0144 ("The image does not exist") fits as well; IMG.0027 speaks of the ID in the request.',
  },
  {
    code: 'IMG.0077',
    message: 'The public image cannot be exported.',
    when: ofImage((image) => image.__imagetype === 'gold'),
    because: 'Public images, Windows and SUSE ones included. The code is documented for it.',
  },
  {
    code: 'IMG.0078',
    message: 'The image is a Marketplace image or a private image created from one, and cannot be exported.',
    when: (attempt) =>
      ofImage((image) => image.__imagetype === 'market' || Boolean(image.__productcode))(attempt) ||
      attempt.ancestors.some((ancestor) => ancestor.__imagetype === 'market'),
    because: 'Documented in Chinese only (huaweicloudDocs/ims, "错误码"); the wording is ours.',
  },
  {
    code: 'IMG.0047',
    message: 'This operation can be performed only by the image owner.',
    when: ofImage((image) => image.__imagetype === 'shared'),
    because: 'IMG.0106 ("The image owner is another tenant") fits as well.',
  },
  {
    code: 'IMG.0046',
    message: 'The image is unavailable.',
    when: ofImage((image) => image.status !== 'active'),
    because: 'Only images in normal status are exported; its handling measure is to check the status.',
  },
  {
    code: 'IMG.0167',
    message: 'This operation cannot be performed for ISO images.',
    when: ofImage((image) => image.virtual_env_type === 'IsoImage' || image.disk_format === 'iso'),
    because: 'The code is documented for it.',
  },
  {
    code: 'IMG.0128',
    message: 'The full-ECS image cannot be exported.',
    when: ofImage((image) => image.__whole_image === 'true'),
    because: 'IMG.0130 ("cannot be exported or replicated") fits as well.',
  },
  {
    code: 'IMG.0080',
    message: 'The image created from a CSBS or CBR backup cannot be exported.',
    when: ofImage((image) => Boolean(image.__backup_id) || String(image.__data_origin).startsWith('server_backup,')),
    because: 'The code is documented for it.',
  },
  {
    code: 'IMG.0079',
    message: 'The system disk image created from a charged image cannot be exported.',
    when: ofImage((image) => Boolean(image.__account_code)),
    because: '__account_code marks a charged image.',
  },
  {
    code: 'IMG.0071',
    message: 'The image cannot be exported.',
    when: ({ ancestors }) => ancestors.some((image) => image.__imagetype === 'gold' && isWindowsOrSuse(image)),
    because:
      'Private images made from Windows or SUSE public images are not exported; no code of its own is documented.',
  },
  {
    code: 'IMG.0059',
    message: 'The size of the image file exceeds the maximum allowed.',
    when: ofImage((image) => (imageSize(image) ?? 0) >= TIB),
    because: 'Images must be smaller than 1 TiB, quick export included.',
  },
  {
    code: 'IMG.0160',
    message: 'Only images less than 128 GB can be exported.',
    when: (attempt) =>
      !attempt.isQuickExport && ofImage((image) => (imageSize(image) ?? 0) > LARGEST_CONVERSION)(attempt),
    because:
      'The constraint says "larger than 128 GB only fast export", the message "less than": exactly 128 GiB is let in here.',
  },
  {
    code: 'IMG.0105',
    message: 'The operation is not supported.',
    when: (attempt) => attempt.isQuickExport && ofImage((image) => Boolean(image.__system__cmkid))(attempt),
    because: 'Encrypted images cannot be exported by quick export; no code of its own is documented.',
  },
  {
    code: 'IMG.0148',
    message: 'The image is being exported.',
    when: ({ isImageBusy }) => isImageBusy,
    because:
      'One image exports once at a time. The simulator checks this before the destination, and from the first moment of a job; neither is published. `busyGuard` turns it off.',
  },
  {
    code: 'IMG.0069',
    message: 'The specified bucket cannot be accessed.',
    when: ({ bucket }) => bucket === undefined || bucket.denied,
    because: 'The code does not distinguish a missing bucket from a bucket of another account.',
  },
  {
    code: 'IMG.0058',
    message: 'The region of the bucket where the image file is stored is inconsistent with that of the user.',
    when: ({ bucket, region }) => bucket?.location !== region,
    because: 'The code is documented for it.',
  },
  {
    code: 'IMG.0069',
    message: 'The specified bucket cannot be accessed.',
    when: ({ bucket }) => bucket?.storageClass !== 'STANDARD',
    because: 'Only Standard buckets can be exported to; no code of its own is documented.',
  },
  {
    code: 'IMG.0070',
    message:
      'The image file already exists. Confirm the file in the corresponding directory of the OBS bucket or in the OBS bucket.',
    when: ({ objectExists }) => objectExists,
    because: 'An existing object is not overwritten.',
  },
];

function ofImage(holds: (image: Image) => boolean): (attempt: ExportAttempt) => boolean {
  return ({ image }) => image !== undefined && holds(image);
}

function isWindowsOrSuse(image: Image): boolean {
  return ['windows', 'suse'].includes(image.__platform.toLowerCase());
}

function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !/\.\.|\.-|-\./.test(name) &&
    !/^\d{1,3}(\.\d{1,3}){3}$/.test(name)
  );
}
