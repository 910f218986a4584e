/** How long a key rests between tries once it was refused twice in a row: short enough for a read to wait it out. */
const REST_MS = 3_000;
const MAX_REFUSALS_IN_A_ROW = 2;

/**
 * Keeps many exports from hammering at the cloud with one key that is refused: more than five failed signatures in a row
 * lock a key for five minutes (devg-apisign), for everybody who uses it. After two refusals in a row the key rests, and
 * then one request at a time tries it, so that a mended key is noticed within seconds.
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
