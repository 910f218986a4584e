import type { Call } from '../answers';

/** One way of calling the cloud. */
export interface Contestant {
  /**
   * Each makes the n-th call of its kind and reads the whole answer.
   *
   * @throws when the answer is not the one expected
   */
  call: { readonly [call in Call]: (turn: number) => Promise<void> };
  close(): Promise<void>;
}

/** The most requests that are under way at once, and so the most connections of every contestant. */
export const CONNECTIONS = 32;
