import { EXPORT_OPTIONS } from '../../src/contract';

/** Names that the contract keeps for later. This version does nothing with them, so only the wire contract mentions them. */
export const RESERVED_OPTIONS: readonly string[] = Object.entries(EXPORT_OPTIONS).flatMap(([option, spec]) =>
  'reserved' in spec ? [option] : [],
);
export const RESERVED_SIGNALS: readonly string[] = ['objectArrived'];
