/**
 * A circuit breaker for each access key. More than five failed signatures in a row lock a key for five minutes, for everyone
 * who uses it (support.huaweicloud.com, devg-apisign, api-sign-0001). So a key that is refused is not used by many exports.
 *
 * What it promises of one process, whether one caller comes or two hundred:
 *
 * - A key that is wrong costs two signed requests, then it rests for minutes. So does one that was revoked in a pause, unless
 *   its refusals are slower than a second.
 * - A gateway's bad second rests nothing for minutes.
 * - A person can try the key at once, but never so that more than four requests in a row fail within five minutes.
 * - A good key under load delays no caller for longer than a second, however slow the cloud is.
 *
 * @module
 */

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/**
 * How long the circuit stays open after the first refusal in a row, after the second and so on. The first time is over before
 * a read gives up, so that a read waits for it. The second is as long as the cloud's lock: with less, failures could add up to it.
 */
export const RESTS_MS: readonly number[] = [5 * SECOND_MS, ...[5, 10, 20, 40, 60].map((rest) => rest * MINUTE_MS)];

/** An answer that accepted the key counts for this long. */
const PROVEN_MS = SECOND_MS;
/** A key that was accepted, but is not proven now, delays nobody for longer. */
export const MAX_PROOF_MS = SECOND_MS;
/** A caller that has less than this of its limit left tries no key: it would not see the verdict. */
const MIN_TRIAL_MS = 100;
/** A person's tries end before the cloud's lock, which comes with the sixth failure in a row. */
const MAX_FAILURES_WHEN_ASKED = 4;
const LOCK_WINDOW_MS = 5 * MINUTE_MS;
/** Temporary keys come and go. Older ones whose circuit is not open are forgotten. */
const REMEMBERED_KEYS = 200;

/** What an answer says about the signature; nothing, as a 503 does, or the 403 to a HEAD, which has no body. */
export type SignatureVerdict = 'accepted' | 'refused' | 'none';

/** One request may be sent. Release it, whatever becomes of the request. */
export interface Acquired {
  /** It tries the key, and others wait for its verdict. */
  readonly isTrial: boolean;
  /** False once the key was refused since: a request that was not sent yet has to acquire again. */
  holds(): boolean;
  release(verdict: SignatureVerdict): void;
}

export type Acquisition =
  | { kind: 'acquired'; acquired: Acquired }
  /** The circuit is open for this long. `refusedAgainMsAgo`: since the cloud refused the key again, after a rest of minutes; null when it has not. */
  | { kind: 'open'; openMs: number; refusedAgainMsAgo: number | null }
  /** No verdict on the key came in time, or the caller gave up. */
  | { kind: 'gaveUp'; reason: 'limit' | 'aborted' };

export interface AcquireRequest {
  /** Longest wait, for a short rest or for the verdict on a key that another caller tries. */
  limitMs: number;
  /** When to stop waiting for the verdict on a key that was accepted before, by `performance.now()`. @default in a second */
  proofEndsAt?: number;
  signal?: AbortSignal;
  /** A person asked: one request goes out although the circuit is open. */
  tryRefusedKey?: boolean;
}

/**
 * - Closed: the key was accepted within the last second. Every request goes out.
 * - Half-open: the key is new, its rest is over, or it was accepted before the last second. One request tries it, and the others
 *   wait for the verdict; not for longer than a second if the key was accepted before.
 * - Open: the key was refused. It rests, for longer after each refused trial.
 *
 * The name of a key identifies it together with its secret, so that a fixed key starts anew.
 */
export class CircuitBreaker {
  readonly #circuits = new Map<string, Circuit>();
  readonly #now: () => number;
  readonly #restsMs: readonly number[];

  /** @param now a clock that nobody sets */
  constructor(now: () => number = () => performance.now(), restsMs = RESTS_MS) {
    this.#now = now;
    this.#restsMs = restsMs;
  }

  /** True when the last verdict on the key was good. */
  wasAccepted(name: string): boolean {
    return this.#circuits.get(name)?.acceptedAtMs !== undefined;
  }

  /** How much longer the circuit stays open. */
  openForMs(name: string): number {
    return Math.max(0, (this.#circuits.get(name)?.openUntilMs ?? 0) - this.#now());
  }

  /** Acquires one request with the key; at once while the circuit is closed. Never waits beyond its limit. */
  async acquire(name: string, { limitMs, proofEndsAt, signal, tryRefusedKey }: AcquireRequest): Promise<Acquisition> {
    const circuit = this.#circuitOf(name);
    const startedAt = performance.now();
    for (;;) {
      if (signal?.aborted) return { kind: 'gaveUp', reason: 'aborted' };
      if (this.#isProven(circuit)) return this.#take(circuit, false);
      const nowMs = performance.now();
      const leftMs = limitMs - Math.min(MIN_TRIAL_MS, limitMs / 2) - (nowMs - startedAt);
      if (leftMs <= 0) return { kind: 'gaveUp', reason: 'limit' };
      const restMs = tryRefusedKey && this.#mayTryRefused(circuit) ? 0 : circuit.openUntilMs - this.#now();
      if (restMs > leftMs) return this.#open(circuit);
      if (restMs <= 0 && !circuit.isTried) return this.#take(circuit, true);
      const proofMs = circuit.acceptedAtMs === undefined ? leftMs : (proofEndsAt ?? startedAt + MAX_PROOF_MS) - nowMs;
      if (proofMs <= 0) return this.#take(circuit, false);
      await nextAnswer(circuit, Math.min(leftMs, restMs > 0 ? restMs : proofMs), signal);
    }
  }

  #isProven({ acceptedAtMs }: Circuit): boolean {
    return acceptedAtMs !== undefined && this.#now() - acceptedAtMs < PROVEN_MS;
  }

  #mayTryRefused({ refusedAtMs, timesOpened }: Circuit): boolean {
    const recent = refusedAtMs.filter((atMs) => this.#now() - atMs < LOCK_WINDOW_MS).length;
    // After the first rest, which is short, one more request tries the key by itself.
    return recent + (timesOpened === 1 ? 1 : 0) < MAX_FAILURES_WHEN_ASKED;
  }

  #open({ openUntilMs, refusedAgainAtMs }: Circuit): Acquisition {
    const nowMs = this.#now();
    const refusedAgainMsAgo = refusedAgainAtMs === undefined ? null : nowMs - refusedAgainAtMs;
    return { kind: 'open', openMs: openUntilMs - nowMs, refusedAgainMsAgo };
  }

  #take(circuit: Circuit, isTrial: boolean): Acquisition {
    const { round } = circuit;
    const sentAtMs = this.#now();
    let ended = false;
    if (isTrial) circuit.isTried = true;
    const release = (verdict: SignatureVerdict): void => {
      if (ended) return;
      ended = true;
      if (isTrial) circuit.isTried = false;
      // The cloud counts it, whenever it was sent.
      if (verdict === 'refused') circuit.refusedAtMs.push(this.#now());
      // An answer to a request from before the last refusal says nothing about what came since.
      if (round === circuit.round) this.#note(verdict, circuit, sentAtMs);
      for (const wake of circuit.waiting) wake();
    };
    return { kind: 'acquired', acquired: { isTrial, holds: () => round === circuit.round, release } };
  }

  #note(verdict: SignatureVerdict, circuit: Circuit, sentAtMs: number): void {
    if (verdict === 'accepted') Object.assign(circuit, neverRefused(), { acceptedAtMs: this.#now() });
    if (verdict !== 'refused') return;
    circuit.round += 1;
    circuit.acceptedAtMs = undefined;
    // A person's try while the circuit is open restarts the same rest.
    if (sentAtMs >= circuit.openUntilMs) {
      circuit.timesOpened += 1;
      if (circuit.timesOpened > 2) circuit.refusedAgainAtMs = sentAtMs;
    }
    circuit.openUntilMs = this.#now() + (this.#restsMs[circuit.timesOpened - 1] ?? this.#restsMs.at(-1) ?? 0);
  }

  #circuitOf(name: string): Circuit {
    const known = this.#circuits.get(name);
    if (known !== undefined) return known;
    for (const [old, { openUntilMs }] of this.#circuits) {
      if (this.#circuits.size < REMEMBERED_KEYS) break;
      if (openUntilMs <= this.#now()) this.#circuits.delete(old);
    }
    const circuit: Circuit = { ...neverRefused(), isTried: false, round: 0, waiting: new Set() };
    this.#circuits.set(name, circuit);
    return circuit;
  }
}

/** What a circuit has of refusals in a row. */
interface Refusals {
  /** Those that came while it was open are none of these. */
  timesOpened: number;
  openUntilMs: number;
  /** When the last request went out that tried the key after a rest of minutes. */
  refusedAgainAtMs?: number;
  /** All of them. */
  refusedAtMs: number[];
}

interface Circuit extends Refusals {
  /** When an answer accepted the key, which was refused by none since. */
  acceptedAtMs?: number;
  /** One request is out that tries the key. */
  isTried: boolean;
  /** Counts refusals over the life of the circuit. */
  round: number;
  /** Wakes those who wait for an answer. */
  waiting: Set<() => void>;
}

function neverRefused(): Refusals {
  return { timesOpened: 0, openUntilMs: 0, refusedAgainAtMs: undefined, refusedAtMs: [] };
}

/** Ends with the next answer, after `limitMs` at the latest, and at once when aborted. */
function nextAnswer({ waiting }: Circuit, limitMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      waiting.delete(wake);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, limitMs);
    waiting.add(wake);
    signal?.addEventListener('abort', wake, { once: true });
  });
}
