import type { EarlierExport, ExportNotAllowedDetails } from '../../../contract';
import { leftJob } from '../../../export/earlier';
import { bytesText } from '../../../export/quantities';
import type { BucketFacts } from '../facts';
import { type Finding, notChecked, type PreflightRule, passed, refused } from '../rule';

const NO_SUCH_BUCKET = 'NoSuchBucket';
/** OBS sends requests for a bucket of another region to that region. */
const OTHER_REGION: ReadonlySet<string> = new Set(['PermanentRedirect', 'TemporaryRedirect']);

/** The rules on the bucket. They can be checked without an export. */
export const BUCKET_RULES = [
  {
    id: 'bucketExists',
    refuses: 'a bucket that does not exist',
    source: 'OBS HEAD bucket, 404 NoSuchBucket; IMG.0069',
    severity: 'error',
    readAgain: true,
    suggestsOverride: false,
    check({ bucket, request }: BucketFacts) {
      if (bucket.kind === 'read' || OTHER_REGION.has(bucket.code)) return passed;
      if (bucket.code !== NO_SUCH_BUCKET) return bucketNotRead(bucket);
      return refused(
        bucket.text,
        `There is no bucket ${request.bucket}. Create it in the region of the image, as a Standard bucket, or correct its name.`,
      );
    },
  },
  {
    id: 'bucketReadable',
    refuses: 'a bucket that the account cannot read',
    source: 'OBS HEAD bucket, 403; the export itself needs the role OBS Tenant Administrator; IMG.0069',
    severity: 'warn',
    readAgain: true,
    check({ bucket, request }: BucketFacts) {
      if (bucket.kind === 'read' || bucket.code === NO_SUCH_BUCKET || OTHER_REGION.has(bucket.code)) return passed;
      return refused(
        bucket.text,
        `Account ${request.account} cannot read the bucket ${request.bucket}. Give it the role OBS Tenant Administrator.`,
      );
    },
  },
  {
    id: 'bucketStorageClass',
    refuses: 'a bucket whose storage class is not Standard',
    source: 'Constraint 1; OBS header x-obs-storage-class; IMG.0069',
    severity: 'error',
    check({ bucket, request }: BucketFacts) {
      if (bucket.kind === 'refused') return bucketNotRead(bucket);
      const { storageClass } = bucket.value;
      if (storageClass === null) return notChecked('the bucket reports no storage class');
      if (storageClass.toUpperCase() === 'STANDARD') return passed;
      return refused(
        `x-obs-storage-class=${storageClass}`,
        `The bucket ${request.bucket} is not of the Standard storage class. Choose a Standard bucket.`,
      );
    },
  },
  {
    id: 'bucketRegion',
    refuses: 'a bucket in another region than the image',
    source:
      'Constraint 1, "in the same region"; OBS header x-obs-bucket-location, 301 and 307 to another region; IMG.0058',
    severity: 'error',
    check({ bucket, region, request }: BucketFacts) {
      const message = `The bucket ${request.bucket} is not in the region of the image, ${region}. Choose a bucket in that region.`;
      if (bucket.kind === 'refused') {
        return OTHER_REGION.has(bucket.code) ? refused(bucket.text, message) : bucketNotRead(bucket);
      }
      const { location } = bucket.value;
      if (location === null) return notChecked('the bucket reports no region');
      return location === region ? passed : refused(`x-obs-bucket-location=${location}`, message);
    },
  },
] as const satisfies PreflightRule[];

/** The rules on the bucket and on the place in it. */
export const DESTINATION_RULES = [
  ...BUCKET_RULES,
  {
    id: 'destinationFree',
    refuses: 'an object key that exists already (failure `DestinationExists`)',
    source: 'OBS HEAD object; IMG.0070',
    severity: 'error',
    failureType: 'DestinationExists',
    suggestsOverride: false,
    check({ destination }) {
      if (destination.kind === 'refused') return notChecked(`the object key could not be read (${destination.text})`);
      const { object } = destination.value;
      if (object === null) return passed;
      return refused(
        `${bytesText(object.size)}, last modified ${object.lastModified}`,
        'The destination exists already, and the cloud does not overwrite it. Choose another object key, or delete the object.',
      );
    },
  },
] as const satisfies PreflightRule[];

/** The refusal of a place where an earlier export has succeeded and its object is not there any more. No severity turns it down. */
export const REPLACED = {
  rule: 'destinationFree',
  found: 'another ETag or size',
  message:
    'An earlier export succeeded there, and another object replaced its object since. Choose another object key, or delete the object.',
} as const;

type Refusal = ExportNotAllowedDetails['refusals'][number];

/** These refusals, where the object may be the one that an earlier run's job has written: nobody should delete that. */
export function sparingJobOf(earlier: EarlierExport | null, refusals: Refusal[]): Refusal[] {
  if (earlier === null || earlier.jobId === null || !mayHaveWritten(earlier)) return refusals;
  const message = `The destination exists already, and the object may be that of job ${earlier.jobId}, which an earlier run has left. Attach to that job, or choose another object key.`;
  return refusals.map((refusal) => (refusal.rule === 'destinationFree' ? { ...refusal, message } : refusal));
}

/** One that is known to have failed has written nothing that is worth keeping. */
function mayHaveWritten(earlier: EarlierExport): boolean {
  return leftJob(earlier) || earlier.outcome === 'canceled' || earlier.outcome === 'unknown';
}

function bucketNotRead({ text }: { text: string }): Finding {
  return notChecked(`the bucket could not be read (${text})`);
}
