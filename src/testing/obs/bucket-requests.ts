import type { HeaderFamily } from '../auth/obs-signature';
import type { Cloud } from '../cloud';
import { type Bucket, S3_STORAGE_CLASS } from './buckets';
import { invalidArgument, notImplemented, ObsError } from './errors';
import { listObjects } from './listing';
import { type Xml, xmlDocument } from './xml';

export const NAMESPACE: { [family in HeaderFamily]: string } = {
  obs: 'http://obs.myhwclouds.com/doc/2015-06-30/',
  amz: 'http://s3.amazonaws.com/doc/2006-03-01/',
};

/** What HEAD of a bucket returns (huaweicloudDocs/obs, "获取桶元数据"). */
export function bucketHeaders(bucket: Bucket, family: HeaderFamily): { [name: string]: string } {
  if (family === 'obs') {
    return {
      'x-obs-storage-class': bucket.storageClass,
      'x-obs-bucket-location': bucket.location,
      'x-obs-version': '3.0',
    };
  }
  return {
    'x-default-storage-class': S3_STORAGE_CLASS[bucket.storageClass],
    'x-amz-bucket-region': bucket.location,
  };
}

/** GET of a bucket: one of its sub-resources, or its objects. */
export function showBucket(
  bucket: Bucket,
  parameters: ReadonlyMap<string, string>,
  cloud: Cloud,
  family: HeaderFamily,
): Response {
  if (parameters.has('location')) {
    return xmlAnswer(
      family === 'obs'
        ? ['Location', bucket.location]
        : ['CreateBucketConfiguration', [['LocationConstraint', bucket.location]]],
      family,
    );
  }
  if (parameters.has('storageClass')) return xmlAnswer(['StorageClass', bucket.storageClass], family);
  if (parameters.has('storagePolicy')) {
    return xmlAnswer(['StoragePolicy', [['DefaultStorageClass', S3_STORAGE_CLASS[bucket.storageClass]]]], family);
  }
  if (parameters.has('storageinfo')) return xmlAnswer(storageInfo(bucket, cloud), family);
  if (parameters.has('versioning')) return xmlAnswer(['VersioningConfiguration', []], family);
  const unset = UNSET_CONFIGURATIONS.get([...parameters.keys()].find((name) => UNSET_CONFIGURATIONS.has(name)) ?? '');
  if (unset !== undefined) throw new ObsError(404, unset, 'The specified configuration does not exist');
  const unknown = [...parameters.keys()].find((name) => SUB_RESOURCES.has(name));
  if (unknown !== undefined) throw notImplemented(`the sub-resource ${unknown}`);

  const maxKeys = Number(parameters.get('max-keys') ?? 1_000);
  if (!Number.isInteger(maxKeys) || maxKeys < 0) throw invalidArgument('max-keys must be an integer from 0 to 1000');
  return xmlAnswer(
    listObjects(bucket, cloud.objects.list(bucket.name), parameters, Math.min(maxKeys, 1_000), family),
    family,
  );
}

/** `GET /` of the service: the buckets of the account. */
export function listBuckets(cloud: Cloud, family: HeaderFamily): Response {
  const buckets = cloud.buckets.map((bucket): Xml => {
    const location: Xml | undefined = family === 'obs' ? ['Location', bucket.location] : undefined;
    return ['Bucket', [['Name', bucket.name], ['CreationDate', bucket.createdAt], location]];
  });
  const owner: Xml = ['Owner', [['ID', cloud.state.domain.id]]];
  return xmlAnswer(['ListAllMyBucketsResult', [owner, ['Buckets', buckets]]], family);
}

function storageInfo(bucket: Bucket, cloud: Cloud): Xml {
  const objects = cloud.objects.list(bucket.name);
  const size = objects.reduce((sum, object) => sum + object.size, 0);
  return [
    'GetBucketStorageInfoResult',
    [
      ['Size', size],
      ['ObjectNumber', objects.length],
    ],
  ];
}

function xmlAnswer(document: Xml, family: HeaderFamily): Response {
  return new Response(xmlDocument(document, NAMESPACE[family]), { headers: { 'content-type': 'application/xml' } });
}

/** Configurations that no bucket here has, with the error that says so. */
const UNSET_CONFIGURATIONS = new Map([
  ['policy', 'NoSuchBucketPolicy'],
  ['lifecycle', 'NoSuchLifecycleConfiguration'],
  ['website', 'NoSuchWebsiteConfiguration'],
  ['cors', 'NoSuchCORSConfiguration'],
  ['tagging', 'NoSuchTagSet'],
]);

const SUB_RESOURCES = new Set([
  'acl',
  'logging',
  'notification',
  'quota',
  'uploads',
  'versions',
  'encryption',
  'replication',
  'inventory',
  'customdomain',
]);
