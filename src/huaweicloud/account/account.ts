import type { CredentialsProvider } from '../credentials/provider';
import type { Endpoints } from './endpoints';

/** Where exports run and with whose keys. */
export interface CloudAccount {
  /** How inputs name this account. */
  name: string;
  /** Such as `cn-north-4`. */
  region: string;
  /** The domain of its cloud, where that is set and is none that this version knows. For people: it may be a mistake. */
  cloud?: string;
  /** Looked up in IAM by the name of the region when absent. */
  projectId?: string;
  /** With scheme, without a trailing slash; `obs` without the bucket. */
  endpoints: Endpoints;
  /** Of the Security Token Service, where the source of the credentials asks it: for those who describe the account. */
  stsEndpoint?: string;
  /**
   * `{endpoint}/{bucket}/{key}` instead of `{bucket}.{endpoint}/{key}`. Newer buckets refuse it. It is always taken for an
   * endpoint that is an address, and over https for a bucket with a dot, whose host no wildcard certificate is for.
   */
  obsPathStyle: boolean;
  /** Send over plain http, credentials included, also beyond the loopback and link-local addresses. @default false */
  allowHttp?: boolean;
  credentials: CredentialsProvider;
  /** Which of the two spellings of an API to call; they answer alike. */
  api?: ApiChoice;
}

export interface ApiChoice {
  /** `POST /v1/cloudimages/{image_id}/file` or the same under `/v2.1`. @default 'v1' */
  exportPath?: (typeof EXPORT_PATHS)[number];
  /**
   * `job` is ShowJob, `GET /v1/{project_id}/jobs/{job_id}`; `progress` is ShowJobProgress,
   * `GET /v1/cloudimages/job/{job_id}`, which needs no project id. @default 'job'
   */
  jobQuery?: (typeof JOB_QUERIES)[number];
}

export const EXPORT_PATHS = ['v1', 'v2.1'] as const;
export const JOB_QUERIES = ['job', 'progress'] as const;

/** The shape only: regions are added faster than releases of this package. */
export const REGION = /^[a-z][a-z0-9]*(-[a-z0-9]+)+$/;

/** What is wrong with the id of a project, if anything. */
export function problemOfProjectId(id: string): string | undefined {
  if (/^[A-Za-z0-9]{16,64}$/.test(id)) return undefined;
  return `is '${id}', which is not the id of a project (32 letters and digits, not its name).`;
}
