/**
 * Loaded before all else by the process of a worker: clocks that go wrong at the moment of the next POST, when the parent has asked for it.
 *
 * The moment is the one in which undici makes the request: Temporal has confirmed the submit, and nothing is on the wire. A
 * machine that is suspended there stands still for good, by SIGSTOP; its parent lets it go on. The timers of the process
 * cannot be moved: they see how long it really stood still.
 *
 * @module
 */
import { subscribe } from 'node:diagnostics_channel';

/** What happens at the POST: the process stands still for a time, and each clock is moved after it. */
export interface ClockTrouble {
  standsStillMs: number;
  wallMs: number;
  monotonicMs: number;
}

/** What a worker is told, and tells. */
export type ClockHears = { atNextPost: ClockTrouble };
export type ClockSays = 'standing still' | 'clocks moved';

const { now: wallNow } = Date;
const monotonicNow = performance.now.bind(performance);
let wallMs = 0;
let monotonicMs = 0;
let armed: ClockTrouble | null = null;

performance.now = () => monotonicNow() + monotonicMs;
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [wallNow() + wallMs] : args, newTarget),
  apply: () => new Date().toString(),
  get: (target, name, receiver) => (name === 'now' ? () => wallNow() + wallMs : Reflect.get(target, name, receiver)),
});

process.on('message', (message) => {
  if (isForClocks(message)) armed = message.atNextPost;
});

subscribe('undici:request:create', (message) => {
  const { request } = message as { request: { method: string } };
  if (armed === null || request.method !== 'POST') return;
  const trouble = armed;
  armed = null;
  if (trouble.standsStillMs > 0) {
    process.send?.('standing still' satisfies ClockSays);
    process.kill(process.pid, 'SIGSTOP');
  }
  wallMs += trouble.wallMs;
  monotonicMs += trouble.monotonicMs;
  process.send?.('clocks moved' satisfies ClockSays);
});

function isForClocks(message: unknown): message is ClockHears {
  return typeof message === 'object' && message !== null && 'atNextPost' in message;
}
