import ms from 'ms';

/** `90s`, `1.5h`, `250 ms`: a number and one of the units of the contract. */
const DURATION_TEXT = /^\d+(\.\d+)?\s*(ms|s|m|h|d)$/;

/** What a duration must look like, for messages. */
export const DURATION_SHAPE = "milliseconds, or a number with a unit such as '90s', '15m' or '24h'";

/** Milliseconds of a duration of the contract; undefined when it is none. */
export function durationMs(duration: unknown): number | undefined {
  if (typeof duration === 'number')
    return Number.isFinite(duration) && duration >= 0 ? Math.round(duration) : undefined;
  if (typeof duration !== 'string' || !DURATION_TEXT.test(duration.trim())) return undefined;
  const parsed: number | undefined = ms(duration.trim() as ms.StringValue);
  return parsed === undefined ? undefined : Math.round(parsed);
}
