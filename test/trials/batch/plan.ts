import { Dice } from '../dice';

/** What one run of `npm run batch` is. */
export interface BatchPlan {
  seed: number;
  images: number;
  maxConcurrent: number;
  /** How long a job of the simulator takes. */
  jobSeconds: number;
  /** The worker is killed, and started again, when this share of the images has ended. */
  killsAt: number[];
  /** A submit whose answer a kill has lost settles in seconds instead of minutes. */
  quickSubmits: boolean;
}

/** One kill in each of as many equal parts of the batch, from a tenth of it to nine tenths. */
export function killsAt(seed: number, kills: number): number[] {
  const dice = new Dice(seed);
  return Array.from({ length: kills }, (_, part) => 0.1 + (0.8 * (part + dice.next())) / kills);
}

/** A plan as one line. */
export function describePlan({ seed, images, maxConcurrent, jobSeconds, killsAt: shares }: BatchPlan): string {
  const kills = shares.map((share) => `${Math.round(100 * share)} %`).join(' and ');
  return `seed ${seed}: ${images} images, ${maxConcurrent} at a time, jobs of ${jobSeconds} s, worker killed at ${kills}`;
}
