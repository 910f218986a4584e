import type { AccountCloud } from '../activities';
import { CircuitBreakers, type CloudAccount, createCloudClient } from '../huaweicloud';

/** Lets go of the clients; the second call does nothing. */
export type Release = () => Promise<void>;

/**
 * The clients of the accounts of all workers that run with one plugin: made for the first of them, closed with the last.
 * Before, between and after, there is nothing open.
 */
export class AccountClouds {
  readonly #accounts: readonly CloudAccount[];
  readonly #clouds = new Map<string, AccountCloud>();
  /** Outlives the clients: the cloud goes on counting a key's failures when they are closed. */
  readonly #breakers = new CircuitBreakers();
  #holders = 0;
  #checked: Promise<void> = Promise.resolve();

  /** @throws Error when there is no account, or two of one name */
  constructor(accounts: readonly CloudAccount[]) {
    const names = accounts.map(({ name }) => name);
    if (names.length === 0) throw new Error('There is no account: accounts must hold at least one.');
    const twice = names.find((name, place) => names.indexOf(name) !== place);
    if (twice !== undefined) throw new Error(`Two accounts are called ${twice}. Give each account its own name.`);
    this.#accounts = [...accounts];
  }

  /** By name. The same map always, but its clients are others each time they are opened: get them for each call. */
  get clouds(): ReadonlyMap<string, AccountCloud> {
    return this.#clouds;
  }

  /** Settled by whether every account has credentials; the error names each that has none. */
  get checked(): Promise<void> {
    return this.#checked;
  }

  /** Opens the clients, unless another worker holds them already. */
  hold(): Release {
    this.#holders += 1;
    if (this.#holders === 1) this.#open();
    let isHeld = true;
    return async () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holders -= 1;
      if (this.#holders === 0) await this.#close();
    };
  }

  #open(): void {
    for (const account of this.#accounts) {
      const client = createCloudClient(account, { breakers: this.#breakers });
      this.#clouds.set(account.name, { region: account.region, client });
    }
    this.#checked = this.#checkCredentials();
    // Each holder asks when it needs one; none may be waiting at this moment.
    this.#checked.catch(() => undefined);
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#clouds.values()].map(({ client }) => client.close()));
  }

  /** Every account that has none is named. */
  async #checkCredentials(): Promise<void> {
    const failures = await Promise.all(
      [...this.#clouds].map(([name, { client }]) =>
        client.checkCredentials().then(
          () => [],
          (error: Error) => [`Account ${name}: ${error.message}`],
        ),
      ),
    );
    const messages = failures.flat();
    if (messages.length > 0) throw new Error(messages.join('\n'));
  }
}
