/** How long a key of an agency may last, in seconds. */
export const MIN_DURATION_SECONDS = 900;
export const MAX_DURATION_SECONDS = 86_400;

export function isDuration(seconds: number): boolean {
  return seconds >= MIN_DURATION_SECONDS && seconds <= MAX_DURATION_SECONDS;
}
