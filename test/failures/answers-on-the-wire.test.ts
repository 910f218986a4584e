import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCloudClient } from '../../src/huaweicloud';
import { cloudErrorOf, IMAGE_ID, JOB_ID, testAccount } from '../rigs/local-cloud';
import { rawAnswer, startRawServer } from '../rigs/raw-server';

const JSON_TYPE = 'Content-Type: application/json';
const accepted = JSON.stringify({ job_id: JOB_ID });
const plain = rawAnswer('200 OK', [JSON_TYPE], accepted);
const packed = (encoding: string, body: Buffer) => [
  rawAnswer('200 OK', [JSON_TYPE, `Content-Encoding: ${encoding}`], body),
];

/** What gateways and proxies make of an answer, each in the packets that it comes in. */
const ANSWERS: Array<[string, Array<string | Buffer>]> = [
  ['packed by gzip', packed('gzip', gzipSync(accepted))],
  ['packed by gzip, whose header was lost', [rawAnswer('200 OK', [JSON_TYPE], gzipSync(accepted))]],
  ['packed by deflate', packed('deflate', deflateSync(accepted))],
  ['packed by brotli', packed('br', brotliCompressSync(accepted))],
  ['behind a byte order mark', [rawAnswer('200 OK', [JSON_TYPE], `\ufeff${accepted}`)]],
  ['under 100 KB of headers', [rawAnswer('200 OK', [JSON_TYPE, `X-Trace: ${'t'.repeat(100_000)}`], accepted)]],
  ['after a 100 Continue', ['HTTP/1.1 100 Continue\r\n\r\n', plain]],
  ['after a 100 Continue in the same packet', [Buffer.concat([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), plain])]],
  [
    'after a 100 Continue in pieces',
    ['HTT', 'P/1.1 100', ' Continue\r\nX-Proxy: p\r', '\n\r\nHTTP/1.1 2', plain.subarray(10)],
  ],
  ['after 100, 103 and 100', ['HTTP/1.1 100\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n', plain]],
];

async function clientOf(pieces: Array<string | Buffer>) {
  const server = await startRawServer(...pieces);
  const client = createCloudClient(testAccount(server.origin), { retry: { maxTries: 1 } });
  onTestFinished(async () => {
    await client.close();
    await server.close();
  });
  // A read that proves the key goes before the first one, and is answered alike.
  return { ...client, posts: () => server.requests.filter((request) => request.startsWith('POST ')).length };
}

const wanted = { imageId: IMAGE_ID, bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' };

describe('the answer to a submit', () => {
  it.each(ANSWERS)('F50 an answer %s gives the job id, and the POST is sent once', async (_how, pieces) => {
    const { ims, posts } = await clientOf(pieces);
    expect(await ims.exportImage(wanted)).toMatchObject({ jobId: JOB_ID });
    expect(posts()).toBe(1);
  });

  it('F50 a refusal packed by gzip is known by its code', async () => {
    const body = gzipSync(JSON.stringify({ error: { code: 'IMG.0148', message: 'busy' } }));
    const { ims, posts } = await clientOf([rawAnswer('400 Bad Request', [JSON_TYPE, 'Content-Encoding: gzip'], body)]);
    expect(await cloudErrorOf(ims.exportImage(wanted))).toMatchObject({
      code: 'IMG.0148',
      executed: 'no',
      message: 'busy',
    });
    expect(posts()).toBe(1);
  });

  it.each([
    [
      'is packed by an unknown encoding',
      rawAnswer('200 OK', ['Content-Encoding: zstd'], Buffer.from([0x28, 0xb5, 0x2f, 0xfd])),
    ],
    ['says gzip and is none', rawAnswer('200 OK', ['Content-Encoding: gzip'], 'no gzip')],
    [
      'would be huge once unpacked',
      rawAnswer('200 OK', ['Content-Encoding: gzip'], gzipSync(Buffer.alloc(20_000_000))),
    ],
  ])('F50 an answer that %s is no answer, and the job may run', async (_how, piece) => {
    const { ims, posts } = await clientOf([piece]);
    expect(await cloudErrorOf(ims.exportImage(wanted))).toMatchObject({ code: 'InvalidResponse', executed: 'maybe' });
    expect(posts()).toBe(1);
  });
});

const job = JSON.stringify({ job_id: JOB_ID, job_type: 'imsExportImageJob', status: 'RUNNING', entities: {} });

it.each<[string, Array<string | Buffer>]>([
  ['packed by gzip', [rawAnswer('200 OK', ['Content-Encoding: gzip'], gzipSync(job))]],
  ['after a 100 Continue', ['HTTP/1.1 100 Continue\r\n\r\n', rawAnswer('200 OK', [JSON_TYPE], job)]],
])('F50 a poll reads an answer %s, time and again on one connection', async (_how, pieces) => {
  const { ims } = await clientOf(pieces);
  for (let polls = 0; polls < 3; polls += 1) expect(await ims.getJob(JOB_ID)).toMatchObject({ status: 'RUNNING' });
});

it('F50 a body that looks like 100 Continue is a body', async () => {
  const body = 'HTTP/1.1 100 Continue\r\n\r\nand more';
  const headers = ['x-obs-request-id: o1', 'Content-Range: bytes 0-99/100'];
  const [head = '', ...rest] = rawAnswer('206 Partial Content', headers, body).toString().split('\r\n\r\n');
  const { obs } = await clientOf([`${head}\r\n\r\n`, rest.join('\r\n\r\n')]);
  expect((await obs.readRange('ims-image', 'a.qcow2', 0, 99)).toString()).toBe(body);
});
