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
    constructor(options: {
      access_key_id: string;
      secret_access_key: string;
      security_token?: string;
      server: string;
      path_style?: boolean;
    });
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

/** Where the same SDK builds and signs its requests. */
declare module 'esdk-obs-nodejs/lib/utils' {
  interface ObsRequest {
    method: string;
    /** `/bucket/key`, encoded. */
    uri: string;
    /** By virtual host: `/key`, encoded. */
    requestUri?: string;
    /** With its `?`; empty when there is none. */
    urlPath: string;
    headers: { [name: string]: string };
    err?: string;
  }

  interface SignatureContext {
    signature: 'obs' | 'v2';
    headerPrefix: 'x-obs-' | 'x-amz-';
  }

  class Utils {
    constructor(logger: { isLevelEnabled(level: string): boolean; runLog(): void });
    signatureContext: SignatureContext;
    initFactory(
      accessKey: string,
      secretKey: string,
      isSecure: boolean,
      server: string,
      pathStyle: boolean | undefined,
    ): Promise<void>;
    makeParam(method: string, parameters: { [name: string]: unknown }): ObsRequest;
    /** Adds the header `Authorization`. */
    doAuth(request: ObsRequest, method: string, context: SignatureContext): void;
  }

  export = Utils;
}
