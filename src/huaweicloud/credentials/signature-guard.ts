/**
 * Keeps many exports from hammering at the cloud with one key that is refused: more than five failed signatures in a row
 * lock a key for five minutes, for everybody who uses it (support.huaweicloud.com, devg-apisign, api-sign-0001).
 *
 * @module
 */

/** As long as the lock of the cloud lasts: a shorter rest would let failures add up to it. */
const REST_MS = 5 * 60_000;
/** A rest doubles with every trial that is refused, up to so many times the first: an hour. */
const MAX_REST = 12;
const MAX_REFUSALS_IN_A_ROW = 2;
/** What a person may ask for ends before the cloud's lock: it falls at the sixth failure in a row. */
const MAX_REFUSALS_WHEN_ASKED = 4;
const LOCK_WINDOW_MS = 5 * 60_000;
/** A key that was accepted holds nobody up for longer, however slow the answers are that would prove it anew. */
const MAX_PACING_MS = 1_000;
/** Who has waited so long that this little of its limit is left tries no key: it would not live to see the verdict. */
const SHORTEST_TRIAL_MS = 100;
/** Temporary keys come and go; older ones that are not in use are forgotten. */
const REMEMBERED_KEYS = 200;

/**
 * What an answer says about the signature: it was taken, it was refused, it was perhaps refused (a 403 to a HEAD has no
 * body), or nothing, as a 503 does.
 */
export type SignatureVerdict = 'accepted' | 'refused' | 'doubtful' | 'none';

/** Leave to send one request. It must be ended, whatever becomes of the request. */
export interface Permit {
  /** False once the key was refused since: what was not sent yet needs another permit. */
  holds(): boolean;
  end(verdict: SignatureVerdict): void;
}

export type Admission =
  | { kind: 'admitted'; permit: Permit }
  /** The key rests for this long. */
  | { kind: 'heldBack'; restMs: number }
  /** No verdict on the key came in time, or the caller gave up. */
  | { kind: 'gaveUp'; reason: 'limit' | 'aborted' };

export interface AdmissionRequest {
  /** Longest wait for the verdict on a key that others are trying. */
  limitMs: number;
  signal?: AbortSignal;
  /** May take minutes to be answered, so only one such request tries a key; reads go beside it. */
  slow?: boolean;
  /** A refusal cannot be told from a lack of permission, so it tries a key alone. */
  unclear?: boolean;
  /** A person asked: one request goes out although the key rests. */
  tryRefusedKey?: boolean;
}

export interface GuardOptions {
  /** How long a key rests at first, once it was refused too often in a row. @default 5 minutes */
  restMs?: number;
  /** Refusals in a row before the rest. @default 2 */
  maxRefusals?: number;
}

/**
 * Counts refusals in a row, for each key by itself.
 *
 * - A key that was never accepted lets at most two requests out at once; the others wait for the verdict. Once accepted
 *   it is open, until it is refused. A request without an answer may count as a failure at the cloud, so nobody whose time
 *   is nearly over tries it.
 * - An open key that no read is out with lets two out at first, and one more for every answer since that accepted it. So
 *   one that was revoked in a pause is found out by two requests, not by two hundred, and steady load is not held up.
 * - After two refusals in a row it rests. Then one request tries it, for all; each that is refused doubles the next rest.
 * - A person's try may end the rest early, but never so that more than four in a row fail within five minutes.
 *
 * A key is named by whatever tells it from others, secret included, so that a mended one starts anew.
 */
export class SignatureGuard {
  readonly #keys = new Map<string, GuardedKey>();
  readonly #now: () => number;
  readonly #firstRestMs: number;
  readonly #maxRefusals: number;

  constructor(now: () => number, { restMs = REST_MS, maxRefusals = MAX_REFUSALS_IN_A_ROW }: GuardOptions = {}) {
    this.#now = now;
    this.#firstRestMs = restMs;
    this.#maxRefusals = maxRefusals;
  }

  /** True when nothing is held against the key: its last verdict was good. */
  isOpen(key: string): boolean {
    return this.#keys.get(key)?.open === true;
  }

  /**
   * True when a read should prove the key before a request whose own answer would tell too late or not at all: the last
   * verdict was bad, or, before a slow request, two of those went out since the last good one.
   */
  wantsProof(name: string, { slow }: Pick<AdmissionRequest, 'slow'>): boolean {
    const key = this.#keys.get(name);
    return key !== undefined && (key.refusals > 0 || (slow === true && key.open && key.slowSinceAccepted >= 2));
  }

  /** How much longer the key rests. */
  restMs(name: string): number {
    return Math.max(0, (this.#keys.get(name)?.restsUntilMs ?? 0) - this.#now());
  }

  /** Leave to send one request with the key; nearly at once for an open key. Never waits beyond its limit. */
  admit(name: string, request: AdmissionRequest): Admission | Promise<Admission> {
    const key = this.#key(name);
    const admission = this.#decide(key, request);
    if (admission !== 'wait') return admission;
    return new Promise((resolve) => {
      const leave = (reached: Admission): void => {
        clearTimeout(pacing);
        clearTimeout(limit);
        request.signal?.removeEventListener('abort', onAbort);
        key.waiting.delete(waiter);
        resolve(reached);
      };
      const lastTrialAt = performance.now() + request.limitMs - Math.min(SHORTEST_TRIAL_MS, request.limitMs / 2);
      const waiter: Waiter = { request, isPaced: true, lastTrialAt, leave };
      const onAbort = (): void => leave({ kind: 'gaveUp', reason: 'aborted' });
      const limit = setTimeout(() => leave({ kind: 'gaveUp', reason: 'limit' }), request.limitMs);
      const pacing = setTimeout(() => {
        waiter.isPaced = false;
        this.#letOn(key);
      }, MAX_PACING_MS);
      key.waiting.add(waiter);
      request.signal?.addEventListener('abort', onAbort, { once: true });
      if (request.signal?.aborted) onAbort();
    });
  }

  #decide(key: GuardedKey, request: AdmissionRequest, { isPaced = true, hasTime = true } = {}): Admission | 'wait' {
    const slow = request.slow === true;
    if (key.open) {
      const mustWait = isPaced && !slow && key.out >= MAX_REFUSALS_IN_A_ROW + key.acceptedInUse;
      return mustWait ? 'wait' : admitted(this.#permit(key, slow ? 0 : 1, slow));
    }
    if (key.refusals >= this.#maxRefusals) return this.#decideAtRest(key, request, hasTime);
    const left = this.#maxRefusals - key.refusals;
    const share = request.unclear ? left : 1;
    if (!hasTime || key.out + share > left || (slow && key.slowOut > 0)) return 'wait';
    return admitted(this.#permit(key, share, slow));
  }

  #decideAtRest(
    key: GuardedKey,
    { slow = false, tryRefusedKey = false }: AdmissionRequest,
    hasTime: boolean,
  ): Admission | 'wait' {
    const restMs = key.restsUntilMs - this.#now();
    const mayTry = restMs <= 0 || (tryRefusedKey && this.#recentRefusals(key) < MAX_REFUSALS_WHEN_ASKED);
    if (!mayTry) return { kind: 'heldBack', restMs };
    return key.out > 0 || !hasTime ? 'wait' : admitted(this.#permit(key, 1, slow));
  }

  #permit(key: GuardedKey, share: number, slow: boolean): Permit {
    const { round } = key;
    let ended = false;
    key.out += share;
    if (slow) {
      key.slowOut += 1;
      key.slowSinceAccepted += 1;
    }
    return {
      holds: () => round === key.round,
      end: (verdict) => {
        if (ended) return;
        ended = true;
        key.out -= share;
        if (slow) key.slowOut -= 1;
        // An answer to a request from before the last refusal says nothing about what came since.
        if (verdict === 'accepted' && round === key.round) accept(key);
        // A doubt about a key that was accepted before is a matter of permissions.
        else if (verdict === 'refused' || (verdict === 'doubtful' && !key.open)) this.#refuse(key);
        if (key.out === 0) key.acceptedInUse = 0;
        this.#letOn(key);
      },
    };
  }

  #refuse(key: GuardedKey): void {
    const nowMs = this.#now();
    key.open = false;
    key.refusals += 1;
    key.round += 1;
    key.refusedAtMs.push(nowMs);
    key.refusedAtMs = key.refusedAtMs.slice(-MAX_REFUSALS_WHEN_ASKED);
    if (key.refusals < this.#maxRefusals) return;
    // What is refused during a rest, because a person asked or because it was out before, begins the same rest anew.
    if (nowMs >= key.restsUntilMs) key.rests += 1;
    key.restsUntilMs = nowMs + this.#firstRestMs * Math.min(2 ** (key.rests - 1), MAX_REST);
  }

  #letOn(key: GuardedKey): void {
    if (key.waiting.size === 0) return;
    for (const waiter of [...key.waiting]) {
      const { request, isPaced, lastTrialAt } = waiter;
      const admission = this.#decide(key, request, { isPaced, hasTime: performance.now() <= lastTrialAt });
      if (admission !== 'wait') waiter.leave(admission);
    }
  }

  #recentRefusals({ refusedAtMs }: GuardedKey): number {
    return refusedAtMs.filter((atMs) => this.#now() - atMs < LOCK_WINDOW_MS).length;
  }

  #key(name: string): GuardedKey {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    this.#forgetOldKeys();
    const key = newKey();
    this.#keys.set(name, key);
    return key;
  }

  #forgetOldKeys(): void {
    if (this.#keys.size < REMEMBERED_KEYS) return;
    for (const [name, key] of this.#keys) {
      const isResting = key.refusals > 0 && key.restsUntilMs > this.#now();
      if (key.out + key.slowOut === 0 && key.waiting.size === 0 && !isResting) this.#keys.delete(name);
      if (this.#keys.size < REMEMBERED_KEYS) return;
    }
  }
}

interface GuardedKey {
  open: boolean;
  /** In a row. */
  refusals: number;
  /** Of the last few refusals in a row. */
  refusedAtMs: number[];
  restsUntilMs: number;
  /** In a row: each is longer than the one before. */
  rests: number;
  /** Requests out, by their shares: reads, and slow requests that try the key. */
  out: number;
  /** Answers that accepted the key since none of these was out. */
  acceptedInUse: number;
  slowOut: number;
  /** Of an open key: slow requests that went out since an answer last accepted it. */
  slowSinceAccepted: number;
  /** Counts refusals over the key's life. */
  round: number;
  waiting: Set<Waiter>;
}

interface Waiter {
  request: AdmissionRequest;
  /** Waits also for an open key. */
  isPaced: boolean;
  /** By `performance.now()`: when it begins to be too late for it to try a key. */
  lastTrialAt: number;
  leave: (admission: Admission) => void;
}

function newKey(): GuardedKey {
  return {
    open: false,
    refusals: 0,
    refusedAtMs: [],
    restsUntilMs: 0,
    rests: 0,
    out: 0,
    acceptedInUse: 0,
    slowOut: 0,
    slowSinceAccepted: 0,
    round: 0,
    waiting: new Set(),
  };
}

function accept(key: GuardedKey): void {
  key.acceptedInUse += 1;
  key.slowSinceAccepted = 0;
  if (key.open) return;
  key.open = true;
  key.refusals = 0;
  key.rests = 0;
  key.restsUntilMs = 0;
  key.refusedAtMs = [];
}

function admitted(permit: Permit): Admission {
  return { kind: 'admitted', permit };
}
