/**
 * The way to Temporal: one route for the connections of clients, which are of gRPC for Node, and of workers, which are of the native
 * core. Each has rules of its own for proxies, so both are told where to go.
 *
 * @module
 */
import { withBrackets } from '../network/local-addresses';
import { Proxies, type Route } from '../network/proxies';
import { TemporalConfigurationError } from './configuration-error';

/** What a client's `Connection` takes. */
export interface ClientRoute {
  address: string;
  channelArgs: { [name: string]: string | number };
}

/** What a worker's `NativeConnection` takes. */
export interface WorkerRoute {
  proxy?: { type: 'http-connect'; targetHost: string; basicAuth?: { username: string; password: string } };
}

/**
 * By grpc_proxy, https_proxy, http_proxy, and no_grpc_proxy, no_proxy, in either case; never through a proxy to what is local.
 *
 * @param address `host:port`
 * @throws ProxyConfigurationError; TemporalConfigurationError where neither client nor worker could use the proxy
 */
export function routeOfTemporal(address: string, env: NodeJS.ProcessEnv): Route {
  const route = new Proxies(env).routeOfGrpc(address);
  if (route.proxy?.isTls) {
    throw new TemporalConfigurationError(
      `Temporal at ${address} cannot be reached through ${route.proxy}: its clients and workers reach a proxy by http only. Set grpc_proxy to an http:// URL, or name the host of Temporal in NO_PROXY.`,
    );
  }
  return route;
}

/** gRPC takes proxies from the environment by rules of its own; it is told not to, and where to connect instead. */
export function clientRoute(address: string, { proxy }: Route): ClientRoute {
  const withoutItsOwn = { 'grpc.enable_http_proxy': 0 };
  if (proxy === null) return { address, channelArgs: withoutItsOwn };
  const { hostname, port, credentials } = proxy;
  return {
    address: `${withBrackets(hostname)}:${port}`,
    channelArgs: {
      ...withoutItsOwn,
      'grpc.http_connect_target': `dns:${address}`,
      'grpc.default_authority': address,
      ...(credentials && { 'grpc.http_connect_creds': `${credentials.username}:${credentials.password}` }),
    },
  };
}

export function workerRoute({ proxy }: Route): WorkerRoute {
  if (proxy === null) return {};
  const { origin, credentials } = proxy;
  const targetHost = origin.replace('http://', '');
  return { proxy: { type: 'http-connect', targetHost, ...(credentials && { basicAuth: credentials }) } };
}
