/** What a run of `npm run batch` is. */
export interface BatchTrial {
  images: number;
  maxConcurrent: number;
  /** How long a job of the simulator takes. */
  jobSeconds: number;
  /** The worker is killed, and started again, when so many of the images have ended: shares of the whole. */
  killsAt: number[];
  /** A submit whose answer a kill has lost settles in seconds instead of minutes. */
  quickSubmits: boolean;
}

export const LONG_TRIAL: BatchTrial = {
  images: 2_000,
  maxConcurrent: 50,
  jobSeconds: 2,
  killsAt: [0.25, 0.6],
  quickSubmits: false,
};
export const SHORT_TRIAL: BatchTrial = {
  images: 16,
  maxConcurrent: 5,
  jobSeconds: 1,
  killsAt: [0.3],
  quickSubmits: true,
};
