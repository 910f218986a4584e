import { timingSafeEqual } from 'node:crypto';

export function equalSignatures(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Every signature of the cloud is good for 15 minutes before and after its date, by the real clock. */
export const SIGNATURE_WINDOW_MS = 15 * 60_000;

/** `YYYYMMDDTHHMMSSZ`, the date of SDK-HMAC-SHA256 and AWS V4; NaN for anything else. */
export function parseBasicDate(text: string): number {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  return match === null ? Number.NaN : Date.parse(text.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

export function isWithinWindow(dateMs: number, realNowMs: number): boolean {
  return Math.abs(dateMs - realNowMs) <= SIGNATURE_WINDOW_MS;
}
