import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../src/testing';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

/** As a browser would send it, whose page may choose neither the Host nor, without asking first, a content type of JSON. */
function send(method: string, path: string, headers: { [name: string]: string }, body?: string): Promise<number> {
  const url = `${simulator.info.imsEndpoint}/_simulator${path}`;
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const fault = JSON.stringify({ service: 'ims', action: { status: 500 } });
const port = () => new URL(simulator.info.imsEndpoint).port;

describe('the control API of the simulator', () => {
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=b', ''])(
    'refuses a change whose content type is %j, as any web page may send it',
    async (type) => {
      const headers: { [name: string]: string } = type === '' ? {} : { 'content-type': type };
      expect(await send('POST', '/faults', headers, fault)).toBe(415);
      expect(await send('POST', '/credentials', headers, '{"rotate":true}')).toBe(415);
    },
  );

  it.each(['attacker.example', 'localhost.attacker.example', '127.0.0.1.attacker.example', '192.168.1.7', '[fe80::1]'])(
    'refuses the host %s, whose name a web page may have led here',
    async (name) => {
      const headers = { ...JSON_TYPE, host: `${name}:${port()}` };
      expect(await send('GET', '/requests', headers)).toBe(403);
      expect(await send('POST', '/faults', headers, fault)).toBe(403);
      expect(await send('DELETE', '/faults', headers)).toBe(403);
    },
  );

  it.each(['localhost', 'ims.localhost', '127.0.0.1', '127.1.2.3', '[::1]'])(
    'serves JSON under the loopback host %s',
    async (name) => {
      const headers = { 'content-type': 'application/json; charset=utf-8', host: `${name}:${port()}` };
      expect(await send('POST', '/clock', headers, '{"advanceMs":0}')).toBe(200);
      expect(await send('GET', '/requests', { host: name })).toBe(200);
      expect(await send('DELETE', '/faults', { host: name })).toBe(200);
    },
  );
});
