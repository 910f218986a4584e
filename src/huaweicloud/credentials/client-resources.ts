import { Transport } from '../transport';
import { LockProtection } from './lock-protection';

/** What a client shares with the source of its credentials. */
export interface ClientResources {
  transport: Transport;
  locks: LockProtection;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** For a provider that is asked outside a client. Idle connections keep no process alive. */
export function resourcesOfItsOwn(): ClientResources {
  return { transport: new Transport(), locks: new LockProtection(Date.now), now: Date.now };
}
