import type { ClientResources } from './client-resources';
import type { Credentials } from './credentials';

/** Where credentials come from. */
export interface CredentialsProvider {
  /**
   * The credentials to sign with now. Asked before every request, so a provider that fetches them keeps them.
   *
   * @throws when there are none, with a message that says what to do and holds no secret
   */
  get(): Promise<Credentials>;
  /**
   * Called once after the cloud refused a signature by these credentials: the next {@link get} shall not answer them
   * again, if others can be had.
   */
  refresh?(refused: Credentials): Promise<void>;
  /**
   * The same source for one client: with its connections, its clock and its guards. Providers that ask nobody need none.
   * Asked outside a client, a provider uses connections of its own.
   */
  forClient?(resources: ClientResources): CredentialsProvider;
}

/** Fixed credentials, temporary ones (an STS triple) included. */
export function staticCredentials(credentials: Credentials): CredentialsProvider {
  return { get: async () => credentials };
}
