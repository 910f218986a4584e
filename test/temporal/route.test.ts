import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectClient } from '../../src/client';
import type { DevServer } from '../../src/dev-server';
import { ProxyConfigurationError } from '../../src/network/proxies';
import { clientRoute, routeOfTemporal, workerRoute } from '../../src/temporal/route';
import { connectWorker } from '../../src/worker/native-connection';
import { ConnectProxy } from '../rigs/connect-proxy';
import { sharedTestServer } from '../rigs/temporal';

const PASSWORD = 'c0ffee-of-the-proxy';
let server: DevServer;
let proxy: ConnectProxy;
beforeAll(async () => {
  [server, proxy] = await Promise.all([sharedTestServer(), ConnectProxy.start(`user:${PASSWORD}`)]);
});
afterAll(() => proxy?.kill());

/** The server by a name that the proxy alone knows. */
const environment = (env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  TEMPORAL_ADDRESS: server.address.replace('127.0.0.1', 'temporal.test'),
  TEMPORAL_NAMESPACE: server.namespace,
  HTTPS_PROXY: proxy.url,
  ...env,
});

async function connectClientBy(env: NodeJS.ProcessEnv): Promise<void> {
  await (await connectClient(env)).connection.close();
}

/** Of this process, as a worker reads it. */
async function connectWorkerBy(env: NodeJS.ProcessEnv): Promise<void> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  try {
    await (await connectWorker()).connection.close();
  } finally {
    vi.unstubAllEnvs();
  }
}

describe.each([
  ['client', connectClientBy],
  ['worker', connectWorkerBy],
])("a %s's connection to Temporal", (_who, connectBy) => {
  it('F71 goes through the proxy of HTTPS_PROXY', async () => {
    proxy.asked.length = 0;
    await connectBy(environment());
    expect(proxy.hosts()).toEqual(['temporal.test']);
  });

  it('goes directly to what NO_PROXY names, and to the loopback', async () => {
    proxy.asked.length = 0;
    await connectBy(environment({ TEMPORAL_ADDRESS: server.address, https_proxy: proxy.url }));
    await expect(connectBy(environment({ NO_PROXY: '.test' }))).rejects.toThrow(
      /temporal\.test:\d+ \(.*(ENOTFOUND|EAI_AGAIN)/,
    );
    expect(proxy.asked).toEqual([]);
  });

  it('F72 that the proxy refuses is told with the proxy, what it answered, and without the password', async () => {
    proxy.refusesBy = 407;
    try {
      const error: Error = await connectBy(environment()).then(
        () => new Error('it was connected'),
        (reason) => reason,
      );
      expect(error.message).toMatch(
        /^No Temporal server answers at temporal\.test:\d+ \(The proxy http:\S+ \(HTTPS_PROXY\) answered 407 .*It is reached through the proxy/,
      );
      expect(error.message).not.toContain(PASSWORD);
    } finally {
      proxy.refusesBy = null;
    }
  });

  it('is not tried with a proxy that cannot be used', async () => {
    await expect(connectBy(environment({ HTTPS_PROXY: `socks5://user:${PASSWORD}@h:1` }))).rejects.toThrow(
      ProxyConfigurationError,
    );
    await expect(connectBy(environment({ HTTPS_PROXY: 'https://proxy.test:3128' }))).rejects.toThrow(
      /cannot be reached through the proxy https:\/\/proxy\.test:3128 \(HTTPS_PROXY\).*Set grpc_proxy to an http:\/\/ URL/,
    );
  });
});

it('an IPv6 address of a proxy stands in brackets for both', () => {
  const route = routeOfTemporal('temporal.test:7233', { grpc_proxy: 'http://[fd00::1]:3128' });
  expect(clientRoute('temporal.test:7233', route).address).toBe('[fd00::1]:3128');
  expect(workerRoute(route).proxy?.targetHost).toBe('[fd00::1]:3128');
});
