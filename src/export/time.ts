/**
 * Times, as people read them and as the wire has them, and the spread of waits.
 *
 * @module
 */

/** `1 d 2 h`, `3 h 10 min`, `4 min 5 s`, `12 s`, `15 min`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return inTwo(minutes, 'min', seconds % 60, 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return inTwo(hours, 'h', minutes % 60, 'min');
  return inTwo(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function inTwo(large: number, unit: string, rest: number, unitOfRest: string): string {
  return rest ? `${large} ${unit} ${rest} ${unitOfRest}` : `${large} ${unit}`;
}

/** ISO 8601. */
export function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** The times of a job come in several spellings; only one that says that it is UTC can be compared. */
export function utc(time: string | null | undefined): string | null {
  return time?.endsWith('Z') ? time : null;
}

/**
 * When a POST without an answer is surely over, from the moment that this is known: the 200 s of the gateway, a worker that stood
 * still for a heartbeat timeout, and 30 s for clocks and queues. A worker offers its job for as long.
 */
export const SUBMIT_SETTLES_MS = 260_000;

/** Each wait is drawn from this share around, or above, the intended one, so that exports started together drift apart. */
export const JITTER = 0.15;

/** About so long, a random share more or less. */
export function about(waitMs: number): number {
  return Math.round(waitMs * (1 - JITTER + 2 * JITTER * Math.random()));
}

/**
 * At least so long, and by a random share longer: a wait that the cloud, or a rule, has set a lower bound of is the same for
 * every export that met the same trouble, and they must not all come back in the same moment.
 */
export function atLeast(waitMs: number): number {
  return Math.round(waitMs * (1 + JITTER * Math.random()));
}
