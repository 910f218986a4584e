import { withoutUserInfo } from '../../network/shown-url';
import { CloudError } from '../errors';
import { gatewayRequest } from '../gateway-request';
import { type CloudRequest, CloudSession } from '../session';
import { CredentialsError } from './credentials';
import { expiringCredentials, type FetchCredentials } from './expiring';
import { describe, readTemporaryKey, reasonOf } from './identity-request';
import { SECURITY_TOKENS_PATH } from './key-by-token';
import { knownEndpoint } from './known-endpoint';
import type { ClientResources, CredentialsProvider } from './provider';

export interface AssumeRoleOptions {
  /** Name of the agency. */
  agency: string;
  /** The account that gave the agency. */
  domain: Domain | (() => Promise<Domain>);
  /** From 900 to 86400. @default 3600 */
  durationSeconds?: number;
  /** Whose credentials sign the request: those of the account that was given the agency. */
  from: CredentialsProvider;
  region: string;
  /** @default that of the region, such as `https://iam.{region}.myhuaweicloud.com` */
  iamEndpoint?: string;
}

type Domain = { name: string } | { id: string };

const DEFAULT_DURATION_SECONDS = 3_600;
const OPERATION = { operation: 'CreateTemporaryKeyByAgency', method: 'POST' } as const;
/** Giving out one more key does no harm, so the request is repeated like a read. */
const RETRY = { maxTries: 2, budgetMs: 8_000, tryLimitMs: 5_000 };

/** Temporary keys of an agency of another account (IAM, method `assume_role`), fetched with other credentials. */
export function assumeRoleCredentials(options: AssumeRoleOptions): CredentialsProvider {
  return expiringCredentials((resources) => fetchFrom(options, resources), {
    describe: () =>
      `the agency ${options.agency}, assumed by ${options.from.describe?.() ?? 'credentials of the application'}`,
  });
}

function fetchFrom(options: AssumeRoleOptions, resources: ClientResources): FetchCredentials {
  const { agency, region } = options;
  const session = new CloudSession(resources, options.from, { retry: RETRY });

  return async () => {
    const domain = typeof options.domain === 'function' ? await options.domain() : options.domain;
    const endpoint = options.iamEndpoint ?? knownEndpoint('iam', region);
    try {
      return readTemporaryKey(await session.read(assumeRole(options, domain, endpoint)), OPERATION);
    } catch (error) {
      const whose = 'name' in domain ? `'${domain.name}'` : domain.id;
      throw new CredentialsError(
        `A key of the agency '${agency}' of the account ${whose} could not be fetched from IAM at ${withoutUserInfo(endpoint)}: ${describe(error)} Check the agency, that it trusts this account, and that this user may assume it.`,
        error instanceof CloudError ? reasonOf(error) : 'refused',
        error instanceof CloudError && error.httpStatus === null ? error.retryAfterMs : null,
        { cause: error },
      );
    }
  };
}

function assumeRole(
  { agency, durationSeconds = DEFAULT_DURATION_SECONDS }: AssumeRoleOptions,
  domain: Domain,
  endpoint: string,
): CloudRequest {
  const role = {
    agency_name: agency,
    ...('name' in domain ? { domain_name: domain.name } : { domain_id: domain.id }),
    duration_seconds: durationSeconds,
  };
  return gatewayRequest(OPERATION.operation, {
    method: OPERATION.method,
    endpoint,
    path: SECURITY_TOKENS_PATH,
    body: JSON.stringify({ auth: { identity: { methods: ['assume_role'], assume_role: role } } }),
  });
}
