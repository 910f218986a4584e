/**
 * Keeps many exports from hammering at the cloud with one key that is refused: more than five failed signatures in a row
 * lock a key for five minutes, for everybody who uses it (support.huaweicloud.com, devg-apisign, api-sign-0001).
 *
 * @module
 */

/** As long as the lock of the cloud lasts: a shorter rest would let failures add up to it. */
const REST_MS = 5 * 60_000;
const MAX_REFUSALS_IN_A_ROW = 2;
/** What a person may ask for ends before the cloud's lock: it falls at the sixth failure in a row. */
const MAX_REFUSALS_WHEN_ASKED = 4;
const LOCK_WINDOW_MS = 5 * 60_000;
/** Temporary keys come and go; older ones that are not in use are forgotten. */
const REMEMBERED_KEYS = 200;

/**
 * What an answer says about the signature: it was taken, it was refused, it was perhaps refused (a 403 to a HEAD has no
 * body), or nothing, as a 503 does.
 */
export type Verdict = 'accepted' | 'refused' | 'doubtful' | 'none';

/** Leave to send one request. It must be ended, whatever becomes of the request. */
export interface Permit {
  end(verdict: Verdict): void;
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
  /** How long a key rests once it was refused too often in a row. @default 5 minutes */
  restMs?: number;
  /** Refusals in a row before the rest. @default 2 */
  maxRefusals?: number;
}

/**
 * Counts refusals in a row, for each key by itself.
 *
 * - A key that was never accepted lets at most two requests out at once; the others wait for the verdict. Once accepted
 *   it is open, until it is refused.
 * - After two refusals in a row it rests. Then one request tries it, for all.
 * - A person's try may end the rest early, but never so that more than four in a row fail within five minutes.
 *
 * A key is named by whatever tells it from others, secret included, so that a mended one starts anew.
 */
export class SignatureGuard {
  readonly #keys = new Map<string, GuardedKey>();
  readonly #now: () => number;
  readonly restMs: number;
  readonly #maxRefusals: number;

  constructor(now: () => number, { restMs = REST_MS, maxRefusals = MAX_REFUSALS_IN_A_ROW }: GuardOptions = {}) {
    this.#now = now;
    this.restMs = restMs;
    this.#maxRefusals = maxRefusals;
  }

  /** True when nothing is held against the key: its last verdict was good. */
  isOpen(key: string): boolean {
    return this.#keys.get(key)?.open === true;
  }

  /** True when the last verdict on the key was bad. */
  isSuspect(key: string): boolean {
    return (this.#keys.get(key)?.refusals ?? 0) > 0;
  }

  /** Leave to send one request with the key; at once for an open key. Never waits beyond its limit. */
  admit(name: string, request: AdmissionRequest): Admission | Promise<Admission> {
    const key = this.#key(name);
    const admission = this.#decide(key, request);
    if (admission !== 'wait') return admission;
    return new Promise((resolve) => {
      const leave = (reached: Admission): void => {
        clearTimeout(timer);
        request.signal?.removeEventListener('abort', onAbort);
        key.waiting.delete(waiter);
        resolve(reached);
      };
      const onAbort = (): void => leave({ kind: 'gaveUp', reason: 'aborted' });
      const timer = setTimeout(() => leave({ kind: 'gaveUp', reason: 'limit' }), request.limitMs);
      const waiter: Waiter = { request, leave };
      key.waiting.add(waiter);
      request.signal?.addEventListener('abort', onAbort, { once: true });
      if (request.signal?.aborted) onAbort();
    });
  }

  #decide(key: GuardedKey, request: AdmissionRequest): Admission | 'wait' {
    if (key.open) return admitted(this.#permit(key, 0, false));
    if (key.refusals >= this.#maxRefusals) return this.#decideAtRest(key, request);
    const left = this.#maxRefusals - key.refusals;
    const share = request.unclear ? left : 1;
    if (key.out + share > left || (request.slow && key.slowOut > 0)) return 'wait';
    return admitted(this.#permit(key, share, request.slow === true));
  }

  #decideAtRest(key: GuardedKey, { slow = false, tryRefusedKey = false }: AdmissionRequest): Admission | 'wait' {
    const restMs = key.restsUntilMs - this.#now();
    const mayTry = restMs <= 0 || (tryRefusedKey && this.#recentRefusals(key) < MAX_REFUSALS_WHEN_ASKED);
    if (!mayTry) return { kind: 'heldBack', restMs };
    return key.out > 0 ? 'wait' : admitted(this.#permit(key, 1, slow));
  }

  #permit(key: GuardedKey, share: number, slow: boolean): Permit {
    const { round } = key;
    let ended = false;
    key.inUse += 1;
    key.out += share;
    if (slow) key.slowOut += 1;
    return {
      end: (verdict) => {
        if (ended) return;
        ended = true;
        key.inUse -= 1;
        key.out -= share;
        if (slow) key.slowOut -= 1;
        // An answer to a request from before the last refusal says nothing about what came since.
        if (verdict === 'accepted' && round === key.round) open(key);
        // A doubt about a key that was accepted before is a matter of permissions.
        else if (verdict === 'refused' || (verdict === 'doubtful' && !key.open)) this.#refuse(key);
        this.#letOn(key);
      },
    };
  }

  #refuse(key: GuardedKey): void {
    key.open = false;
    key.refusals += 1;
    key.round += 1;
    key.refusedAtMs.push(this.#now());
    key.refusedAtMs = key.refusedAtMs.slice(-MAX_REFUSALS_WHEN_ASKED);
    if (key.refusals >= this.#maxRefusals) key.restsUntilMs = this.#now() + this.restMs;
  }

  #letOn(key: GuardedKey): void {
    for (const waiter of [...key.waiting]) {
      const admission = this.#decide(key, waiter.request);
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
      if (key.inUse === 0 && key.waiting.size === 0 && !isResting) this.#keys.delete(name);
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
  /** Requests out that try the key. */
  out: number;
  slowOut: number;
  /** All requests out. */
  inUse: number;
  /** Counts refusals over the key's life. */
  round: number;
  waiting: Set<Waiter>;
}

interface Waiter {
  request: AdmissionRequest;
  leave: (admission: Admission) => void;
}

function newKey(): GuardedKey {
  return {
    open: false,
    refusals: 0,
    refusedAtMs: [],
    restsUntilMs: 0,
    out: 0,
    slowOut: 0,
    inUse: 0,
    round: 0,
    waiting: new Set(),
  };
}

function open(key: GuardedKey): void {
  key.open = true;
  key.refusals = 0;
  key.refusedAtMs = [];
}

function admitted(permit: Permit): Admission {
  return { kind: 'admitted', permit };
}
