import { undiciDispatch, undiciRequest } from './bare-undici';
import type { Contestant } from './contestant';
import { ourClient } from './our-client';
import { vendorSdk } from './vendor-sdk';

export type { Contestant } from './contestant';

export type ContestantName = 'undici.request' | 'undici.dispatch' | 'our client' | 'vendor SDK';

export const CONTESTANTS: {
  readonly [name in ContestantName]: (origin: string) => Contestant | Promise<Contestant>;
} = {
  'undici.dispatch': undiciDispatch,
  'undici.request': undiciRequest,
  'our client': ourClient,
  'vendor SDK': vendorSdk,
};
