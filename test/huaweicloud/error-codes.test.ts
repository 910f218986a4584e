import { inspect } from 'node:util';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createExportActivities, parseExportInput } from '../../src/activities';
import type { PollOutcome, SubmitOutcome } from '../../src/contract';
import { accountFromEnvironment, type CloudClient, createCloudClient } from '../../src/huaweicloud';
import { KNOWN_CODES, meaningOf } from '../../src/huaweicloud/error-codes';
import { environmentOf, type FaultAction, type Simulator, startSimulator } from '../../src/testing';
import { RUN_ID, temporalSaying } from '../rigs/activity-rig';
import { cloudErrorOf } from '../rigs/local-cloud';
import { type Poll, ROWS, type Row, type Submit, UNKNOWN_CODES } from './error-code-rows';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ jobSeconds: 3_600 });
});
afterEach(() => simulator.faults.clear());
afterAll(() => simulator.close());

describe('the table of error codes', () => {
  test('has every code of the published lists', () => {
    const img =
      '0001 0007 0014 0018 0023 0026 0027 0031 0066 0086 0144 0028 0030 0067 0145 0036 0037 0064 0065 0038 0039 0040 ' +
      '0046 0047 0106 0057 0058 0059 0160 0060 0061 0068 0069 0109 0070 0071 0072 0073 0074 0075 0175 0077 0078 0079 ' +
      '0080 0081 0087 0095 0097 0099 0100 0101 0102 0103 0105 0128 0130 0148 0167 0187 0238 0239 0241 0242 0154 0155';
    const gateway =
      '0101 0103 0104 0105 0106 0201 0301 0302 0306 0303 0305 0307 0308 0310 0601 0602 0606 0610 0613 0705 0802';
    const obs =
      'NoSuchBucket NoSuchKey AccessDenied InvalidAccessKeyId SignatureDoesNotMatch RequestTimeTooSkewed ' +
      'InArrearOrInsufficientBalance OperationAborted SlowDown ServiceUnavailable VirtualHostDomainRequired';
    const published = [
      ...img.split(' ').map((code) => `IMG.${code}`),
      ...gateway.split(' ').map((code) => `APIGW.${code}`),
      ...obs.split(' '),
    ];
    expect(published.filter((code) => meaningOf(code) === undefined)).toEqual([]);
  });

  test('has a text for each code, and a row in this test', () => {
    const covered = new Set(ROWS.map(({ code }) => code));
    expect([...KNOWN_CODES.keys()].filter((code) => !covered.has(code))).toEqual([]);
    expect([...KNOWN_CODES.values()].filter(({ text }) => text.length < 3)).toEqual([]);
  });
});

describe.each([
  { kind: 'every known code', rows: ROWS },
  { kind: 'a code that the table lacks', rows: UNKNOWN_CODES },
])('$kind', ({ rows }) => {
  test.each(rows)('$code with $status means submit $submit, poll $poll', async (row) => {
    await checkPost(row, bodyOf(row));
    await checkPoll(row, bodyOf(row));
  });
});

describe('an answer without an error code', () => {
  const PAGES = {
    'an empty body': '',
    HTML: '<html><head><title>Oops</title></head><body><h1>It did not work</h1></body></html>',
    'truncated JSON': '{"error":{"code":"IMG.0071","mess',
    'a sentence for a code': { error: { code: 'The image cannot be exported.', message: 'm' } },
    'JSON of another program': { status: 'down', hint: [1, 2] },
  };
  const STATUSES: Array<{ status: number; submit: Submit; poll: Poll }> = [
    { status: 400, submit: 'ambiguous', poll: 'error' },
    { status: 401, submit: 'notExecuted, unauthorized', poll: 'denied' },
    { status: 403, submit: 'ambiguous', poll: 'denied' },
    { status: 404, submit: 'ambiguous', poll: 'notFound' },
    { status: 429, submit: 'notExecuted, throttled', poll: 'error' },
    { status: 500, submit: 'ambiguous', poll: 'error' },
    { status: 502, submit: 'ambiguous', poll: 'error' },
    { status: 503, submit: 'ambiguous', poll: 'error' },
    { status: 504, submit: 'ambiguous', poll: 'error' },
  ];
  const answers = Object.entries(PAGES).flatMap(([page, body]) => STATUSES.map((row) => ({ page, body, ...row })));

  test.each(answers)('($page) with $status means submit $submit, poll $poll', async ({ body, ...row }) => {
    const expected = { ...row, code: `HTTP_${row.status}` };
    await checkPost(expected, body);
    await checkPoll(expected, body);
  });
});

test.each([401, 403])(
  'a %i with neither a code nor a request id is the page of a captive portal: it refuses no key, and a submit is ambiguous',
  async (status) => {
    const portal = { status, body: '<html>Please sign in</html>' };
    await withClient(async (client, activities) => {
      const request = parseExportInput({ imageId: imageId(), bucketUrl: 'ims-image:k', fileFormat: 'vhd' });
      faultThe('POST', '*/file', portal);
      const posts = postCount();
      const outcomes = await Promise.all(
        [1, 2].map(() => environment().run(activities.imsSubmitExport, { request, mayPost: true, runId: RUN_ID })),
      );
      const error = { code: 'InvalidResponse', httpStatus: status, requestId: null };
      for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'ambiguous', sent: true, error });
      expect(postCount() - posts).toBe(2);
      expect(await client.ims.getImage(imageId())).toMatchObject({ id: imageId() });
    });
    expect(await poll(portal)).toMatchObject({ kind: 'error', error: { code: 'InvalidResponse', httpStatus: status } });
  },
);

describe('a job that the cloud does not know', () => {
  // What it answers is not published. IMG.0023 is documented as an exception of the query, so it may be gone at the next
  // poll; a 404 is taken at its word. Both are polled again until the budget for poll errors is spent.
  test.each([
    ['as IMG.0023, is an error of the query', { code: 'IMG.0023', status: 400 }, 'error'],
    ['as 404 with a code, is not found', { code: 'IMG.0404', status: 404 }, 'notFound'],
    ['as 404 of the gateway, is a wrong path', { code: 'APIGW.0101', status: 404 }, 'error'],
  ] as const)('%s', async (_how, { code, status }, kind) => {
    expect((await poll({ status, body: bodyOf({ code }) })).kind).toBe(kind);
  });

  test('in the simulator, is an error of the query', async () => {
    expect(await poll(undefined)).toMatchObject({ kind: 'error', error: { code: 'IMG.0023', httpStatus: 400 } });
  });
});

describe('Retry-After', () => {
  test.each([
    ['seconds', () => '17', 17_000],
    ['a date', () => new Date(Math.floor(Date.now() / 1_000) * 1_000 + 3_600_000).toUTCString(), 3_600_000],
  ])('as %s reaches the outcomes of submit and poll', async (_form, value, ms) => {
    const fault = { status: 429, headers: { 'Retry-After': value() }, body: bodyOf({ code: 'APIGW.0308' }) };
    for (const outcome of [await submit(fault), await poll(fault)]) {
      const retryAfterMs = 'retryAfterMs' in outcome ? (outcome.retryAfterMs ?? 0) : 0;
      expect(retryAfterMs).toBeGreaterThan(ms - 60_000);
      expect(retryAfterMs).toBeLessThanOrEqual(ms);
    }
  });
});

test('a cloud error contains no header of the request or of the answer', async () => {
  const headers = { 'x-subject-token': 'planted-token', 'set-cookie': 'planted-cookie' };
  const error = await withClient(async (client) => {
    faultThe('POST', '*/file', { status: 400, headers, body: bodyOf({ code: 'IMG.0071' }) });
    return cloudErrorOf(client.ims.exportImage({ imageId: imageId(), bucketUrl: 'ims-image:k', fileFormat: 'vhd' }));
  });
  const all = inspect(error, { depth: null, showHidden: true });
  expect(all).toContain('IMG.0071');
  for (const secret of ['planted', 'SDK-HMAC-SHA256', simulator.info.accessKey, simulator.info.secretKey]) {
    expect(all).not.toContain(secret);
  }
});

type Expected = Pick<Row, 'code' | 'status' | 'submit' | 'poll'> & Partial<Row>;

/** By the client, and by the activity that stands on it. */
async function checkPost(row: Expected, body: unknown): Promise<void> {
  const fault = { status: row.status, headers: { 'x-request-id': 'r1' }, body };
  const posts = postCount();
  const error = await withClient(async (client) => {
    faultThe('POST', '*/file', fault);
    return cloudErrorOf(client.ims.exportImage({ imageId: imageId(), bucketUrl: 'ims-image:k', fileFormat: 'vhd' }));
  });
  expect(error).toMatchObject({
    code: row.code,
    httpStatus: row.status,
    requestId: 'r1',
    operation: 'ExportImage',
    executed: row.submit === 'ambiguous' ? 'maybe' : 'no',
    ...(row.class === undefined ? {} : { class: row.class }),
  });
  const outcome = await submit(fault);
  expect(describeSubmit(outcome)).toBe(row.submit);
  expect(outcome).toMatchObject({ error: { code: row.code, httpStatus: row.status, requestId: 'r1' } });
  expect(postCount() - posts, 'each POST is sent once').toBe(2);
}

async function checkPoll(row: Expected, body: unknown): Promise<void> {
  const outcome = await poll({ status: row.status, headers: { 'x-request-id': 'r2' }, body });
  const error = { code: row.code, httpStatus: row.status, requestId: 'r2', operation: 'ShowJob' };
  expect(outcome).toMatchObject({ kind: row.poll, error });
}

function describeSubmit(outcome: SubmitOutcome): string {
  return outcome.kind === 'notExecuted' ? `notExecuted, ${outcome.reason}` : outcome.kind;
}

async function submit(fault: FaultAction): Promise<SubmitOutcome> {
  const request = parseExportInput({ imageId: imageId(), bucketUrl: 'ims-image:k', fileFormat: 'vhd' });
  return withClient((_client, activities) => {
    faultThe('POST', '*/file', fault);
    return environment().run(activities.imsSubmitExport, { request, mayPost: true, runId: RUN_ID });
  });
}

async function poll(fault: FaultAction | undefined): Promise<PollOutcome> {
  const request = parseExportInput({ imageId: imageId(), bucketUrl: 'ims-image:k', fileFormat: 'vhd' });
  return withClient((_client, activities) => {
    if (fault !== undefined) faultThe('GET', '*/jobs/*', fault);
    return environment().run(activities.imsPollJob, { request, jobId: '0'.repeat(32), askedFor: false });
  });
}

/** Each answer meets a client of its own: one whose key was refused before would not send. */
async function withClient<T>(
  use: (client: CloudClient, activities: ReturnType<typeof createExportActivities>) => Promise<T>,
): Promise<T> {
  const account = accountFromEnvironment(environmentOf(simulator.info));
  const client = createCloudClient(account, { retry: { firstDelayMs: 1 } });
  try {
    return await use(client, createExportActivities({ accounts: new Map([['default', { region: 'r', client }]]) }));
  } finally {
    await client.close();
    simulator.faults.clear();
  }
}

function environment(): MockActivityEnvironment {
  return new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR'), client: temporalSaying(false) });
}

/** Every try of a read meets it. */
function faultThe(method: string, path: string, action: FaultAction): void {
  simulator.faults.add({ service: 'ims', method, path, times: 10, action });
}

const imageId = () => simulator.info.images.linux ?? '';

const postCount = () =>
  simulator.requests().filter(({ method, path }) => method === 'POST' && path.endsWith('/file')).length;

/** The body in the shape of the service that tells the code. */
function bodyOf({ code }: { code: string }): unknown {
  const message = 'said the fault';
  if (/^\d+$/.test(code)) return { error: { code: Number(code), message, title: 'Said' } };
  if (code.startsWith('IMG.')) return { error: { code, message } };
  if (/^[A-Za-z]+$/.test(code)) {
    return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  }
  return { error_code: code, error_msg: message };
}
