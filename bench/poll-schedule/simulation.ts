/**
 * One job, one policy: jumps from poll to poll until one sees the end.
 *
 * @module
 */
import type { Policy } from './policies';
import { drawLengthMs, type Length, type Profile } from './profiles';
import { randomOf } from './random';

/** How long a poll takes; it reads the job in the middle of that time. */
const LATENCY_MS = 300;

export interface Run {
  polls: number;
  /** From the end of the job to the answer that reports it. */
  delayMs: number;
}

/** @param run the same number is the same job for every policy */
export function simulate(policy: Policy, profile: Profile, length: Length, seed: number, run: number): Run {
  const job = randomOf(seed, 'job', profile.name, length.name, run);
  const lengthMs = drawLengthMs(length, job);
  const progressOf = profile.begin(job);
  const readings = randomOf(seed, 'readings', policy.name, profile.name, length.name, run);
  const poller = policy.begin(randomOf(seed, 'delays', policy.name, profile.name, length.name, run));
  let nowMs = poller.firstDelayMs;
  for (let polls = 1; ; polls += 1) {
    const seenAtMs = nowMs + LATENCY_MS / 2;
    nowMs += LATENCY_MS;
    if (seenAtMs >= lengthMs) return { polls, delayMs: nowMs - lengthMs };
    nowMs += poller.nextDelayMs(nowMs, progressOf(seenAtMs / lengthMs, readings));
  }
}
