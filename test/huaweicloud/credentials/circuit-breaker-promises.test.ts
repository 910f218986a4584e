import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Acquisition, CircuitBreaker } from '../../../src/huaweicloud/credentials/circuit-breaker';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** Of the cloud's answers. */
const MAX_LATENCY_MS = 900;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Refusal {
  atMs: number;
  /** Somebody had asked for tries since the last request that was accepted. */
  asked: boolean;
}

interface Call {
  asked: boolean;
  waitedMs: number;
  limitMs: number;
  acquisition: Acquisition;
}

/** The cloud, which counts refusals as its lock does, and callers of one key. */
class Model {
  readonly #breaker = new CircuitBreaker(Date.now);
  isKeyGood = true;
  pending = 0;
  requests = 0;
  /** Since an answer last accepted the key. */
  inARow: Refusal[] = [];
  readonly calls: Call[] = [];
  #asked = false;

  /** Ends when the callers have been answered, or held back. */
  async call({ callers, asked, limitMs, latencyMs }: Callers): Promise<void> {
    this.#asked ||= asked;
    await Promise.all(
      Array.from({ length: callers }, async () => {
        this.pending += 1;
        const startedAt = performance.now();
        const acquisition = await this.#breaker.acquire('key', { limitMs, tryRefusedKey: asked });
        this.calls.push({ asked, limitMs, waitedMs: performance.now() - startedAt, acquisition });
        if (acquisition.kind === 'acquired') {
          this.requests += 1;
          const isAccepted = this.isKeyGood;
          await new Promise((resolve) => setTimeout(resolve, latencyMs));
          this.#count(isAccepted);
          acquisition.acquired.release(isAccepted ? 'accepted' : 'refused');
        }
        this.pending -= 1;
      }),
    );
  }

  /** Until every caller has its answer, and the last one no longer counts. */
  async pause(): Promise<void> {
    while (this.pending > 0) await vi.advanceTimersByTimeAsync(100);
    await vi.advanceTimersByTimeAsync(SECOND_MS);
  }

  recentRefusals(): Refusal[] {
    return this.inARow.filter(({ atMs }) => Date.now() - atMs < 5 * MINUTE_MS);
  }

  #count(isAccepted: boolean): void {
    if (isAccepted) {
      this.inARow = [];
      this.#asked = false;
      return;
    }
    this.inARow.push({ atMs: Date.now(), asked: this.#asked });
  }
}

interface Callers {
  callers: number;
  asked: boolean;
  limitMs: number;
  latencyMs: number;
}

const callers = (atMost: number, asked: fc.Arbitrary<boolean>): fc.Arbitrary<Callers> =>
  fc.record({
    callers: fc.constantFrom(1, 2, 7, atMost),
    asked,
    limitMs: fc.integer({ min: 1, max: 10 * SECOND_MS }),
    latencyMs: fc.integer({ min: 0, max: MAX_LATENCY_MS }),
  });
const wait = fc.record({
  waitMs: fc.oneof(fc.integer({ min: 0, max: 8 * SECOND_MS }), fc.integer({ min: 0, max: 20 * MINUTE_MS })),
});
const change = fc.constant({ changeKey: true } as const);

test('a key that is wrong at first or after a pause costs two refusals in five minutes, or four when somebody asks', async () => {
  const steps = fc.array(
    fc.oneof({ weight: 4, arbitrary: callers(200, fc.boolean()) }, { weight: 3, arbitrary: wait }, change),
    {
      maxLength: 30,
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.boolean(), steps, async (isKeyGood, plan) => {
      const model = new Model();
      model.isKeyGood = isKeyGood;
      for (const step of plan) {
        if ('callers' in step) {
          const mayTry = model.pending === 0 && model.recentRefusals().length < 3;
          const before = model.requests;
          void model.call(step);
          await vi.advanceTimersByTimeAsync(0);
          // However long it rests.
          if (step.asked && mayTry) expect(model.requests).toBeGreaterThan(before);
        } else if ('waitMs' in step) {
          await vi.advanceTimersByTimeAsync(step.waitMs);
        } else {
          await model.pause();
          model.isKeyGood = !model.isKeyGood;
        }
        const recent = model.recentRefusals();
        expect(recent.length).toBeLessThanOrEqual(4);
        expect(recent.filter(({ asked }) => !asked).length).toBeLessThanOrEqual(2);
      }
      await model.pause();
      for (const { acquisition, limitMs, waitedMs } of model.calls) {
        expect(waitedMs).toBeLessThanOrEqual(limitMs + 1);
        if (acquisition.kind === 'open') expect(acquisition.openMs).toBeGreaterThan(0);
      }
      // After the longest rest everybody is let in who can wait for the one that tries the key.
      model.isKeyGood = true;
      await vi.advanceTimersByTimeAsync(60 * MINUTE_MS);
      const before = model.requests;
      void model.call({ callers: 200, asked: false, limitMs: 2 * SECOND_MS, latencyMs: MAX_LATENCY_MS });
      await model.pause();
      expect(model.requests - before).toBe(200);
    }),
    { numRuns: 100 },
  );
}, 60_000);

test("a gateway's bad seconds under load hold nobody back for longer than seconds, and a good key delays nobody", async () => {
  const load = fc.array(callers(30, fc.constant(false)), { minLength: 1, maxLength: 8 });
  const episode = fc.record({
    before: load,
    badMs: fc.integer({ min: 1, max: 3 * SECOND_MS }),
    during: load,
    after: load,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(episode, { minLength: 1, maxLength: 4 }), async (episodes) => {
      const model = new Model();
      const perform = async (plan: readonly Callers[], eachMs: number): Promise<void> => {
        for (const step of plan) {
          void model.call(step);
          await vi.advanceTimersByTimeAsync(eachMs);
        }
      };
      for (const { before, badMs, during, after } of episodes) {
        const known = model.calls.length;
        await perform(before, 300);
        for (const { acquisition, waitedMs } of model.calls.slice(known)) {
          if (acquisition.kind === 'acquired') expect(waitedMs).toBeLessThanOrEqual(MAX_LATENCY_MS);
          else expect(acquisition).toEqual({ kind: 'gaveUp', reason: 'limit' });
        }
        model.isKeyGood = false;
        await perform(during, badMs / during.length);
        model.isKeyGood = true;
        await perform(after, 300);
        await model.pause();
        await vi.advanceTimersByTimeAsync(5 * SECOND_MS);
        await Promise.all([
          model.call({ callers: 1, asked: false, limitMs: SECOND_MS, latencyMs: 10 }),
          vi.advanceTimersByTimeAsync(SECOND_MS),
        ]);
        expect(model.inARow).toEqual([]);
      }
      for (const { acquisition } of model.calls) {
        if (acquisition.kind !== 'open') continue;
        expect(acquisition.openMs).toBeLessThanOrEqual(5 * SECOND_MS);
        expect(acquisition.refusedAgainMsAgo).toBeNull();
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);
