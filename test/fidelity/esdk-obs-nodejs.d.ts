/** The part of the vendor's OBS SDK that the tests call. It ships no types. */
declare module 'esdk-obs-nodejs' {
  interface ObsAnswer {
    CommonMsg: { Status: number; Code: string };
    InterfaceResult?: {
      StorageClass?: string;
      Location?: string;
      ContentLength?: string;
      ETag?: string;
      LastModified?: string;
      Content?: unknown;
      Contents?: Array<{ Key: string; Size: string }>;
    };
  }

  class ObsClient {
    constructor(options: { access_key_id: string; secret_access_key: string; server: string; path_style?: boolean });
    getBucketMetadata(request: { Bucket: string }): Promise<ObsAnswer>;
    getBucketLocation(request: { Bucket: string }): Promise<ObsAnswer>;
    getBucketStoragePolicy(request: { Bucket: string }): Promise<ObsAnswer>;
    getObjectMetadata(request: { Bucket: string; Key: string }): Promise<ObsAnswer>;
    getObject(request: { Bucket: string; Key: string; Range?: string }): Promise<ObsAnswer>;
    putObject(request: { Bucket: string; Key: string; Body: string }): Promise<ObsAnswer>;
    deleteObject(request: { Bucket: string; Key: string }): Promise<ObsAnswer>;
    listObjects(request: { Bucket: string; Prefix?: string; MaxKeys?: number }): Promise<ObsAnswer>;
  }

  export = ObsClient;
}
