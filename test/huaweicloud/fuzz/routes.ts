/**
 * Environments with proxies of every kind of nonsense, and where they lead: by the rule of undici's EnvHttpProxyAgent, without a secret in any
 * text, and never through a proxy to what is local.
 *
 * @module
 */
import { inspect } from 'node:util';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';

import { Proxies, ProxyConfigurationError, type Route, routeText } from '../../../src/network/proxies';
import { TemporalConfigurationError } from '../../../src/temporal/configuration-error';
import { temporalOfEnvironment } from '../../../src/temporal/place';
import { clientRoute, routeOfTemporal, workerRoute } from '../../../src/temporal/route';
import { PLANTED } from './environments';
import type { Random } from './random';

const USER = 'PLANTED-user';
const LOCAL = [
  'localhost',
  'a.localhost',
  'LOCALHOST',
  '127.0.0.1',
  '127.9.9.9',
  '[::1]',
  '169.254.169.254',
  '[fe80::1]',
];
const HOSTS = [
  'ims.invalid',
  'a.ims.invalid',
  'IMS.invalid',
  'xims.invalid',
  'invalid',
  '10.1.2.3',
  '[fd00::1]',
  'ims.invalid.',
];
const ENTRIES = [
  'invalid',
  'ims.invalid',
  '.ims.invalid',
  '*.ims.invalid',
  'IMS.INVALID',
  'a.ims.invalid',
  '10.1.2.3',
  'x',
];

/** What is wrong with what comes of one random environment. */
export function faultOfRoutes(random: Random): string | undefined {
  // Of nonsense alone few environments would have a proxy, and few proxies an exception that counts.
  const isPlain = random.chance(0.5);
  const env = isPlain ? plainEnvironment(random) : environment(random);
  const scheme = random.pick(['https', 'http']);
  const origin = `${scheme}://${random.pick(isPlain ? HOSTS.slice(0, 6) : [...HOSTS, ...LOCAL])}${random.pick(['', '', ':443', ':80', ':8443'])}`;
  const texts: string[] = [];
  let fault: string | undefined;
  try {
    const proxies = new Proxies(env);
    const route = proxies.routeTo(origin);
    texts.push(...textsOf(route));
    fault = faultOfRoute(env, origin, route);
  } catch (error) {
    if (!(error instanceof ProxyConfigurationError)) throw error;
    texts.push(inspect(error));
    fault = [...proxyVariables(env)].some((name) => error.message.includes(`: ${name} `)) ? undefined : 'no variable';
  }
  fault ??= ofTemporal(env, texts);
  const text = texts.join('\n');
  if (text.includes(PLANTED) || text.includes(USER)) fault ??= `a secret in ${JSON.stringify(text.slice(0, 500))}`;
  return fault === undefined ? undefined : `${fault}; ${JSON.stringify({ env, origin })}`;
}

/** Of a client and a worker: both go the same way, and only through a proxy that both can use. */
function ofTemporal(env: NodeJS.ProcessEnv, texts: string[]): string | undefined {
  try {
    const { address } = temporalOfEnvironment(env);
    const route = routeOfTemporal(address, env);
    texts.push(...textsOf(route));
    const client = clientRoute(address, route);
    const { proxy } = workerRoute(route);
    if (client.channelArgs['grpc.enable_http_proxy'] !== 0) return 'gRPC may take a proxy by its own rules';
    if (proxy === undefined) return client.address === address ? undefined : 'the client takes another way';
    return client.address === proxy.targetHost ? undefined : `the worker goes by ${proxy.targetHost}`;
  } catch (error) {
    if (![ProxyConfigurationError, TemporalConfigurationError].some((kind) => error instanceof kind)) throw error;
    texts.push(inspect(error));
    return undefined;
  }
}

function textsOf(route: Route): string[] {
  return [routeText(route) ?? '', inspect(route, { depth: null, showHidden: true }), JSON.stringify(route)];
}

function faultOfRoute(env: NodeJS.ProcessEnv, origin: string, { proxy, noProxy }: Route): string | undefined {
  const { hostname } = new URL(origin);
  if (LOCAL.some((local) => local.toLowerCase() === hostname)) return proxy === null ? undefined : 'local, by a proxy';
  if (proxy !== null && proxy.port === 0) return 'a proxy without a port';
  if (noProxy !== undefined && env[noProxy] === undefined) return `${noProxy} is not set`;
  if (!isDefined(env, hostname)) return undefined;
  const expected = originOfUndici(env, origin);
  if (expected === undefined) return undefined;
  const ours = proxy === null ? null : new URL(proxy.origin).origin;
  return ours === expected ? undefined : `by ${ours}, where undici goes by ${expected}`;
}

/** Where undici's rule and ours are the same by intent: it knows no networks, no final dot, no address in brackets, no `*` among others. */
function isDefined(env: NodeJS.ProcessEnv, hostname: string): boolean {
  const list = env.no_proxy ?? env.NO_PROXY ?? '';
  const isStarAmongOthers = list !== '*' && /(^|[,\s])(\*|\*:\d+|\*?\.)([,\s]|$)/.test(list);
  return !isStarAmongOthers && !/[/[\]]|::/.test(list) && !/[[\]]|\.$/.test(hostname);
}

/** Which proxy undici's agent takes: its own agents say which of them is asked. Undefined where it refuses what we need not. */
function originOfUndici(env: NodeJS.ProcessEnv, origin: string): string | null | undefined {
  const of = (name: string) => (env[name] ?? env[name.toUpperCase()] ?? '').trim();
  const [httpProxy, httpsProxy, noProxy] = ['http_proxy', 'https_proxy', 'no_proxy'].map(of);
  const made = new Map<string, string>();
  let taken: string | null = null;
  let agent: EnvHttpProxyAgent;
  try {
    agent = new EnvHttpProxyAgent({ httpProxy, httpsProxy, noProxy });
  } catch {
    return undefined;
  }
  for (const symbol of Object.getOwnPropertySymbols(agent)) {
    const kind = /^Symbol\((no|http|https) proxy agent\)$/i.exec(String(symbol))?.[1]?.toLowerCase();
    if (kind === undefined) continue;
    const held = agent as unknown as { [symbol: symbol]: Dispatcher };
    const one = held[symbol];
    if (one === undefined) continue;
    const proxy = kind === 'https' ? httpsProxy || httpProxy : kind === 'http' ? httpProxy : '';
    made.set(kind, proxy ?? '');
    void one.destroy();
    held[symbol] = {
      dispatch: () => {
        taken = proxy ? new URL(proxy).origin : null;
        return true;
      },
    } as unknown as Dispatcher;
  }
  if (made.size !== 3) throw new Error("undici's agents are called otherwise now");
  agent.dispatch({ origin, path: '/', method: 'GET' }, {} as Dispatcher.DispatchHandler);
  return taken;
}

function* proxyVariables(env: NodeJS.ProcessEnv): Iterable<string> {
  for (const name of Object.keys(env)) if (/^(https?|grpc)_proxy$/i.test(name)) yield name;
}

function plainEnvironment(random: Random): NodeJS.ProcessEnv {
  const entry = () => `${random.pick(ENTRIES)}${random.pick(['', '', ':443', ':80', ':8443'])}`;
  return {
    HOME: '/nowhere',
    [random.pick(['https_proxy', 'HTTPS_PROXY'])]: 'http://s.invalid:3128',
    ...(random.chance(0.8) ? { [random.pick(['http_proxy', 'HTTP_PROXY'])]: 'http://p.invalid:3128' } : {}),
    [random.pick(['no_proxy', 'NO_PROXY'])]: Array.from({ length: random.below(3) }, entry).join(
      random.pick([',', ' ']),
    ),
  };
}

function environment(random: Random): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { HOME: '/nowhere' };
  const set = (name: string, value: string): void => {
    env[random.chance(0.5) ? name : name.toUpperCase()] = value;
    if (random.chance(0.1)) env[random.chance(0.5) ? name : name.toUpperCase()] = '';
  };
  if (random.chance(0.7)) set('https_proxy', proxyUrl(random));
  if (random.chance(0.5)) set('http_proxy', proxyUrl(random));
  if (random.chance(0.2)) set('grpc_proxy', proxyUrl(random));
  if (random.chance(0.6)) set('no_proxy', exceptions(random));
  if (random.chance(0.2)) set('no_grpc_proxy', exceptions(random));
  if (random.chance(0.8)) {
    const host = random.pick([...HOSTS, ...LOCAL, '', random.text(20)]);
    env.TEMPORAL_ADDRESS = `${host}${random.pick([':7233', '', ':99999', ':'])}`;
  }
  return env;
}

function proxyUrl(random: Random): string {
  if (random.chance(0.5))
    return `${random.pick(['http', 'http', 'https'])}://${random.pick(['p.invalid', '10.0.0.9', '[fd00::9]', 'P.invalid'])}${random.pick(['', '/', ':3128', ':443', ':80'])}`;
  const password = random.pick([
    PLANTED,
    `${PLANTED}%`,
    `${PLANTED}/`,
    `${PLANTED}@x`,
    `${PLANTED}#`,
    `${PLANTED}?`,
    `${PLANTED} `,
    `\n${PLANTED}`,
    `${PLANTED}%40`,
  ]);
  const scheme = random.pick(['http://', 'https://', 'socks5://', '', '//', 'http:', 'HTTP://', 'http:/']);
  const host = random.pick([
    'p.invalid',
    'p.invalid:3128',
    'p.invalid:0',
    'p.invalid:99999',
    '[::9',
    '',
    'p.invalid/path',
    'p.invalid?q',
    'in valid',
    '1',
    'p.invalid:',
  ]);
  return random.pick([
    () => `${scheme}${USER}:${password}@${host}`,
    () => `${scheme}:${password}@${host}`,
    () => `${scheme}${host}`,
    () => `${scheme}${host}?password=${PLANTED}`,
    () => random.text(40),
    () => '',
  ])();
}

function exceptions(random: Random): string {
  const entry = (): string => {
    const plain = random.pick(ENTRIES);
    return random.pick([
      ...[
        plain,
        plain,
        `${plain}:443`,
        `${plain}:80`,
        `${plain}:0`,
        `${plain}:`,
        '*',
        '.',
        '',
        '10.0.0.0/8',
        '10.0.0.0/33',
      ],
      ...['fd00::/8', '[fd00::1]', '::1', '*:443', '[', 'a/b', random.text(10)],
    ]);
  };
  if (random.chance(0.05)) return '*';
  return Array.from({ length: random.below(5) }, entry).join(random.pick([',', ' ', ', ', ',,', '\t']));
}
