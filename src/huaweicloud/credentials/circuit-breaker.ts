/**
 * A circuit breaker for each access key. More than five failed signatures in a row lock a key for five minutes, for everyone
 * who uses it (support.huaweicloud.com, devg-apisign, api-sign-0001). So a key that is refused is not used by many exports.
 *
 * @module
 */

/** As long as the cloud's lock: while the circuit is open for less, failures could add up to the lock. */
const OPEN_MS = 5 * 60_000;
/** Each failed trial doubles the time that the circuit stays open, up to this multiple of the first: an hour. */
const MAX_OPEN_MULTIPLE = 12;
const MAX_FAILURES_IN_A_ROW = 2;
/** A person's tries end before the cloud's lock, which comes with the sixth failure in a row. */
const MAX_FAILURES_WHEN_ASKED = 4;
const LOCK_WINDOW_MS = 5 * 60_000;
/** A request with a key that was accepted before waits no longer than this for the answers that prove it again. */
const MAX_PACING_MS = 1_000;
/** A caller that has less than this of its limit left tries no key: it would not see the verdict. */
const MIN_TRIAL_MS = 100;
/** Temporary keys come and go. Older ones that are not in use are forgotten. */
const REMEMBERED_KEYS = 200;

/**
 * What an answer says about the signature: it was accepted, it was refused, it may have been refused (a 403 to a HEAD has no
 * body), or nothing, as a 503 does.
 */
export type SignatureVerdict = 'accepted' | 'refused' | 'doubtful' | 'none';

/** One request may be sent. Release it, whatever becomes of the request. */
export interface Acquired {
  /** False once the key was refused since: a request that was not sent yet has to acquire again. */
  holds(): boolean;
  release(verdict: SignatureVerdict): void;
}

export type Acquisition =
  | { kind: 'acquired'; acquired: Acquired }
  /** The circuit is open for this long. `refusedAgainMsAgo`: since the cloud refused the key again, after a rest; null when it has not. */
  | { kind: 'open'; openMs: number; refusedAgainMsAgo: number | null }
  /** No verdict on the key came in time, or the caller gave up. */
  | { kind: 'gaveUp'; reason: 'limit' | 'aborted' };

export interface AcquireRequest {
  /** Longest wait for the verdict on a key that other callers are trying. */
  limitMs: number;
  signal?: AbortSignal;
  /** The answer may take minutes, so only one such request tries a key. Reads run beside it. */
  slow?: boolean;
  /** A refused signature looks like a lack of permission, so the request tries a key alone. */
  unclear?: boolean;
  /** A person asked: one request goes out although the circuit is open. */
  tryRefusedKey?: boolean;
}

export interface BreakerOptions {
  /** How long the circuit stays open the first time. @default 5 minutes */
  openMs?: number;
  /** Failures in a row that open the circuit. @default 2 */
  maxFailures?: number;
}

/**
 * Counts failures in a row, for each key by itself.
 *
 * - A new key is on trial: at most two requests are out at once, and the others wait for the verdict. The first answer that
 *   accepts it closes the circuit. A request without an answer may count as a failure at the cloud, so a caller whose time is
 *   nearly over does not try the key.
 * - While the circuit is closed and no read is out, two go out at first, and one more for every answer since that accepted the
 *   key. So a key that was revoked in a pause costs two requests, not two hundred, and steady load does not wait.
 * - Two failures in a row open the circuit. Then one request tries the key, for all callers. Each failed trial doubles the
 *   time until the next.
 * - A person can try the key earlier, but never so that more than four requests in a row fail within five minutes.
 *
 * The name of a key identifies it together with its secret, so that a fixed key starts anew.
 */
export class CircuitBreaker {
  readonly #circuits = new Map<string, Circuit>();
  readonly #now: () => number;
  readonly #firstOpenMs: number;
  readonly #maxFailures: number;

  constructor(now: () => number, { openMs = OPEN_MS, maxFailures = MAX_FAILURES_IN_A_ROW }: BreakerOptions = {}) {
    this.#now = now;
    this.#firstOpenMs = openMs;
    this.#maxFailures = maxFailures;
  }

  /** True when the last verdict on the key was good. */
  isClosed(name: string): boolean {
    return this.#circuits.get(name)?.closed === true;
  }

  /**
   * True when a read should prove the key before a request whose own answer says it too late or not at all: the last verdict
   * was bad, or, before a slow request, two of those went out since the last good one.
   */
  wantsProof(name: string, { slow }: Pick<AcquireRequest, 'slow'>): boolean {
    const circuit = this.#circuits.get(name);
    return (
      circuit !== undefined &&
      (circuit.failures > 0 || (slow === true && circuit.closed && circuit.slowSinceAccepted >= 2))
    );
  }

  /** How much longer the circuit stays open. */
  openForMs(name: string): number {
    return Math.max(0, (this.#circuits.get(name)?.openUntilMs ?? 0) - this.#now());
  }

  /** Acquires one request with the key; nearly at once while the circuit is closed. Never waits beyond its limit. */
  acquire(name: string, request: AcquireRequest): Acquisition | Promise<Acquisition> {
    const circuit = this.#circuitOf(name);
    const acquisition = this.#decide(circuit, request);
    if (acquisition !== 'wait') return acquisition;
    return new Promise((resolve) => {
      const leave = (reached: Acquisition): void => {
        clearTimeout(pacing);
        clearTimeout(limit);
        request.signal?.removeEventListener('abort', onAbort);
        circuit.waiting.delete(waiter);
        resolve(reached);
      };
      const lastTrialAt = performance.now() + request.limitMs - Math.min(MIN_TRIAL_MS, request.limitMs / 2);
      const waiter: Waiter = { request, isPaced: true, lastTrialAt, leave };
      const onAbort = (): void => leave({ kind: 'gaveUp', reason: 'aborted' });
      const limit = setTimeout(() => leave({ kind: 'gaveUp', reason: 'limit' }), request.limitMs);
      const pacing = setTimeout(() => {
        waiter.isPaced = false;
        this.#admitWaiting(circuit);
      }, MAX_PACING_MS);
      circuit.waiting.add(waiter);
      request.signal?.addEventListener('abort', onAbort, { once: true });
      if (request.signal?.aborted) onAbort();
    });
  }

  #decide(circuit: Circuit, request: AcquireRequest, { isPaced = true, hasTime = true } = {}): Acquisition | 'wait' {
    const slow = request.slow === true;
    if (circuit.closed) {
      const mustWait = isPaced && !slow && circuit.out >= MAX_FAILURES_IN_A_ROW + circuit.acceptedInUse;
      return mustWait ? 'wait' : acquired(this.#take(circuit, slow ? 0 : 1, slow));
    }
    if (circuit.failures >= this.#maxFailures) return this.#decideWhileOpen(circuit, request, hasTime);
    const left = this.#maxFailures - circuit.failures;
    const share = request.unclear ? left : 1;
    if (!hasTime || circuit.out + share > left || (slow && circuit.slowOut > 0)) return 'wait';
    return acquired(this.#take(circuit, share, slow));
  }

  #decideWhileOpen(
    circuit: Circuit,
    { slow = false, tryRefusedKey = false }: AcquireRequest,
    hasTime: boolean,
  ): Acquisition | 'wait' {
    const openMs = circuit.openUntilMs - this.#now();
    const mayTry = openMs <= 0 || (tryRefusedKey && this.#recentFailures(circuit) < MAX_FAILURES_WHEN_ASKED);
    if (!mayTry) {
      const { refusedAgainAtMs } = circuit;
      return {
        kind: 'open',
        openMs,
        refusedAgainMsAgo: refusedAgainAtMs === null ? null : this.#now() - refusedAgainAtMs,
      };
    }
    return circuit.out > 0 || !hasTime ? 'wait' : acquired(this.#take(circuit, 1, slow));
  }

  #take(circuit: Circuit, share: number, slow: boolean): Acquired {
    const { round } = circuit;
    const takenAtMs = this.#now();
    let ended = false;
    circuit.out += share;
    if (slow) {
      circuit.slowOut += 1;
      circuit.slowSinceAccepted += 1;
    }
    return {
      holds: () => round === circuit.round,
      release: (verdict) => {
        if (ended) return;
        ended = true;
        circuit.out -= share;
        if (slow) circuit.slowOut -= 1;
        // An answer to a request from before the last failure says nothing about what came since.
        if (verdict === 'accepted' && round === circuit.round) accept(circuit);
        // A doubt about a key that was accepted before is a matter of permissions.
        else if (verdict === 'refused' || (verdict === 'doubtful' && !circuit.closed)) this.#fail(circuit, takenAtMs);
        if (circuit.out === 0) circuit.acceptedInUse = 0;
        this.#admitWaiting(circuit);
      },
    };
  }

  #fail(circuit: Circuit, takenAtMs: number): void {
    const nowMs = this.#now();
    circuit.closed = false;
    circuit.failures += 1;
    circuit.round += 1;
    circuit.failedAtMs.push(nowMs);
    circuit.failedAtMs = circuit.failedAtMs.slice(-MAX_FAILURES_WHEN_ASKED);
    if (circuit.failures < this.#maxFailures) return;
    // A request that was out when the rest began says nothing of the key after it, however late its answer comes.
    if (circuit.timesOpened > 0 && takenAtMs >= circuit.openUntilMs) circuit.refusedAgainAtMs = takenAtMs;
    // A failure while the circuit is open, of a person's try or of a request that was out before, restarts the same time.
    if (nowMs >= circuit.openUntilMs) circuit.timesOpened += 1;
    circuit.openUntilMs = nowMs + this.#firstOpenMs * Math.min(2 ** (circuit.timesOpened - 1), MAX_OPEN_MULTIPLE);
  }

  #admitWaiting(circuit: Circuit): void {
    if (circuit.waiting.size === 0) return;
    for (const waiter of [...circuit.waiting]) {
      const { request, isPaced, lastTrialAt } = waiter;
      const acquisition = this.#decide(circuit, request, { isPaced, hasTime: performance.now() <= lastTrialAt });
      if (acquisition !== 'wait') waiter.leave(acquisition);
    }
  }

  #recentFailures({ failedAtMs }: Circuit): number {
    return failedAtMs.filter((atMs) => this.#now() - atMs < LOCK_WINDOW_MS).length;
  }

  #circuitOf(name: string): Circuit {
    const known = this.#circuits.get(name);
    if (known !== undefined) return known;
    this.#forgetOldCircuits();
    const circuit = newCircuit();
    this.#circuits.set(name, circuit);
    return circuit;
  }

  #forgetOldCircuits(): void {
    if (this.#circuits.size < REMEMBERED_KEYS) return;
    for (const [name, circuit] of this.#circuits) {
      const isOpen = circuit.failures > 0 && circuit.openUntilMs > this.#now();
      if (circuit.out + circuit.slowOut === 0 && circuit.waiting.size === 0 && !isOpen) this.#circuits.delete(name);
      if (this.#circuits.size < REMEMBERED_KEYS) return;
    }
  }
}

interface Circuit {
  /** The last verdict was good. */
  closed: boolean;
  /** In a row. */
  failures: number;
  /** Of the last few failures in a row. */
  failedAtMs: number[];
  openUntilMs: number;
  /** In a row: each time lasts longer than the one before. */
  timesOpened: number;
  /** When the last request went out that tried the key after a rest and was refused; null when there was none. */
  refusedAgainAtMs: number | null;
  /** Requests out, by their shares: reads, and slow requests that try the key. */
  out: number;
  /** Answers that accepted the key since none of these was out. */
  acceptedInUse: number;
  slowOut: number;
  /** While closed: slow requests that went out since an answer last accepted the key. */
  slowSinceAccepted: number;
  /** Counts failures over the life of the circuit. */
  round: number;
  waiting: Set<Waiter>;
}

interface Waiter {
  request: AcquireRequest;
  /** Waits also while the circuit is closed. */
  isPaced: boolean;
  /** By `performance.now()`: later than this it tries no key. */
  lastTrialAt: number;
  leave: (acquisition: Acquisition) => void;
}

function newCircuit(): Circuit {
  return {
    closed: false,
    failures: 0,
    failedAtMs: [],
    openUntilMs: 0,
    timesOpened: 0,
    refusedAgainAtMs: null,
    out: 0,
    acceptedInUse: 0,
    slowOut: 0,
    slowSinceAccepted: 0,
    round: 0,
    waiting: new Set(),
  };
}

function accept(circuit: Circuit): void {
  circuit.acceptedInUse += 1;
  circuit.slowSinceAccepted = 0;
  if (circuit.closed) return;
  circuit.closed = true;
  circuit.failures = 0;
  circuit.timesOpened = 0;
  circuit.refusedAgainAtMs = null;
  circuit.openUntilMs = 0;
  circuit.failedAtMs = [];
}

function acquired(request: Acquired): Acquisition {
  return { kind: 'acquired', acquired: request };
}
