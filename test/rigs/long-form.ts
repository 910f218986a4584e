import { it } from 'vitest';

/** `npm run test:all` runs everything; `npm test`, which has five minutes, leaves out what says the same of further cases. */
export const LONG_FORM = process.env.LONG_FORM === 'true';

/** A test that `npm test` leaves out. */
export const itInLongForm = it.runIf(LONG_FORM);

/** All cases in the long form, so many of the first otherwise. */
export function casesOf<Case>(cases: readonly Case[], short: number): readonly Case[] {
  return LONG_FORM ? cases : cases.slice(0, short);
}
