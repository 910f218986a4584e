/** Minutes are about this many times what they are in the storm. */
const SCALE = 100;
/** What the faults ask for as `Retry-After` is seconds, or more than any of this. */
const OF_THE_CLOUD_MS = { most: 3_000, least: 200_000 };

/** A wait between two tries of an activity. What the cloud asked for is not scaled: it means what it says. */
export function scaledDelayMs(delayMs: number): number {
  const isOfTheCloud = delayMs <= OF_THE_CLOUD_MS.most || delayMs >= OF_THE_CLOUD_MS.least;
  return isOfTheCloud ? delayMs : Math.round(delayMs / SCALE);
}
