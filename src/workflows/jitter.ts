/**
 * A wait that the cloud, or a rule, has set a lower bound of is the same for every export that met the same trouble. Each
 * takes up to this share more, so that they do not all come back in the same moment.
 */
const SPREAD = 0.15;

/** At least so long, and by a random share longer. */
export function atLeast(waitMs: number): number {
  return Math.round(waitMs * (1 + SPREAD * Math.random()));
}
