import { Transport } from '../transport';
import { CircuitBreakers } from './circuit-breakers';
import type { Credentials } from './credentials';

/** Where credentials come from. */
export interface CredentialsProvider {
  /**
   * The credentials to sign with now. Asked before every request, so a provider that fetches them keeps them.
   *
   * @throws when there are none, with a message that says what to do and holds no secret: it is kept in histories, cut, and only what this
   *   provider gave last is taken out of it
   */
  get(): Promise<Credentials>;
  /**
   * Called once after the cloud refused a signature by these credentials: the next {@link get} shall not answer them
   * again, if there are others.
   */
  refresh?(refused: Credentials): Promise<void>;
  /**
   * The same source for one client: with its connections, its clock and its circuit breakers. Providers that call no service need none.
   * Asked outside a client, a provider uses connections of its own.
   */
  forClient?(resources: ClientResources): CredentialsProvider;
  /** Which source this is, as `the access key of HUAWEICLOUD_SDK_AK`; no secret. For people: the worker's first line, the doctor. */
  describe?(): string;
}

/** Fixed credentials, temporary ones (an STS triple) included. */
export function staticCredentials(credentials: Credentials): CredentialsProvider {
  return { get: async () => credentials };
}

/** What a client shares with the source of its credentials. */
export interface ClientResources {
  transport: Transport;
  breakers: CircuitBreakers;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** For a provider that is asked outside a client. Idle connections keep no process alive. */
export function resourcesOfItsOwn(): ClientResources {
  return { transport: new Transport(), breakers: new CircuitBreakers(), now: Date.now };
}
