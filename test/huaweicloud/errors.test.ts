import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseErrorBody } from '../../src/huaweicloud/error-body';
import { meaningOf } from '../../src/huaweicloud/error-codes';
import { type Attempt, type CloudError, errorOfAnswer, parseRetryAfter } from '../../src/huaweicloud/errors';

const EXPORT: Attempt = { operation: 'ExportImage', method: 'POST', nowMs: 0 };
const SHOW_JOB: Attempt = { operation: 'ShowJob', method: 'GET', nowMs: 0 };

function answered(status: number, body: unknown, attempt = EXPORT, headers: Record<string, string> = {}): CloudError {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return errorOfAnswer({ status, headers, body: Buffer.from(text) }, attempt);
}

const img = (code: string) => ({ error: { code: `IMG.${code}`, message: 'why' } });

describe('an error body', () => {
  test.each([
    [
      'IMS',
      { error: { message: 'The imagetype is invalid.', code: 'IMG.0024' } },
      'IMG.0024',
      'The imagetype is invalid.',
    ],
    ['IAM with a numeric code', { error: { code: 401, message: 'no', title: 'Unauthorized' } }, '401', 'no'],
    ['the gateway', { error_msg: 'over', error_code: 'APIGW.0308', request_id: 'r' }, 'APIGW.0308', 'over'],
    ['camel case', { errorCode: 'X.1', errorMsg: 'm' }, 'X.1', 'm'],
    ['the top level', { code: 'X.2', message: 'm' }, 'X.2', 'm'],
    ['one level down', { result: { error_code: 'X.3', error_msg: 'm' } }, 'X.3', 'm'],
    ['OBS', '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>gone</Message></Error>', 'NoSuchKey', 'gone'],
    ['HTML', '<html><style>p{}</style><h1>502 Bad Gateway</h1></html>', null, '502 Bad Gateway'],
    ['truncated JSON', '{"error":{"code":"IMG.0', null, '{"error":{"code":"IMG.0'],
    ['other JSON', '{"message":"hm"}', null, 'hm'],
    ['nothing', '', null, null],
  ])('of %s gives code and message', (_shape, body, code, message) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    expect(parseErrorBody(Buffer.from(text))).toMatchObject({ code, message });
  });

  test('of OBS gives code and message, not the string that was signed', () => {
    const xml =
      '<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message><RequestId>r1</RequestId><StringToSign>x-obs-security-token:TOKEN</StringToSign></Error>';
    expect(JSON.stringify(parseErrorBody(Buffer.from(xml)))).not.toContain('TOKEN');
    expect(parseErrorBody(Buffer.from(xml)).requestId).toBe('r1');
  });

  test('never makes the parser throw, and never makes a message long', () => {
    const jsonish = fc.oneof(
      fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record({ error: fc.jsonValue(), error_code: fc.jsonValue(), message: fc.jsonValue() })
        .map((value) => Buffer.from(JSON.stringify(value))),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(`<Error><Code>${text}</Code><html ${text}`)),
    );
    fc.assert(
      fc.property(jsonish, fc.integer({ min: 100, max: 599 }), (body, status) => {
        const error = errorOfAnswer({ status, headers: {}, body }, EXPORT);
        expect(error.message.length).toBeLessThanOrEqual(301);
        expect(error.code.length).toBeLessThanOrEqual(301);
        expect(JSON.parse(JSON.stringify(error.info()))).toEqual(error.info());
      }),
    );
  });
});

describe('text of an error body', () => {
  test('is a code only when it has the form of one', () => {
    for (const code of ['The image is busy.', ' ', '\u001b[31mred', 'a'.repeat(101), '"><script>', {}, null, true]) {
      expect(answered(400, { error: { code, message: 'm' } })).toMatchObject({ code: 'HTTP_400', executed: 'maybe' });
    }
  });

  test('becomes one line of limited length without control characters', () => {
    const { message, requestId } = answered(400, img('0071'), EXPORT, { 'x-request-id': 'r'.repeat(5_000) });
    expect(message).toBe('why');
    expect(requestId).toHaveLength(101);
    const told = answered(400, { error: { code: 'IMG.0071', message: 'a\r\n\u001b[2Jb \ud800 c\u2028d' } });
    expect(told.message).toBe('a [2Jb \uFFFD c d');
  });

  // Each of these made one expression or another look at the same text again and again.
  test.each([
    ['unclosed tags', '<'.repeat(4_000_000)],
    ['unclosed styles', '<style'.repeat(700_000)],
    ['scripts inside scripts', '<script><style>'.repeat(280_000)],
    ['unclosed codes', `<Error>${'<Code>x'.repeat(600_000)}`],
    ['long codes', `<Error>${`<Code>${'x'.repeat(2_001)}`.repeat(2_000)}`],
    ['blanks', `${' '.repeat(4_000_000)}x`],
    ['blanks inside', `x${' '.repeat(4_000_000)}x`],
    ['deep lists', '['.repeat(4_000_000)],
    ['deep objects', '{"error":'.repeat(460_000)],
  ])('of 4 MB %s is read within a moment', (_what, body) => {
    const before = process.cpuUsage();
    expect(answered(400, body).executed).toBe('maybe');
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });
});

describe('whether the export was executed', () => {
  test.each([
    ['a rejection that the service explains', 400, img('0071'), 'no', 'permanent'],
    ['throttled tasks', 400, img('0060'), 'no', 'throttled'],
    ['a busy image', 400, img('0148'), 'no', 'imageBusy'],
    ['an existing object', 400, img('0070'), 'no', 'destinationExists'],
    ['a missing image', 400, img('0144'), 'no', 'notFound'],
    ['an exception while submitting', 400, img('0018'), 'maybe', 'transient'],
    ['an OpenStack exception', 400, img('0014'), 'maybe', 'transient'],
    ['an unknown system error', 400, img('0061'), 'maybe', 'transient'],
    ['an unknown code in a 4xx', 400, img('9999'), 'no', 'unknown'],
    ['an unknown code in a 5xx', 500, img('9999'), 'maybe', 'transient'],
    ['a known rejection inside a 5xx', 500, img('0071'), 'maybe', 'permanent'],
    ['a 4xx without a code', 400, '<html>Bad Request</html>', 'maybe', 'unknown'],
    ['a 404 page of a proxy', 404, '<html>Not Found</html>', 'maybe', 'notFound'],
    ['an empty 502', 502, '', 'maybe', 'transient'],
    ['a gateway timeout', 504, { error_code: 'APIGW.0201', error_msg: 'Backend timeout.' }, 'maybe', 'transient'],
    ['a malformed request by the gateway', 413, { error_code: 'APIGW.0201', error_msg: 'too large' }, 'no', 'unknown'],
    ['a throttling gateway', 429, { error_code: 'APIGW.0308', error_msg: 'over' }, 'no', 'throttled'],
    ['a gateway by its older name', 429, { error_code: 'APIG.0308', error_msg: 'over' }, 'no', 'throttled'],
    ['a 429 without a body', 429, '', 'no', 'throttled'],
    [
      'a 401 of the gateway',
      401,
      { error_code: 'APIGW.0301', error_msg: 'verify aksk signature fail' },
      'no',
      'unauthorized',
    ],
    ['a 403 of the service', 403, img('0026'), 'no', 'forbidden'],
    ['a gateway that cannot reach IAM', 503, { error_code: 'APIGW.0613', error_msg: 'iam' }, 'no', 'transient'],
    ['a request timeout', 408, { error_code: 'X', error_msg: 'late' }, 'maybe', 'transient'],
    ['a redirect', 302, '', 'maybe', 'unknown'],
  ] as const)('is derived from %s (%i)', (_what, status, body, executed, errorClass) => {
    expect(answered(status, body)).toMatchObject({ executed, class: errorClass, httpStatus: status });
  });

  test('is not a question for a read', () => {
    expect(answered(502, '', SHOW_JOB).executed).toBe('no');
  });

  test('is "no" for every 4xx with an unknown code, and "maybe" for every 5xx with one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 400, max: 599 }), fc.stringMatching(/^ZZZ\.\d{4}$/), (status, code) => {
        const { executed } = answered(status, { error_code: code, error_msg: 'm' });
        expect(executed).toBe(status < 500 && status !== 408 ? 'no' : 'maybe');
      }),
    );
  });
});

describe('an error code', () => {
  test('has one meaning for all spellings of the gateway prefix', () => {
    expect(meaningOf('APIG.0308')).toEqual(meaningOf('APIGW.0308'));
    expect(meaningOf('toString')).toBeUndefined();
  });

  test('of an OBS HEAD comes from the status', () => {
    const head: Attempt = { operation: 'HeadBucket', method: 'HEAD', nowMs: 0, codeOfStatus: () => 'NoSuchBucket' };
    expect(answered(404, '', head)).toMatchObject({ code: 'NoSuchBucket', class: 'notFound' });
  });

  test('comes from the status when the answer has none', () => {
    expect(answered(502, '<html>').code).toBe('HTTP_502');
  });
});

describe('Retry-After', () => {
  test.each([
    ['2', 2_000],
    ['0', 0],
    ['1.5', 1_500],
    ['Thu, 01 Jan 1970 00:00:10 GMT', 9_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['99999999', 86_400_000],
    ['soon', null],
    ['-5', null],
    [null, null],
  ])('of %j is %j ms', (value, ms) => {
    expect(parseRetryAfter(value, 1_000)).toBe(ms);
  });

  test('is a field of the error', () => {
    expect(answered(429, '', EXPORT, { 'retry-after': '3' }).retryAfterMs).toBe(3_000);
  });
});
