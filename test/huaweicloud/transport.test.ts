import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type HttpRequest, Transport, TransportError } from '../../src/huaweicloud/transport';
import { type LocalCloud, startLocalCloud } from '../rigs/local-cloud';

let cloud: LocalCloud;
let transport: Transport;

// A server for each test: a request that was given up may still arrive late.
beforeEach(async () => {
  cloud = await startLocalCloud();
  transport = new Transport();
});
afterEach(async () => {
  await transport.close();
  await cloud.close();
});

const request = (method: HttpRequest['method'], origin = cloud.origin): HttpRequest => ({
  method,
  origin,
  path: '/x?y=1',
  headers: [['x-test', 'yes']],
  ...(method === 'POST' ? { body: '{}' } : {}),
});

async function failureOf(call: Promise<unknown>): Promise<TransportError> {
  const error = await call.catch((reason: unknown) => reason);
  if (error instanceof TransportError) return error;
  throw error;
}

describe('an HTTP request', () => {
  test('goes out unchanged and returns the whole answer', async () => {
    cloud.reply({ status: 202, headers: { 'X-Request-Id': 'r1' }, body: { ok: true } });
    const answer = await transport.send(request('POST'), { limitMs: 5_000 });
    expect(answer).toMatchObject({ status: 202, headers: { 'x-request-id': 'r1' } });
    expect(answer.body.toString()).toBe('{"ok":true}');
    expect(cloud.requests).toMatchObject([{ method: 'POST', url: '/x?y=1', body: '{}', headers: { 'x-test': 'yes' } }]);
  });

  test('accepts any status as an answer', async () => {
    cloud.reply({ status: 503, body: 'no' });
    expect((await transport.send(request('GET'), { limitMs: 5_000 })).status).toBe(503);
  });

  test('to a closed port was not executed', async () => {
    const origin = await unusedOrigin();
    for (const method of ['GET', 'POST'] as const) {
      const failure = await failureOf(transport.send(request(method, origin), { limitMs: 5_000 }));
      expect(failure).toMatchObject({ code: 'ECONNREFUSED', isStarted: false });
    }
  });

  test('to a host name that does not exist was not executed', async () => {
    const failure = await failureOf(transport.send(request('POST', 'https://ims.invalid'), { limitMs: 5_000 }));
    expect(failure.code).toBe('ENOTFOUND');
    expect(failure.isStarted).toBe(false);
  });

  test('to a server without TLS was not executed', async () => {
    const origin = cloud.origin.replace('http:', 'https:');
    expect((await failureOf(transport.send(request('POST', origin), { limitMs: 5_000 }))).isStarted).toBe(false);
    expect(cloud.requests).toHaveLength(0);
  });

  test('to any name under .localhost reaches the loopback', async () => {
    cloud.reply({ status: 200 });
    const origin = cloud.origin.replace('127.0.0.1', 'ims-image.obs.localhost');
    expect((await transport.send(request('GET', origin), { limitMs: 5_000 })).status).toBe(200);
  });
});

describe('an answer that is not HTTP', () => {
  test.each(['X-Subject-Token: PLANTED\r\nContent-Length: zz', 'Bad\x01Header: 1\r\nX-Subject-Token: PLANTED'])(
    'is reported by name, code and message, and none of its text is kept: %j',
    async (headers) => {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${headers}\r\n\r\n`));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const failure = await failureOf(transport.send(request('POST', origin), { limitMs: 5_000 }));
      expect(failure).toMatchObject({ code: 'TransportFailure', isStarted: true });
      expect(failure.cause).toMatchObject({ name: 'HTTPParserError', code: failure.code, message: failure.message });
      expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain('PLANTED');
    },
  );
});

describe('an HTTP POST', () => {
  test('is sent once when the server drops the connection without an answer', async () => {
    cloud.reply((_response, socket) => socket.destroy());
    const failure = await failureOf(transport.send(request('POST'), { limitMs: 5_000 }));
    expect(failure.isStarted).toBe(true);
    expect(cloud.requests).toHaveLength(1);
  });

  test('is sent once when the server resets the connection', async () => {
    cloud.reply((_response, socket) => socket.resetAndDestroy());
    const failure = await failureOf(transport.send(request('POST'), { limitMs: 5_000 }));
    expect(failure).toMatchObject({ code: 'ECONNRESET', isStarted: true });
    expect(cloud.requests).toHaveLength(1);
  });

  test('is sent once when the answer breaks off', async () => {
    cloud.reply((response, socket) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"job_id":"ed');
      setImmediate(() => socket.destroy());
    });
    expect((await failureOf(transport.send(request('POST'), { limitMs: 5_000 }))).isStarted).toBe(true);
    expect(cloud.requests).toHaveLength(1);
  });

  test('never reuses a connection, and leaves none behind', async () => {
    cloud.reply({ status: 200 });
    await transport.send(request('GET'), { limitMs: 5_000 });
    const before = cloud.connections();
    await transport.send(request('POST'), { limitMs: 5_000 });
    await transport.send(request('POST'), { limitMs: 5_000 });
    expect(cloud.connections() - before).toBe(2);
  });

  test('is not sent when the last check objects', async () => {
    const objection = new Error('the worker stood still');
    const beforeSend = (): void => {
      throw objection;
    };
    const failure = await failureOf(transport.send(request('POST'), { limitMs: 5_000, beforeSend }));
    expect(failure).toMatchObject({ code: 'NotSent', isStarted: false, cause: objection });
    expect(cloud.requests).toHaveLength(0);
  });

  test('is never sent when it is aborted before it connects', async () => {
    const controller = new AbortController();
    controller.abort();
    const failure = await failureOf(transport.send(request('POST'), { limitMs: 5_000, signal: controller.signal }));
    expect(failure).toMatchObject({ code: 'Aborted', isStarted: false });
    const connecting = new AbortController();
    const call = failureOf(transport.send(request('POST'), { limitMs: 5_000, signal: connecting.signal }));
    connecting.abort();
    expect((await call).isStarted).toBe(false);
    expect(cloud.requests).toHaveLength(0);
  });
});

describe('a limit of the HTTP transport', () => {
  test('ends a request that is not answered', async () => {
    cloud.reply(() => undefined);
    const failure = await failureOf(transport.send(request('POST'), { limitMs: 50 }));
    expect(failure).toMatchObject({ code: 'RequestTimeout', isStarted: true });
  });

  test('ends an answer that trickles', async () => {
    cloud.reply((response) => {
      const drip = setInterval(() => response.write('.'), 5);
      response.on('close', () => clearInterval(drip));
    });
    expect((await failureOf(transport.send(request('GET'), { limitMs: 60 }))).code).toBe('RequestTimeout');
  });

  test('cuts off an answer that is too large', async () => {
    cloud.reply({ body: 'x'.repeat(2_000) });
    const failure = await failureOf(transport.send(request('GET'), { limitMs: 5_000, maxBodyBytes: 1_000 }));
    expect(failure.code).toBe('ResponseTooLarge');
  });

  test('on connecting ends a request that was not executed', async () => {
    // TLS to a server that accepts and stays silent: the handshake never ends.
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const impatient = new Transport({ connectTimeoutMs: 50 });
    const failure = await failureOf(impatient.send(request('POST', `https://127.0.0.1:${port}`), { limitMs: 5_000 }));
    expect(failure).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT', isStarted: false });
    await impatient.close();
    silent.close();
  });
});

test('an abort ends an HTTP request in flight', async () => {
  const controller = new AbortController();
  cloud.reply(() => controller.abort());
  const failure = await failureOf(transport.send(request('GET'), { limitMs: 5_000, signal: controller.signal }));
  expect(failure).toMatchObject({ code: 'Aborted', isStarted: true });
});

test('close of the transport ends requests in flight and rejects new ones', async () => {
  const closing = new Transport();
  const arrived = new Promise<void>((resolve) => cloud.reply(() => resolve()));
  const call = failureOf(closing.send(request('POST'), { limitMs: 5_000 }));
  await arrived;
  await closing.close();
  expect((await call).isStarted).toBe(true);
  expect((await failureOf(closing.send(request('GET'), { limitMs: 5_000 }))).isStarted).toBe(false);
});

async function unusedOrigin(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
