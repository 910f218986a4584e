import { setTimeout as delay } from 'node:timers/promises';
import { areSame, type Credentials, CredentialsError } from './credentials';
import type { CredentialsProvider } from './provider';
import { type ClientResources, resourcesOfItsOwn } from './provider';

/** As the vendor's SDKs do: time enough to try again, and for requests signed just before. */
const REFRESH_BEFORE_EXPIRY_MS = 5 * 60_000;

/**
 * Some sources give the same key until shortly before its end, and by a clock that is fast a key may have ended when it
 * comes. So what came just now is used at least this long, or till its end.
 */
const KEPT_AT_LEAST_MS = 30_000;

/** A caller with credentials that are still good waits no longer than this for new ones. */
const PATIENCE_MS = 2_000;

/** After a failure the next call tries again at once; after further ones it waits, twice as long each time. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

/** When a key is refused so soon, another one hardly helps; a few times it may. */
const YOUNG_MS = 30_000;
const FREE_YOUNG_REFRESHES = 3;

/**
 * Fetches credentials; fails with a {@link CredentialsError}. `refused` is true when the last ones were refused before
 * their end: what they were made from may have ended with them.
 */
export type FetchCredentials = (last: { refused: boolean }) => Promise<Credentials>;

/**
 * What credentials are made from, in any words: when it is another than at the last fetch, as after a token file was rotated, it is
 * time for others. Asked before every request.
 */
export type Origin = () => string;

/**
 * A provider of credentials that are fetched and expire. They are kept, and fetched again five minutes before their end, when
 * their origin has changed or when they were refused: by one fetch for any number of callers. While they are good, a slow or failed fetch
 * delays no caller.
 *
 * @param open begins to serve one client
 */
export function expiringCredentials(
  open: (resources: ClientResources) => FetchCredentials,
  { origin = () => '', describe }: { origin?: Origin; describe?: () => string } = {},
): CredentialsProvider {
  const serve = (resources: ClientResources) =>
    new ExpiringCredentials(open(resources), resources.now, origin, describe);
  let alone: CredentialsProvider | undefined;
  const ofItsOwn = () => {
    alone ??= serve(resourcesOfItsOwn());
    return alone;
  };
  return {
    get: () => ofItsOwn().get(),
    refresh: async (refused) => ofItsOwn().refresh?.(refused),
    forClient: serve,
    ...(describe === undefined ? {} : { describe }),
  };
}

class ExpiringCredentials implements CredentialsProvider {
  readonly #fetch: FetchCredentials;
  readonly #now: () => number;
  readonly #origin: Origin;
  readonly describe: (() => string) | undefined;
  #current: Fetched | undefined;
  #refused: Credentials | undefined;
  #fetching: Promise<Credentials> | undefined;
  #failed: { error: unknown; origin: string; inARow: number; pausesUntilMs: number } | undefined;
  #youngRefreshes = 0;

  constructor(fetch: FetchCredentials, now: () => number, origin: Origin, describe: (() => string) | undefined) {
    this.#fetch = fetch;
    this.#now = now;
    this.#origin = origin;
    this.describe = describe;
  }

  async get(): Promise<Credentials> {
    const usable = this.#usable();
    if (usable === undefined) return this.#renewed();
    const { credentials, dueAtMs, origin } = usable;
    const isDue = this.#now() >= dueAtMs || this.#origin() !== origin;
    if (!isDue || this.#fetching !== undefined || this.#isPausing()) return credentials;
    const patience = new AbortController();
    const renewal = this.#renewed().catch(() => credentials);
    const first = await Promise.race([
      renewal,
      delay(PATIENCE_MS, credentials, { signal: patience.signal }).catch(() => credentials),
    ]);
    patience.abort();
    return first;
  }

  async refresh(refused: Credentials): Promise<void> {
    const current = this.#current;
    if (current !== undefined && !areSame(current.credentials, refused)) return;
    if (this.#fetching === undefined && current !== undefined && !this.#mayRefresh(current.fetchedAtMs)) return;
    this.#refused = refused;
    await this.#renewed();
  }

  #usable(): Fetched | undefined {
    const current = this.#current;
    if (current === undefined || this.#now() >= current.endsAtMs) return undefined;
    return this.#refused !== undefined && areSame(current.credentials, this.#refused) ? undefined : current;
  }

  #isPausing(): boolean {
    const failed = this.#failed;
    // What was made from something else may succeed.
    return failed !== undefined && this.#now() < failed.pausesUntilMs && this.#origin() === failed.origin;
  }

  #mayRefresh(fetchedAtMs: number): boolean {
    const ageMs = this.#now() - fetchedAtMs;
    this.#youngRefreshes = ageMs < YOUNG_MS ? this.#youngRefreshes + 1 : 0;
    return ageMs >= pauseMs(this.#youngRefreshes - FREE_YOUNG_REFRESHES);
  }

  #renewed(): Promise<Credentials> {
    if (this.#fetching !== undefined) return this.#fetching;
    if (this.#failed !== undefined && this.#isPausing()) return Promise.reject(this.#failed.error);
    const origin = this.#origin();
    this.#fetching = this.#fetch({ refused: this.#refused !== undefined })
      .then(
        (credentials) => {
          this.#current = fetched(credentials, this.#now(), origin);
          this.#refused = undefined;
          this.#failed = undefined;
          return credentials;
        },
        (error: unknown) => {
          this.#noteFailure(error, origin);
          throw error;
        },
      )
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  #noteFailure(error: unknown, origin: string): void {
    // The circuit breaker holds a refused password back; a changed one must be tried at once.
    const isGuarded = error instanceof CredentialsError && error.retryAfterMs !== null;
    const inARow = isGuarded ? 0 : (this.#failed?.inARow ?? 0) + 1;
    this.#failed = { error, origin, inARow, pausesUntilMs: this.#now() + pauseMs(inARow - 1) };
  }
}

interface Fetched {
  credentials: Credentials;
  origin: string;
  fetchedAtMs: number;
  /** To be renewed from then on. */
  dueAtMs: number;
  endsAtMs: number;
}

function fetched(credentials: Credentials, nowMs: number, origin: string): Fetched {
  const { expiresAtMs = Number.POSITIVE_INFINITY } = credentials;
  const keptUntilMs = nowMs + KEPT_AT_LEAST_MS;
  return {
    credentials,
    origin,
    fetchedAtMs: nowMs,
    dueAtMs: Math.max(expiresAtMs - REFRESH_BEFORE_EXPIRY_MS, keptUntilMs),
    endsAtMs: expiresAtMs > nowMs ? expiresAtMs : keptUntilMs,
  };
}

/** 0 at first, then 1 s, 2 s, 4 s and so on. */
function pauseMs(count: number): number {
  return count <= 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), MAX_PAUSE_MS);
}
