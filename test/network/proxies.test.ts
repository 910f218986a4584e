import { inspect } from 'node:util';
import { EnvHttpProxyAgent } from 'undici';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { Proxies, ProxyConfigurationError, routeText } from '../../src/network/proxies';
import { ConnectProxy } from '../rigs/connect-proxy';

const PROXY = 'http://proxy.example:3128';

function isProxied(env: NodeJS.ProcessEnv, origin: string): boolean {
  return new Proxies(env).routeTo(origin).proxy !== null;
}

describe('a connection to the cloud', () => {
  test.each([
    ['HTTPS_PROXY', 'https://ims.example', true],
    ['https_proxy', 'https://ims.example', true],
    ['HTTP_PROXY', 'http://ims.example', true],
    ['http_proxy', 'https://ims.example', true],
    ['https_proxy', 'http://ims.example', false],
    ['grpc_proxy', 'https://ims.example', false],
  ])('by %s to %s goes through the proxy: %s', (variable, origin, expected) => {
    expect(isProxied({ [variable]: PROXY }, origin)).toBe(expected);
  });

  test('takes the lower-case spelling first, also where it is empty', () => {
    const [lower, upper] = ['http://lower.example:1', 'http://upper.example:2'];
    const both = new Proxies({ https_proxy: lower, HTTPS_PROXY: upper }).routeTo('https://ims.example');
    expect(both.proxy?.origin).toBe(lower);
    expect(isProxied({ https_proxy: '', HTTPS_PROXY: upper }, 'https://ims.example')).toBe(false);
    expect(isProxied({ HTTPS_PROXY: upper, no_proxy: '', NO_PROXY: '*' }, 'https://ims.example')).toBe(true);
  });

  test.each([
    'http://localhost:9',
    'http://a.localhost',
    'https://127.0.0.1',
    'https://127.8.8.8',
    'https://[::1]:8',
    'http://169.254.169.254',
    'http://[fe80::1]',
    'http://[::ffff:127.0.0.1]',
  ])('to %s never goes through a proxy', (origin) => {
    expect(isProxied({ HTTPS_PROXY: PROXY, HTTP_PROXY: PROXY }, origin)).toBe(false);
  });

  test.each([
    ['10.0.0.0/8', 'https://10.1.2.3', false],
    ['10.0.0.0/8', 'https://11.1.2.3', true],
    ['fd00::/8', 'https://[fd12::1]', false],
    ['::2', 'https://[::2]:8443', false],
    ['[::2]:443', 'https://[::2]:8443', true],
    ['a.example, *', 'https://ims.example', false],
    ['10.0.0.0/8', 'https://[::ffff:10.1.2.3]', false],
    ['10.1.2.3', 'https://[::ffff:10.1.2.3]', false],
    ['10.1.2.3:443', 'https://10.1.2.3', false],
    ['10.1.2.3:443', 'https://10.1.2.3:8443', true],
    ['2001:db8:0::1', 'https://[2001:db8::1]', false],
    ['[2001:db8:0::1]:443', 'https://[2001:db8::1]', false],
    ['[fd00::]/8', 'https://[fd12::1]', false],
    ['example.com.', 'https://ims.example.com', false],
    ['example.com', 'https://ims.example.com.', false],
    ['3.4', 'https://1.2.3.4', true],
    ['.2.3.4', 'https://1.2.3.4', true],
  ])('with NO_PROXY=%s to %s goes through the proxy: %s', (NO_PROXY, origin, expected) => {
    expect(isProxied({ HTTPS_PROXY: PROXY, NO_PROXY }, origin)).toBe(expected);
  });

  test('is described with the entries of NO_PROXY that match no host', () => {
    const NO_PROXY =
      'localhost,ims.example:1,_x.example,10.0.0.*,10.,10.0.0.0/33,https://u:c0ffee@a.b,*a.example,a;b:x';
    const text = routeText(new Proxies({ HTTPS_PROXY: PROXY, NO_PROXY }).routeTo('https://ims.example'));
    expect(text).toBe(
      `through the proxy ${PROXY} (HTTPS_PROXY) (ignored: '10.0.0.*', '10.', '10.0.0.0/33', '…@a.b', '*a.example', 'a;b:x' in NO_PROXY)`,
    );
  });

  test('is described with the variable that decides, and without a password', () => {
    const env = { HTTPS_PROXY: 'http://user:c0ffee@proxy.example:3128', NO_PROXY: 'obs.example' };
    const proxies = new Proxies(env);
    const ims = proxies.routeTo('https://ims.example');
    expect(routeText(ims)).toBe('through the proxy http://proxy.example:3128 (HTTPS_PROXY)');
    expect(ims.proxy?.credentials).toEqual({ username: 'user', password: 'c0ffee' });
    expect(inspect(ims, { depth: null, showHidden: true }) + JSON.stringify(ims)).not.toContain('c0ffee');
    expect(routeText(proxies.routeTo('https://bucket.obs.example'))).toBe('without a proxy (NO_PROXY)');
    expect(routeText(new Proxies({}).routeTo('https://ims.example'))).toBeNull();
  });
});

describe('the route of gRPC', () => {
  test('is that of https, unless grpc_proxy and no_grpc_proxy say otherwise', () => {
    const env = { HTTPS_PROXY: PROXY, NO_PROXY: 'temporal.example' };
    expect(new Proxies(env).routeOfGrpc('other.example:7233').proxy?.variable).toBe('HTTPS_PROXY');
    expect(new Proxies(env).routeOfGrpc('temporal.example:7233')).toEqual({ proxy: null, noProxy: 'NO_PROXY' });
    const own = new Proxies({ ...env, grpc_proxy: 'http://grpc.example:1', no_grpc_proxy: 'b.example' });
    expect(own.routeOfGrpc('temporal.example:7233').proxy?.variable).toBe('grpc_proxy');
    expect(own.routeOfGrpc('b.example:7233')).toEqual({ proxy: null, noProxy: 'no_grpc_proxy' });
    expect(own.routeOfGrpc('localhost:7233')).toEqual({ proxy: null });
  });
});

describe('the URL of a proxy', () => {
  test.each([
    ['user:c0ffee@3128', "is '…@3128', which is not a URL"],
    ['3128', "is '3128', which is not a URL"],
    ['socks5://user:c0ffee@proxy.example', "is '…@proxy.example', which is not the http or https URL"],
    ['http://user:c0ffee@proxy.example/path', 'which has a path'],
    ['http://user:c0ffee@proxy.example:0', "is '…@proxy.example:0', which has the port 0"],
    ['http://user:c0ff%ee@proxy.example', 'an invalid % sign'],
    ['http://user:c0ffee@', "is '…@', which is not a URL"],
  ])('%s is refused by the name of its variable, and without its password', (url, problem) => {
    const proxies = new Proxies({ HTTPS_PROXY: url, NO_PROXY: 'obs.example' });
    const failed = () => proxies.routeTo('https://ims.example');
    expect(failed).toThrow(ProxyConfigurationError);
    expect(failed).toThrow(/^The environment names a proxy that cannot be used: HTTPS_PROXY /);
    expect(failed).toThrow(problem);
    expect(failed).not.toThrow(/c0ffee|\n/);
    // It harms nothing that does not go through it.
    for (const origin of ['https://localhost', 'https://obs.example', 'http://ims.example']) {
      expect(proxies.routeTo(origin).proxy).toBeNull();
    }
  });

  test.each([
    ['proxy.example:3128', 'http://proxy.example:3128'],
    ['user:c0ffee@proxy.example:3128', 'http://proxy.example:3128'],
    ['proxy.example', 'http://proxy.example:80'],
    ['10.0.0.1:3128/', 'http://10.0.0.1:3128'],
  ])('may have no scheme: %s', (HTTPS_PROXY, origin) => {
    expect(new Proxies({ HTTPS_PROXY }).routeTo('https://ims.example').proxy?.origin).toBe(origin);
  });
});

/** The rule that users know from others. */
describe("undici's EnvHttpProxyAgent", () => {
  let proxy: ConnectProxy;
  beforeAll(async () => {
    proxy = await ConnectProxy.start();
    proxy.refusesBy = 503;
  });
  afterAll(() => proxy.kill());

  const LISTS = ['', 'ims.invalid', '.invalid', '*.invalid', 'other.invalid', 'ims.invalid:443', 'ims.invalid:80'];
  const MORE = ['IMS.INVALID', 'a.example b.example,invalid', 's.invalid', '*', 'ims.invalid:8443'];
  const ORIGINS = ['https://ims.invalid', 'http://ims.invalid', 'https://ims.invalid:8443'];

  it.each([...LISTS, ...MORE])('takes the proxy where we do with NO_PROXY=%j', async (noProxy) => {
    for (const origin of ORIGINS) {
      for (const scheme of ['https', 'http'] as const) {
        const env = { [`${scheme}_proxy`]: proxy.url, no_proxy: noProxy };
        const asked = proxy.asked.length;
        const agent = new EnvHttpProxyAgent({
          ...{ httpProxy: env.http_proxy ?? '', httpsProxy: env.https_proxy ?? '', noProxy },
        });
        await agent.request({ origin, path: '/', method: 'GET' }).catch(() => undefined);
        await agent.destroy();
        expect([origin, scheme, isProxied(env, origin)]).toEqual([origin, scheme, proxy.asked.length > asked]);
      }
    }
  });
});
