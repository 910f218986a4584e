/** How long a key that was refused twice in a row rests before one request tries it again. */
const REST_MS = 30_000;
const MAX_REFUSALS_IN_A_ROW = 2;

/**
 * Keeps one access key from failing more than two signatures in a row: the cloud locks a key for five minutes after more
 * than five (devg-apisign), for everybody who uses it. A refused key rests, and then one request at a time tries it.
 */
export class SignatureGuard {
  readonly #refusals = new Map<string, { inARow: number; restsUntilMs: number }>();

  constructor(
    private readonly now: () => number,
    private readonly restMs = REST_MS,
  ) {}

  /** Milliseconds that the key still rests; 0 when it may be used. Whoever gets 0 for a rested key tries it for all. */
  restOf(accessKey: string): number {
    const refused = this.#refusals.get(accessKey);
    if (refused === undefined || refused.inARow < MAX_REFUSALS_IN_A_ROW) return 0;
    const rest = refused.restsUntilMs - this.now();
    if (rest <= 0) refused.restsUntilMs = this.now() + this.restMs;
    return Math.max(rest, 0);
  }

  refused(accessKey: string): void {
    const inARow = (this.#refusals.get(accessKey)?.inARow ?? 0) + 1;
    this.#refusals.set(accessKey, { inARow, restsUntilMs: this.now() + this.restMs });
  }

  accepted(accessKey: string): void {
    this.#refusals.delete(accessKey);
  }
}
