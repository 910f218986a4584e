import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ObsSignedRequest,
  obsHmacSha1Signature,
  obsStringToSign,
} from '../../../src/huaweicloud/signing/obs-hmac-sha1';

const DATE = 'Wed, 01 Jul 2015 02:30:25 GMT';

function request(overrides: Partial<ObsSignedRequest>): ObsSignedRequest {
  return {
    method: 'HEAD',
    contentMd5: '',
    contentType: '',
    date: '',
    headers: [],
    headerPrefix: 'x-obs-',
    resource: '/examplebucket/',
    ...overrides,
  };
}

describe('the OBS signature', () => {
  test('signs the Date header when there is no x-obs-date', () => {
    const stringToSign = obsStringToSign(request({ date: DATE }));
    expect(stringToSign).toBe(`HEAD\n\n\n${DATE}\n/examplebucket/`);
    expect(obsHmacSha1Signature(stringToSign, 'testSK')).toBe('TgaIhQ21LmY2qN6wm2SVdwqK3Tk=');
  });

  test('signs x-obs-date instead of Date, and the security token', () => {
    const stringToSign = obsStringToSign(
      request({
        date: 'Thu, 02 Jul 2015 02:30:25 GMT',
        headers: [
          ['x-obs-security-token', 'tok'],
          ['host', 'ims-image.obs.cn-north-4.myhuaweicloud.com'],
          ['X-Obs-Date', DATE],
        ],
        resource: '/ims-image/exports/centos7_5.qcow2',
      }),
    );
    expect(stringToSign).toBe(
      `HEAD\n\n\n\nx-obs-date:${DATE}\nx-obs-security-token:tok\n/ims-image/exports/centos7_5.qcow2`,
    );
    expect(obsHmacSha1Signature(stringToSign, 'testSK')).toBe('VSr4FZ5bFrbLCxNyemHuxcPtImU=');
  });

  test('equals the example of the documentation', () => {
    expect(
      obsStringToSign(
        request({ method: 'GET', date: 'Sat, 12 Oct 2015 08:12:38 GMT', resource: '/bucket/object.txt' }),
      ),
    ).toBe('GET\n\n\nSat, 12 Oct 2015 08:12:38 GMT\n/bucket/object.txt');
  });

  test('signs x-amz- headers and only those in S3-compatible mode', () => {
    expect(
      obsStringToSign(
        request({
          headerPrefix: 'x-amz-',
          date: DATE,
          headers: [
            ['x-amz-meta-a', ' 1 '],
            ['x-obs-meta-b', '2'],
            ['x-amz-meta-a', '3'],
          ],
        }),
      ),
    ).toBe(`HEAD\n\n\n${DATE}\nx-amz-meta-a:1,3\n/examplebucket/`);
  });

  test('does not depend on the order of headers', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^x-obs-[a-z-]{1,10}$/), { maxLength: 6 }), (names) => {
        const headers = names.map((name) => [name, 'value'] as const);
        expect(obsStringToSign(request({ headers: [...headers].reverse() }))).toBe(
          obsStringToSign(request({ headers })),
        );
      }),
    );
  });
});
