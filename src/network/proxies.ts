/**
 * The proxies that the environment names, and the one rule by which a connection takes one: for the cloud, and for the
 * Temporal connections of clients and workers alike.
 *
 * The rule is that of undici's EnvHttpProxyAgent: the lower-case spelling of a variable goes before the other one, https
 * falls back to the proxy of http, and an entry of NO_PROXY names a host and all below it. In addition, NO_PROXY takes networks
 * (`10.0.0.0/8`), as gRPC does, and nothing local ever goes through a proxy. The agent itself is not used: it reports a refusal of the
 * proxy by its words alone, and who must know that no request was written needs a code.
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
}

/** A variable names no usable proxy. The message names the variable, and shows no password. */
export class ProxyConfigurationError extends Error {
  override readonly name = 'ProxyConfigurationError';

  constructor(problems: readonly string[]) {
    super(
      `The environment names a proxy that cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
  }
}

/** The proxies of an environment, as it is now. */
export class Proxies {
  readonly #https: HttpProxy | null;
  readonly #http: HttpProxy | null;
  readonly #grpc: HttpProxy | null;
  readonly #noProxy: Exceptions;
  readonly #noGrpcProxy: Exceptions;

  /** @throws {@link ProxyConfigurationError} */
  constructor(env: NodeJS.ProcessEnv) {
    const problems: string[] = [];
    const proxy = (name: string): HttpProxy | null => {
      const [variable, value] = read(env, name);
      const parsed = value === '' ? null : parseProxy(variable, value);
      if (typeof parsed !== 'string') return parsed;
      problems.push(`${variable} ${parsed}`);
      return null;
    };
    this.#http = proxy('http_proxy');
    this.#https = proxy('https_proxy') ?? this.#http;
    this.#grpc = proxy('grpc_proxy') ?? this.#https;
    if (problems.length > 0) throw new ProxyConfigurationError(problems);
    this.#noProxy = new Exceptions(...read(env, 'no_proxy'));
    const [variable, value] = read(env, 'no_grpc_proxy');
    this.#noGrpcProxy = value === '' ? this.#noProxy : new Exceptions(variable, value);
  }

  /** @param origin scheme, host and port */
  routeTo(origin: string): Route {
    const { protocol, hostname, port } = new URL(origin);
    const isTls = protocol === 'https:';
    return this.#route(isTls ? this.#https : this.#http, this.#noProxy, hostname, Number(port) || (isTls ? 443 : 80));
  }

  /**
   * Of a gRPC connection, with or without TLS: by grpc_proxy and no_grpc_proxy where they are set.
   *
   * @param address `host:port`
   */
  routeOfGrpc(address: string): Route {
    const { hostname, port } = new URL(`tcp://${address}`);
    return this.#route(this.#grpc, this.#noGrpcProxy, hostname, Number(port));
  }

  #route(proxy: HttpProxy | null, exceptions: Exceptions, hostname: string, port: number): Route {
    if (proxy === null || isLocal(hostname)) return { proxy: null };
    return exceptions.include(hostname, port) ? { proxy: null, noProxy: exceptions.variable } : { proxy };
  }
}

/** Such as `through the proxy http://proxy.example.com:3128 (HTTPS_PROXY)`; null where no proxy is in question. */
export function routeText({ proxy, noProxy }: Route): string | null {
  if (proxy !== null) return `through ${proxy}`;
  return noProxy === undefined ? null : `without a proxy (${noProxy})`;
}

/** Hosts that are reached without a proxy. */
class Exceptions {
  readonly #entries: ReadonlyArray<{ host: string; port: number }>;
  readonly #networks = new BlockList();

  constructor(
    readonly variable: string,
    list: string,
  ) {
    const entries = list.split(/[,\s]+/).filter(Boolean);
    this.#entries = entries.filter((entry) => !this.#addNetwork(entry)).map(parseException);
  }

  include(hostname: string, port: number): boolean {
    const host = withoutBrackets(hostname).replace(/\.$/, '').toLowerCase();
    const version = isIP(host);
    if (version !== 0 && this.#networks.check(host, version === 4 ? 'ipv4' : 'ipv6')) return true;
    return this.#entries.some(
      (entry) =>
        (entry.port === 0 || entry.port === port) &&
        (entry.host === '*' || host === entry.host || host.endsWith(`.${entry.host}`)),
    );
  }

  /** False where it is none. */
  #addNetwork(entry: string): boolean {
    const [, address = '', prefix = ''] = /^(.+)\/(\d{1,3})$/.exec(entry) ?? [];
    const version = isIP(address);
    if (version === 0 || Number(prefix) > (version === 4 ? 32 : 128)) return false;
    this.#networks.addSubnet(address, Number(prefix), version === 4 ? 'ipv4' : 'ipv6');
    return true;
  }
}

function parseException(entry: string): { host: string; port: number } {
  // An IPv6 address without brackets has no port.
  const [, named = entry, port = '0'] = isIP(entry) === 6 ? [] : (/^(.+):(\d+)$/.exec(entry) ?? []);
  return {
    host: withoutBrackets(named)
      .replace(/^\*?\./, '')
      .toLowerCase(),
    port: Number(port),
  };
}

/** The lower-case spelling, where it is set, even to nothing: so do curl, undici and most others. */
function read(env: NodeJS.ProcessEnv, name: string): [variable: string, value: string] {
  const variable = env[name] === undefined ? name.toUpperCase() : name;
  return [variable, (env[variable] ?? '').trim()];
}

const EXPECTED = "it must be like 'http://proxy.example.com:3128' or 'http://USER:PASSWORD@proxy.example.com:3128'.";

/** @returns what is wrong with it, in words that show no password */
function parseProxy(variable: string, value: string): HttpProxy | string {
  const shown = withoutUserInfo(value);
  if (!URL.canParse(value)) return `is '${shown}', which is not a URL; ${EXPECTED}`;
  const { protocol, hostname, port, pathname, search, hash, username, password } = new URL(value);
  const isTls = protocol === 'https:';
  if ((!isTls && protocol !== 'http:') || hostname === '') {
    return `is '${shown}', which is not the http or https URL of a proxy; ${EXPECTED}`;
  }
  if (!/^\/?$/.test(pathname) || search !== '' || hash !== '') {
    return `is '${shown}', which has a path, a query or a fragment; ${EXPECTED}`;
  }
  const credentials = decoded(username, password);
  if (credentials === null) {
    return 'has a user or a password with a % that is no percent-encoding: write %25 for each % in them.';
  }
  if (port === '0') return `is '${shown}', which has the port 0; ${EXPECTED}`;
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
