/** Names that the contract keeps for later. This version does nothing with them, so only the wire contract mentions them. */
export const RESERVED_OPTIONS: readonly string[] = ['expectNotification'];
export const RESERVED_SIGNALS: readonly string[] = ['objectArrived'];
