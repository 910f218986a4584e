import { type LookupAddress, type LookupAllOptions, type LookupOneOptions, lookup } from 'node:dns';
import { isLocalhostName } from '../network/local-addresses';

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/**
 * Name resolution for connections. Names under `.localhost` are the loopback by RFC 6761, but many resolvers do not know
 * those below it (`bucket.obs.localhost`), so they are not asked; nor are they for `.invalid`, where by the same RFC there is nothing.
 * Everything else goes to the system.
 */
export function lookupWithLoopback(
  hostname: string,
  options: LookupOneOptions | LookupAllOptions,
  callback: LookupCallback,
): void {
  if (/\.invalid\.?$/i.test(hostname)) {
    const unknown = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
    process.nextTick(callback, Object.assign(unknown, { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname }), []);
    return;
  }
  if (!isLocalhostName(hostname)) {
    lookup(hostname, options as LookupAllOptions, callback);
    return;
  }
  const loopback: LookupAddress[] = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  if (options.all) callback(null, loopback);
  else if (options.family === 6 || options.family === 'IPv6') callback(null, '::1', 6);
  else callback(null, '127.0.0.1', 4);
}
