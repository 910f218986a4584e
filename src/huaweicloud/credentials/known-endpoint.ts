import { endpointOf } from '../account/partitions';
import { CredentialsError } from './credentials';

/**
 * Where IAM or STS of a region is.
 *
 * @throws {@link CredentialsError} where that is not known: keys and tokens are sent to no host that is guessed
 */
export function knownEndpoint(service: 'iam' | 'sts', region: string): string {
  const endpoint = endpointOf(service, region);
  if (endpoint !== undefined) return endpoint;
  const name = service.toUpperCase();
  throw new CredentialsError(
    `No endpoint of ${name} is known in the region '${region}': set HUAWEICLOUD_SDK_${name}_ENDPOINT, or endpoints.${service} of the account.`,
    'notConfigured',
  );
}
