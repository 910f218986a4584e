/**
 * The proxies that the environment names, and the one rule by which a connection takes one: for the cloud, and for the
 * Temporal connections of clients and workers alike.
 *
 * The rule is that of undici's EnvHttpProxyAgent: the lower-case spelling of a variable goes before the other one, https
 * falls back to the proxy of http, and an entry of NO_PROXY names a host and all below it. In addition, NO_PROXY takes networks
 * (`10.0.0.0/8`), as gRPC does, and nothing local ever goes through a proxy. The agent itself is not used: it reports a refusal of the
 * proxy as text only, without a code.
 *
 * @module
 */
import { BlockList, isIP } from 'node:net';
import { isLocal, withoutBrackets } from './local-addresses';
import { withoutUserInfo } from './shown-url';

/** A proxy. Its password is shown to nobody who prints it. */
export class HttpProxy {
  readonly #credentials: { username: string; password: string } | undefined;

  constructor(
    /** Such as `HTTPS_PROXY`. */
    readonly variable: string,
    /** `http://proxy.example.com:3128`: without user and password. */
    readonly origin: string,
    /** Without brackets. */
    readonly hostname: string,
    readonly port: number,
    credentials?: { username: string; password: string },
  ) {
    this.#credentials = credentials;
  }

  get isTls(): boolean {
    return this.origin.startsWith('https:');
  }

  /** A secret. */
  get credentials(): { username: string; password: string } | undefined {
    return this.#credentials;
  }

  /** For messages. */
  toString(): string {
    return `the proxy ${this.origin} (${this.variable})`;
  }
}

/** `proxy` is null for a direct connection; `noProxy` is the variable that asks for it, where there are proxies. */
export interface Route {
  proxy: HttpProxy | null;
  noProxy?: string;
  /** Entries of NO_PROXY that match no host, such as `10.0.0.*`, with the variable. */
  ignored?: string;
}

/** A connection would take a proxy that a variable names in a way that cannot be used. The message shows no password. */
export class ProxyConfigurationError extends Error {
  override readonly name = 'ProxyConfigurationError';
  readonly code = 'UnusableProxy';

  /** @param problem after the name of the variable */
  constructor(variable: string, problem: string) {
    super(`The environment names a proxy that cannot be used: ${variable} ${problem}`);
  }
}

/** The proxies of an environment, as it is now. One that cannot be used harms the connections alone that would take it. */
export class Proxies {
  readonly #https: HttpProxy | ProxyConfigurationError | null;
  readonly #http: HttpProxy | ProxyConfigurationError | null;
  readonly #grpc: HttpProxy | ProxyConfigurationError | null;
  readonly #noProxy: Exceptions;
  readonly #noGrpcProxy: Exceptions;

  constructor(env: NodeJS.ProcessEnv) {
    const proxy = (name: string) => {
      const [variable, value] = read(env, name);
      return value === '' ? null : parseProxy(variable, value);
    };
    this.#http = proxy('http_proxy');
    this.#https = proxy('https_proxy') ?? this.#http;
    this.#grpc = proxy('grpc_proxy') ?? this.#https;
    this.#noProxy = new Exceptions(...read(env, 'no_proxy'));
    const [variable, value] = read(env, 'no_grpc_proxy');
    this.#noGrpcProxy = value === '' ? this.#noProxy : new Exceptions(variable, value);
  }

  /**
   * @param origin scheme, host and port
   * @throws {@link ProxyConfigurationError}
   */
  routeTo(origin: string): Route {
    const { protocol, hostname, port } = new URL(origin);
    const isTls = protocol === 'https:';
    return this.#route(isTls ? this.#https : this.#http, this.#noProxy, hostname, Number(port) || (isTls ? 443 : 80));
  }

  /**
   * Of a gRPC connection, with or without TLS: by grpc_proxy and no_grpc_proxy where they are set.
   *
   * @param address `host:port`
   * @throws {@link ProxyConfigurationError}
   */
  routeOfGrpc(address: string): Route {
    const { hostname, port } = new URL(`tcp://${address}`);
    return this.#route(this.#grpc, this.#noGrpcProxy, hostname, Number(port));
  }

  #route(
    proxy: HttpProxy | ProxyConfigurationError | null,
    exceptions: Exceptions,
    hostname: string,
    port: number,
  ): Route {
    if (proxy === null || isLocal(hostname)) return { proxy: null };
    const { variable, ignored } = exceptions;
    if (exceptions.include(hostname, port)) return { proxy: null, noProxy: variable };
    if (proxy instanceof ProxyConfigurationError) throw proxy;
    return ignored.length === 0 ? { proxy } : { proxy, ignored: `${ignored.join(', ')} in ${variable}` };
  }
}

/** Such as `through the proxy http://proxy.example.com:3128 (HTTPS_PROXY)`; null where no proxy is in question. */
export function routeText({ proxy, noProxy, ignored }: Route): string | null {
  if (proxy !== null) return `through ${proxy}${ignored === undefined ? '' : ` (ignored: ${ignored})`}`;
  return noProxy === undefined ? null : `without a proxy (${noProxy})`;
}

/** Hosts that are reached without a proxy. */
class Exceptions {
  /** Entries that match nothing, as they are written. */
  readonly ignored: readonly string[];
  readonly #names: Array<{ name: string; port: number }> = [];
  /** Addresses and networks, by the port that they are for; 0 is any. */
  readonly #networks = new Map<number, BlockList>();

  constructor(
    readonly variable: string,
    list: string,
  ) {
    const entries = list.split(/[,\s]+/).filter(Boolean);
    this.ignored = entries.filter((entry) => !this.#add(entry)).map((entry) => `'${withoutUserInfo(entry)}'`);
  }

  include(hostname: string, port: number): boolean {
    const host = withoutBrackets(hostname).replace(/\.$/, '').toLowerCase();
    const version = isIP(host);
    if (version !== 0 && [0, port].some((of) => this.#networks.get(of)?.check(host, `ipv${version as 4 | 6}`))) {
      return true;
    }
    return this.#names.some(
      (entry) =>
        (entry.port === 0 || entry.port === port) &&
        (entry.name === '*' || (version === 0 && `.${host}`.endsWith(`.${entry.name}`))),
    );
  }

  /** False where it is of no use. */
  #add(entry: string): boolean {
    // An IPv6 address without brackets has no port.
    const [, named = entry, port = '0'] = isIP(entry) === 6 ? [] : (/^(.+):(\d+)$/.exec(entry) ?? []);
    const [, address = '', prefix] = /^(.+?)(?:\/(\d{1,3}))?$/.exec(named) ?? [];
    const version = isIP(withoutBrackets(address));
    if (version !== 0) return this.#addNetwork(withoutBrackets(address), version, prefix, Number(port));
    const name = named
      .replace(/^\*?\./, '')
      .replace(/\.$/, '')
      .toLowerCase();
    // No name of a host ends with a number.
    if (name !== '*' && (!/^[^*/:;@[\]]+$/.test(name) || /(^|\.)\d+$/.test(name))) return false;
    this.#names.push({ name, port: Number(port) });
    return true;
  }

  #addNetwork(address: string, version: number, prefix: string | undefined, port: number): boolean {
    const bits = version === 4 ? 32 : 128;
    const length = Number(prefix ?? bits);
    if (length > bits) return false;
    const networks = this.#networks.get(port) ?? new BlockList();
    networks.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6');
    this.#networks.set(port, networks);
    return true;
  }
}

/** The lower-case spelling, where it is set, even to nothing: so do curl, undici and most others. */
function read(env: NodeJS.ProcessEnv, name: string): [variable: string, value: string] {
  const variable = env[name] === undefined ? name.toUpperCase() : name;
  return [variable, (env[variable] ?? '').trim()];
}

const EXPECTED = "it must be like 'http://proxy.example.com:3128' or 'http://USER:PASSWORD@proxy.example.com:3128'.";

/** Without a scheme, `proxy.example.com:3128` is a proxy of http, as for curl. */
function parseProxy(variable: string, value: string): HttpProxy | ProxyConfigurationError {
  const refused = (problem: string) => new ProxyConfigurationError(variable, problem);
  const shown = withoutUserInfo(value);
  const url = value.includes('://') ? value : `http://${value}`;
  // A number alone would be an IPv4 address.
  if (!URL.canParse(url) || /(^|[/@])\d+$/.test(value))
    return refused(`is '${shown}', which is not a URL; ${EXPECTED}`);
  const { protocol, hostname, port, pathname, search, hash, username, password } = new URL(url);
  const isTls = protocol === 'https:';
  if ((!isTls && protocol !== 'http:') || hostname === '') {
    return refused(`is '${shown}', which is not the http or https URL of a proxy; ${EXPECTED}`);
  }
  if (!/^\/?$/.test(pathname) || search !== '' || hash !== '') {
    return refused(`is '${shown}', which has a path, a query or a fragment; ${EXPECTED}`);
  }
  const credentials = decoded(username, password);
  if (credentials === null) {
    return refused('has a user or a password with an invalid % sign: write %25 for each % in them.');
  }
  if (port === '0') return refused(`is '${shown}', which has the port 0; ${EXPECTED}`);
  const portNumber = Number(port) || (isTls ? 443 : 80);
  const origin = `${protocol}//${hostname}:${portNumber}`;
  const isAnonymous = username === '' && password === '';
  return new HttpProxy(variable, origin, withoutBrackets(hostname), portNumber, isAnonymous ? undefined : credentials);
}

function decoded(username: string, password: string): { username: string; password: string } | null {
  try {
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    return null;
  }
}
