import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createCloudClient, metadataCredentials, staticCredentials } from '../../src/huaweicloud';
import { errorOfTransport } from '../../src/huaweicloud/errors';
import { type HttpRequest, Transport, TransportError, type TransportOptions } from '../../src/huaweicloud/transport';
import { type Certificates, makeCertificates, removeCertificates } from '../rigs/certificates';
import { ConnectProxy } from '../rigs/connect-proxy';
import { IMAGE_ID, type LocalCloud, startLocalCloud } from '../rigs/local-cloud';
import { startRawServer } from '../rigs/raw-server';
import { startTlsFront } from '../rigs/tls-front';
import { sendTrusting } from '../rigs/trusting-child';

const USER = 'user:c0ffee-of-the-proxy';
let cloud: LocalCloud;
let proxy: ConnectProxy;

beforeEach(async () => {
  [cloud, proxy] = await Promise.all([startLocalCloud(), ConnectProxy.start(USER)]);
  cloud.reply({ status: 200, headers: { 'x-request-id': 'r-1' }, body: { job_id: 'j-1' } });
});
afterEach(() => Promise.all([cloud.close(), proxy.kill()]));

/** The local cloud by a name that the proxy alone knows. */
const far = (host = 'ims.cloud.test') => cloud.origin.replace('127.0.0.1', host);

function transportWith(env: NodeJS.ProcessEnv, options: TransportOptions = {}): Transport {
  const transport = new Transport({ env, allowHttp: true, ...options });
  onTestFinished(() => transport.close());
  return transport;
}

function send(transport: Transport, method: HttpRequest['method'], origin: string, more: Partial<HttpRequest> = {}) {
  const { host } = new URL(origin);
  return transport.send({ method, origin, path: '/x', headers: [['host', host]], ...more }, { limitMs: 5_000 });
}

async function failureOf(call: Promise<unknown>): Promise<TransportError> {
  const error = await call.then(
    () => new Error('it was answered'),
    (reason: unknown) => reason,
  );
  if (error instanceof TransportError) return error;
  throw error;
}

/** What it means to an export: the class of a POST's error, and whether it may have been executed. */
function meaningOf(error: TransportError) {
  const { class: errorClass, executed } = errorOfTransport(error, { operation: 'X', method: 'POST', nowMs: 0 });
  return [errorClass, executed];
}

describe('a request through a proxy', () => {
  test('is tunneled, be it a read or a POST, which has a tunnel of its own', async () => {
    const transport = transportWith({ HTTP_PROXY: proxy.url });
    for (const _ of Array(5)) expect((await send(transport, 'GET', far())).status).toBe(200);
    const shared = proxy.asked.length;
    expect(shared).toBeLessThan(3);
    for (const _ of Array(3)) expect((await send(transport, 'POST', far())).status).toBe(200);
    expect(proxy.asked).toHaveLength(shared + 3);
    expect(new Set(proxy.asked.map(({ authority }) => authority))).toEqual(new Set([new URL(far()).host]));
    expect(cloud.requests.map(({ headers }) => headers.host)).toEqual(Array(8).fill(new URL(far()).host));
    expect(inspect(cloud.requests)).not.toMatch(/proxy-|c0ffee/);
  });

  test('is read past 100 Continue, as without one', async () => {
    const raw = await startRawServer('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    onTestFinished(() => raw.close());
    const transport = transportWith({ HTTP_PROXY: proxy.url });
    const answer = await send(transport, 'POST', raw.origin.replace('127.0.0.1', 'ims.cloud.test'));
    expect([answer.status, answer.body.toString()]).toEqual([200, 'ok']);
  });

  const REFUSALS: Array<[status: number, code: string, errorClass: string, words: RegExp]> = [
    [
      ...([407, 'ProxyAuthenticationRequired', 'wrongEndpoint'] as const),
      /It refuses user and password: set HTTP_PROXY to http:\/\/USER:PASSWORD@127/,
    ],
    [403, 'ProxyRefused', 'wrongEndpoint', /Let the proxy allow this host, or name the host in NO_PROXY/],
    [
      502,
      'ProxyUnavailable',
      'transient',
      /answered 502 to CONNECT ims\.cloud\.test:\d+, so nothing was sent\. The proxy does/,
    ],
    [429, 'ProxyUnavailable', 'transient', /answered 429/],
  ];
  test.each(REFUSALS)('that the proxy refuses by %i was not executed', async (status, code, errorClass, words) => {
    proxy.refusesBy = status;
    const transport = transportWith({ HTTP_PROXY: proxy.url });
    for (const method of ['GET', 'POST'] as const) {
      const failure = await failureOf(send(transport, method, far()));
      expect(failure).toMatchObject({ code, isStarted: false, message: expect.stringMatching(words) });
      expect(failure.message).toContain(`The proxy http://${proxy.address} (HTTP_PROXY) answered ${status}`);
      expect(meaningOf(failure)).toEqual([errorClass, 'no']);
      expect(inspect(failure, { depth: null, showHidden: true })).not.toContain('c0ffee');
    }
    expect(cloud.requests).toHaveLength(0);
  });

  test('has a password of the proxy tried once for all requests, and after some seconds again', async () => {
    proxy.refusesBy = 407;
    const cloudOf = createCloudClient(
      {
        ...{ name: 'default', region: 'r-1', projectId: '77b6a44cba5143ab91d13ab9a8ff44fd', obsPathStyle: true },
        ...{ endpoints: { ims: far(), obs: far('obs.cloud.test'), iam: far('iam.cloud.test') }, allowHttp: true },
        credentials: staticCredentials({ accessKey: 'an-access-key', secretKey: 'a-secret-key' }),
      },
      { transport: { env: { HTTP_PROXY: proxy.url } } },
    );
    onTestFinished(() => cloudOf.close());
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const calls = () => Array.from({ length: 20 }, () => cloudOf.obs.headBucket('b').catch(({ code }) => code));
    expect(new Set(await Promise.all(calls()))).toEqual(new Set(['ProxyAuthenticationRequired']));
    expect(proxy.asked).toHaveLength(1);
    vi.advanceTimersByTime(5_000);
    proxy.refusesBy = null;
    await Promise.all(calls());
    expect(proxy.asked.map(({ status }) => status).slice(0, 3)).toEqual([407, 200, 200]);
  });

  test('through a proxy that takes no Basic names what it takes', async () => {
    const raw = await startRawServer(
      'HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM TlRM\r\nContent-Length: 0\r\n\r\n',
    );
    onTestFinished(() => raw.close());
    const failure = await failureOf(send(transportWith({ HTTP_PROXY: raw.origin }), 'POST', far()));
    expect(failure.message).toMatch(/It takes Negotiate, NTLM only, and this package supports Basic only/);
  });

  test('ends where the proxy sends bytes of its own after its answer, instead of being tried over and over', async () => {
    const raw = await startRawServer('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 400 Bad\r\n\r\n');
    onTestFinished(() => raw.close());
    const transport = transportWith({ HTTP_PROXY: raw.origin, HTTPS_PROXY: raw.origin });
    for (const origin of [far(), 'https://ims.cloud.test']) {
      const failure = await failureOf(send(transport, 'POST', origin));
      expect([failure.code, ...meaningOf(failure)]).toEqual(['ProxyRefused', 'wrongEndpoint', 'no']);
      expect(failure.message).toContain('followed by bytes of its own. Check the proxy.');
    }
  });

  test('leaves no connection to a silent proxy when the transport is closed', async () => {
    const silent = createServer((socket) => void socket.resume().on('error', () => {}));
    const connected = once(silent, 'connection');
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const transport = new Transport({
      ...{ env: { HTTP_PROXY: `http://127.0.0.1:${port}` }, allowHttp: true, connectTimeoutMs: 60_000 },
    });
    const failure = failureOf(send(transport, 'POST', far()));
    const [socket] = await connected;
    const closed = once(socket, 'close');
    await transport.close();
    await closed;
    expect((await failure).isStarted).toBe(false);
  });

  test('is not made by a proxy that cannot be used, and made where no proxy is needed', async () => {
    const transport = transportWith({ HTTP_PROXY: 'socks5://user:c0ffee@proxy.example' });
    expect((await send(transport, 'POST', cloud.origin)).status).toBe(200);
    const failure = await failureOf(send(transport, 'POST', far()));
    expect([failure.code, ...meaningOf(failure)]).toEqual(['UnusableProxy', 'wrongEndpoint', 'no']);
    expect(failure.message).toMatch(
      /^The environment names a proxy that cannot be used: HTTP_PROXY is '…@proxy\.example'/,
    );
  });

  test('without the password that it asks for says so', async () => {
    const failure = await failureOf(send(transportWith({ HTTP_PROXY: `http://${proxy.address}` }), 'POST', far()));
    expect(failure.message).toContain('It asks for a user and a password');
  });

  test('was not executed where the proxy is not there, and is sent once it is back', async () => {
    const transport = transportWith({ HTTP_PROXY: proxy.url });
    await proxy.kill();
    const failure = await failureOf(send(transport, 'POST', far()));
    expect(failure).toMatchObject({ code: 'ECONNREFUSED', message: expect.stringContaining('Check HTTP_PROXY') });
    expect(meaningOf(failure)).toEqual(['transient', 'no']);
    await proxy.revive();
    expect((await send(transport, 'POST', far())).status).toBe(200);
    expect(cloud.requests).toHaveLength(1);
  });

  test('was not executed where the proxy says nothing, and its host is no name', async () => {
    const silent = await startRawServer('');
    onTestFinished(() => silent.close());
    const waiting = transportWith({ HTTP_PROXY: silent.origin }, { connectTimeoutMs: 100 });
    const timedOut = await failureOf(send(waiting, 'POST', far()));
    expect(timedOut).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT', isStarted: false });
    const lost = await failureOf(send(transportWith({ HTTP_PROXY: 'http://proxy.invalid' }), 'POST', far()));
    expect([lost.code, ...meaningOf(lost)]).toEqual(['ENOTFOUND', 'wrongEndpoint', 'no']);
    expect(lost.message).toContain('The proxy http://proxy.invalid:80 (HTTP_PROXY) cannot be reached');
  });

  test('that was written may have been executed when the proxy dies', async () => {
    cloud.reply(() => void proxy.kill());
    const failure = await failureOf(send(transportWith({ HTTP_PROXY: proxy.url }), 'POST', far()));
    expect(failure.isStarted).toBe(true);
    expect(meaningOf(failure)).toEqual(['transient', 'maybe']);
  });

  test('is not one to hosts of NO_PROXY, to the loopback, and to a metadata service', async () => {
    const env = { HTTP_PROXY: proxy.url, NO_PROXY: 'invalid' };
    const transport = transportWith(env);
    expect((await send(transport, 'GET', cloud.origin)).status).toBe(200);
    expect((await failureOf(send(transport, 'GET', 'http://ims.invalid'))).code).toBe('ENOTFOUND');
    const resources = { transport, now: Date.now, breakers: {} as never };
    const metadata = metadataCredentials({ endpoint: 'http://metadata.invalid' }).forClient?.(resources);
    await expect(metadata?.get()).rejects.toThrow('ENOTFOUND');
    expect(proxy.asked).toEqual([]);
    await send(transport, 'GET', far());
    expect(proxy.asked).toHaveLength(1);
  });
});

describe('plain http', () => {
  test('beyond the own link is refused before a key is sent, unless it is allowed', async () => {
    const account = { ims: far(), obs: far('obs.cloud.test'), iam: far('iam.cloud.test') };
    const clientWith = (allowHttp?: boolean) =>
      createCloudClient(
        {
          ...{ name: 'default', region: 'r-1', projectId: '77b6a44cba5143ab91d13ab9a8ff44fd', endpoints: account },
          ...{
            obsPathStyle: true,
            allowHttp,
            credentials: staticCredentials({ accessKey: 'an-access-key', secretKey: 'a-secret-key' }),
          },
        },
        { transport: { env: { HTTP_PROXY: proxy.url } } },
      );
    const [refusing, allowing] = [clientWith(), clientWith(true)];
    onTestFinished(async () => void (await Promise.all([refusing.close(), allowing.close()])));
    const request = { imageId: IMAGE_ID, bucketUrl: 'b:k', fileFormat: 'qcow2' } as const;
    for (const call of [() => refusing.ims.exportImage(request), () => refusing.obs.headBucket('b')]) {
      await expect(call()).rejects.toMatchObject({
        ...{ code: 'PlainHttpRefused', class: 'wrongEndpoint', executed: 'no' },
        message: expect.stringMatching(/plain http\. Use https\. .* IMS_EXPORT_ALLOW_HTTP=true, or allowHttp/),
      });
    }
    expect(proxy.asked).toEqual([]);
    expect(await allowing.ims.exportImage(request)).toMatchObject({ jobId: 'j-1' });
  });
});

const NAMES = 'DNS:localhost,IP:127.0.0.1';

describe('a connection that no time cures', () => {
  let certificates: Certificates;
  beforeAll(async () => {
    // Of a proxy, the cloud's name alone: it must not stand for that of the proxy.
    certificates = await makeCertificates(`${NAMES},DNS:ims.cloud.test`, 'DNS:ims.cloud.test');
  });
  afterAll(() => removeCertificates(certificates));

  const front = async (
    certificate: 'server' | 'expired' | 'wrongName' | 'weak' | 'selfSigned',
    options: TlsOptions = {},
    behind = new URL(cloud.origin).port,
  ) => {
    const tls = await startTlsFront(Number(behind), certificates[certificate], options);
    onTestFinished(() => tls.close());
    return `https://localhost:${tls.port}`;
  };
  type Case = [what: string, code: string, origin: () => Promise<string>, words: RegExp];
  const CASES: Case[] = [
    [
      'an unknown host',
      'ENOTFOUND',
      async () => 'https://ims.invalid',
      /^No host has the name ims\.invalid\. Check the region/,
    ],
    ['a self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT', () => front('selfSigned'), /NODE_EXTRA_CA_CERTS/],
    [
      'an unknown authority',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      () => front('server'),
      /from an authority that this machine does not trust/,
    ],
    ['no TLS', 'ERR_SSL_WRONG_VERSION_NUMBER', async () => cloud.origin.replace('http:', 'https:'), /There is no TLS/],
    [
      'old versions of TLS',
      'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
      () => front('server', { ...{ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }, ciphers: 'DEFAULT@SECLEVEL=0' }),
      /^localhost:\d+ and this machine have no TLS version or cipher in common\. .*\(tlsv1 alert protocol version\)$/,
    ],
    [
      'other ciphers',
      'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
      () => front('server', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' }),
      /\(sslv3 alert handshake failure\)$/,
    ],
    [
      'another protocol',
      'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
      () => front('server', { ALPNProtocols: ['h2'] }),
      /\(tlsv1 alert no application protocol\)$/,
    ],
  ];
  test.each(CASES)('because of %s is told as what it is (%s)', async (_what, code, origin, words) => {
    const failure = await failureOf(send(transportWith({}), 'POST', await origin()));
    expect(failure).toMatchObject({ code, message: expect.stringMatching(words) });
    expect(meaningOf(failure)).toEqual(['wrongEndpoint', 'no']);
    expect(cloud.requests).toHaveLength(0);
  });

  test('is told by certificate of the host, and by that of the proxy', async () => {
    const inside = (await front('server')).replace('localhost', 'ims.cloud.test');
    const open = await ConnectProxy.start();
    onTestFinished(() => open.kill());
    const port = open.address.replace(/.*:/, '');
    const by = (HTTPS_PROXY: string) => ({ origin: inside, env: { HTTPS_PROXY } });
    const byIp = (url: string) => url.replace('localhost', '127.0.0.1');
    const [good, wrongName, selfSigned] = [
      await front('server', {}, port),
      await front('wrongName', {}, port),
      await front('selfSigned', {}, port),
    ];
    const answers = await sendTrusting(certificates.authority, {
      good: { origin: await front('server') },
      expired: { origin: await front('expired') },
      wrongName: { origin: await front('wrongName') },
      weak: { origin: await front('weak', { ciphers: 'DEFAULT@SECLEVEL=0' }) },
      proxyByName: by(good),
      proxyByIp: by(byIp(good)),
      otherProxy: by(wrongName),
      otherProxyByIp: by(byIp(wrongName)),
      untrustedProxy: by(selfSigned),
      plainProxy: by(`https://${open.address}`),
    });
    const meanings = Object.entries(answers).map(([name, { meaning }]) => [name, meaning]);
    const wrong = (code: string) => [code, 'wrongEndpoint', 'no'];
    expect(Object.fromEntries(meanings)).toEqual({
      good: 200,
      expired: wrong('CERT_HAS_EXPIRED'),
      wrongName: wrong('ERR_TLS_CERT_ALTNAME_INVALID'),
      weak: wrong('UNSPECIFIED'),
      proxyByName: 200,
      proxyByIp: 200,
      otherProxy: wrong('HOSTNAME_MISMATCH'),
      otherProxyByIp: wrong('HOSTNAME_MISMATCH'),
      untrustedProxy: wrong('DEPTH_ZERO_SELF_SIGNED_CERT'),
      plainProxy: wrong('ERR_SSL_WRONG_VERSION_NUMBER'),
    });
    expect(open.hosts()).toEqual(['ims.cloud.test']);
    expect(answers.weak.message).toMatch(/is not valid\. .*\(CA signature digest algorithm too weak\)/);
    expect(answers.untrustedProxy.message).toMatch(/Name the file of its authority in NODE_EXTRA_CA_CERTS\.$/);
    expect(answers.plainProxy.message).toMatch(
      /cannot be reached: wrong version number\. It has no TLS: write http:\/\/ in HTTPS_PROXY\.$/,
    );
  });

  test('is told through a proxy as without one', async () => {
    const origin = (await front('server')).replace('localhost', 'ims.cloud.test');
    const failure = await failureOf(send(transportWith({ HTTPS_PROXY: proxy.url }), 'POST', origin));
    expect(meaningOf(failure)).toEqual(['wrongEndpoint', 'no']);
    expect(failure.message).toContain(
      `The certificate at ${new URL(origin).host} is from an authority that this machine does not trust`,
    );
    expect(proxy.asked).toMatchObject([{ status: 200 }]);
  });

  test('is not that of a resolver that does not answer now, nor that of a server that refuses connections', () => {
    for (const code of ['EAI_AGAIN', 'ECONNREFUSED', 'ETIMEDOUT', 'ECONNRESET']) {
      expect(meaningOf(new TransportError(code, code, false))).toEqual(['transient', 'no']);
    }
    expect(meaningOf(new TransportError('CERT_HAS_EXPIRED', 'second try', true))).toEqual(['transient', 'maybe']);
  });
});
