import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');

/** Names that are the loopback by RFC 6761, whatever a resolver says. */
export function isLocalhostName(hostname: string): boolean {
  return /(^|\.)localhost\.?$/i.test(hostname);
}

/** True for the loopback, by name or address. An IPv6 address may stand in brackets, as in a URL. */
export function isLoopback(hostname: string): boolean {
  return isLocalhostName(hostname) || isIn(LOOPBACK, hostname);
}

/** True for the loopback, and for addresses of the own link, as those of metadata services are: nothing is between them and us. */
export function isLocal(hostname: string): boolean {
  return isLoopback(hostname) || isIn(LINK_LOCAL, hostname);
}

function isIn(addresses: BlockList, hostname: string): boolean {
  const address = withoutBrackets(hostname);
  const version = isIP(address);
  return version !== 0 && addresses.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** True where what is sent to a URL, such as a key, could be read on the way: plain http, and not to the own link. */
export function isExposed({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && !isLocal(hostname);
}

export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** As an IPv6 address stands before a port. */
export function withBrackets(hostname: string): string {
  return isIP(hostname) === 6 ? `[${hostname}]` : hostname;
}
