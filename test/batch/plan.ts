/** What a run of `npm run batch` is. */
export interface BatchTrial {
  images: number;
  maxConcurrent: number;
  /** How long a job of the simulator takes. */
  jobSeconds: number;
  /** The worker is killed, and started again, when so many of the images have ended: shares of the whole. */
  killsAt: number[];
}

export const LONG_TRIAL: BatchTrial = { images: 2_000, maxConcurrent: 50, jobSeconds: 2, killsAt: [0.25, 0.6] };
export const SHORT_TRIAL: BatchTrial = { images: 16, maxConcurrent: 5, jobSeconds: 1, killsAt: [0.3] };
