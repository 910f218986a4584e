import { z } from 'zod';
import { oneLine } from '../export/quoting';

/** Longer than anything the cloud says for people to read, short enough for a history that is kept. */
const MAX_TEXT = 1_000;

/** A text from the cloud; null when it is absent, empty or no text. One line, cut at 1000 characters. */
export const CLOUD_TEXT = z
  .unknown()
  .transform((value) => (typeof value === 'string' ? oneLine(value.trim(), MAX_TEXT) || null : null));

/** The same for a field that is a number in some answers and a text in others, as codes and reasons are. */
export const CLOUD_TEXT_OR_NUMBER = z
  .unknown()
  .transform((value) => (typeof value === 'number' ? String(value) : value))
  .pipe(CLOUD_TEXT);
