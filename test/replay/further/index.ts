/**
 * What may meet an export, or a batch, beside its way to an end: many messages, resets, retries, and continue-as-new in each phase.
 *
 * @module
 */
import type { Ending } from '../endings';
import { BATCHES } from './batches';
import { CARRIED } from './carried';
import { MESSAGES } from './messages';
import { RESETS } from './resets';
import { RETRIES } from './retries';

export const FURTHER: readonly Ending[] = [...MESSAGES, ...RESETS, ...RETRIES, ...CARRIED, ...BATCHES];
