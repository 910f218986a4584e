/** A bucket of the simulated account. */
export interface Bucket {
  name: string;
  storageClass: StorageClass;
  /** Region. */
  location: string;
  /** Every request is answered with 403 AccessDenied. */
  denied: boolean;
  createdAt: string;
}

export type StorageClass = 'STANDARD' | 'WARM' | 'COLD';

/** The names of the storage classes in the S3-compatible header family (huaweicloudDocs/obs, "获取桶元数据"). */
export const S3_STORAGE_CLASS: { [storageClass in StorageClass]: string } = {
  STANDARD: 'STANDARD',
  WARM: 'STANDARD_IA',
  COLD: 'GLACIER',
};

/** The bucket that exports go to, and three that they cannot go to. */
export function bucketsOf(name: string, region: string): Bucket[] {
  const bucket = {
    storageClass: 'STANDARD',
    location: region,
    denied: false,
    createdAt: '2026-01-15T08:00:00.000Z',
  } as const;
  return [
    { ...bucket, name },
    { ...bucket, name: `${name}-cold`, storageClass: 'COLD' },
    { ...bucket, name: `${name}-denied`, denied: true },
    { ...bucket, name: `${name}-elsewhere`, location: region === 'cn-south-1' ? 'cn-north-4' : 'cn-south-1' },
  ];
}
