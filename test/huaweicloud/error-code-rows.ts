import type { CloudErrorClass } from '../../src/huaweicloud';

/** What `imsSubmitExport` makes of an answer to the POST. */
export type Submit = 'rejected' | 'ambiguous' | `notExecuted, ${string}`;

/** What `imsPollJob` makes of the same answer to a job query. */
export type Poll = 'error' | 'denied' | 'notFound';

/** One code as the cloud tells it, and what has to become of it. */
export interface Row {
  code: string;
  /** The documented HTTP status. */
  status: number;
  class: CloudErrorClass;
  submit: Submit;
  poll: Poll;
}

/**
 * Written by hand from the published tables (research/huawei-ims-facts.md 4.2 and 4.3, peers.md 2.5) and not from the
 * source, so that the two are checked against each other.
 */
export const ROWS: readonly Row[] = [
  // IMS: HTTP 400, but for 0026.
  ...rows('IMG.', 400, 'permanent', 'rejected', 'error', [
    ...['0001', '0007', '0024', '0028', '0030', '0046', '0047', '0057', '0058', '0059', '0067', '0068', '0069'],
    ...['0071', '0072', '0073', '0074', '0075', '0077', '0078', '0079', '0080', '0081', '0095', '0097', '0099'],
    ...['0100', '0101', '0102', '0103', '0105', '0106', '0109', '0128', '0130', '0145', '0155', '0160', '0167'],
    ...['0175', '0238', '0239', '0241', '0242'],
  ]),
  ...rows('IMG.', 400, 'notFound', 'rejected', 'notFound', ['0027', '0031', '0066', '0086', '0144']),
  ...rows('IMG.', 403, 'forbidden', 'notExecuted, unauthorized', 'denied', ['0026']),
  ...rows('IMG.', 400, 'unauthorized', 'notExecuted, unauthorized', 'denied', ['0087']),
  ...rows('IMG.', 400, 'throttled', 'notExecuted, throttled', 'error', ['0060', '0187']),
  ...rows('IMG.', 400, 'imageBusy', 'notExecuted, imageBusy', 'error', ['0148']),
  ...rows('IMG.', 400, 'destinationExists', 'rejected', 'error', ['0070']),
  ...rows('IMG.', 400, 'transient', 'notExecuted, unreachable', 'error', [
    ...['0036', '0037', '0038', '0039', '0040', '0064', '0065', '0154'],
  ]),
  // "An error occurred when the job was submitted", "Unknown system error": the job may have begun.
  ...rows('IMG.', 400, 'transient', 'ambiguous', 'error', ['0014', '0018', '0023', '0061']),

  ...rows('APIGW.', 404, 'permanent', 'rejected', 'error', ['0101']),
  ...rows('APIGW.', 404, 'transient', 'notExecuted, unreachable', 'error', ['0103']),
  ...rows('APIGW.', 400, 'transient', 'notExecuted, unreachable', 'error', ['0104', '0105', '0106']),
  ...[400, 413, 414, 494].flatMap((status) => rows('APIGW.', status, 'unknown', 'rejected', 'error', ['0201'])),
  ...[500, 502, 504].flatMap((status) => rows('APIGW.', status, 'transient', 'ambiguous', 'error', ['0201'])),
  ...rows('APIGW.', 502, 'transient', 'ambiguous', 'error', ['0202', '0610']),
  ...rows('APIGW.', 504, 'transient', 'ambiguous', 'error', ['0203']),
  ...rows('APIGW.', 400, 'permanent', 'rejected', 'error', ['0204', '0602', '0607']),
  ...rows('APIGW.', 401, 'unauthorized', 'notExecuted, unauthorized', 'denied', [
    ...['0301', '0303', '0305', '0307', '0311'],
  ]),
  ...rows('APIGW.', 403, 'forbidden', 'notExecuted, unauthorized', 'denied', [
    ...['0302', '0304', '0306', '0401', '0402', '0801', '0802'],
  ]),
  ...rows('APIGW.', 429, 'throttled', 'notExecuted, throttled', 'error', ['0308']),
  ...rows('APIG.', 429, 'throttled', 'notExecuted, throttled', 'error', ['0308']),
  ...rows('APIGW.', 403, 'permanent', 'rejected', 'error', ['0310', '0404']),
  ...rows('APIGW.', 405, 'permanent', 'rejected', 'error', ['0501', '0502']),
  ...rows('APIGW.', 500, 'transient', 'ambiguous', 'error', [
    ...['0601', '0605', '0606', '0608', '0609', '0611', '0612', '0705'],
  ]),
  // The gateway could not even authenticate the request, so it did not pass it on.
  ...rows('APIGW.', 503, 'transient', 'notExecuted, unreachable', 'error', ['0613']),

  ...[400, 405, 409, 413].flatMap((status) => rows('', status, 'permanent', 'rejected', 'error', [String(status)])),
  ...rows('', 401, 'unauthorized', 'notExecuted, unauthorized', 'denied', ['401']),
  ...rows('', 403, 'forbidden', 'notExecuted, unauthorized', 'denied', ['403']),
  ...rows('', 404, 'notFound', 'rejected', 'notFound', ['404']),
  ...rows('', 429, 'throttled', 'notExecuted, throttled', 'error', ['429']),
  ...[500, 502, 503, 504].flatMap((status) => rows('', status, 'transient', 'ambiguous', 'error', [String(status)])),
  ...rows('IAM.', 401, 'unauthorized', 'notExecuted, unauthorized', 'denied', ['0001']),
  ...rows('IAM.', 403, 'forbidden', 'notExecuted, unauthorized', 'denied', ['0002', '0003']),
  ...rows('IAM.', 404, 'notFound', 'rejected', 'notFound', ['0004']),
  ...rows('IAM.', 409, 'permanent', 'rejected', 'error', ['0005']),
  ...rows('IAM.', 500, 'transient', 'ambiguous', 'error', ['0006']),
  ...rows('IAM.', 400, 'permanent', 'rejected', 'error', ['0007', '0009', '0011']),
  ...rows('IAM.', 429, 'throttled', 'notExecuted, throttled', 'error', ['0012']),

  ...rows('', 404, 'notFound', 'rejected', 'notFound', ['NoSuchBucket', 'NoSuchKey']),
  ...rows('', 403, 'forbidden', 'notExecuted, unauthorized', 'denied', [
    ...['AccessDenied', 'AccessForbidden', 'AccountProblem', 'AllAccessDisabled', 'DeregisterUserId', 'FrozenUserId'],
    'InArrearOrInsufficientBalance',
  ]),
  ...rows('', 403, 'unauthorized', 'notExecuted, unauthorized', 'denied', [
    ...['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'RequestTimeTooSkewed'],
  ]),
  ...rows('', 400, 'unauthorized', 'notExecuted, unauthorized', 'denied', ['ExpiredToken', 'InvalidToken']),
  ...rows('', 400, 'permanent', 'rejected', 'error', [
    ...['BadDomainName', 'BadRequest', 'InvalidArgument', 'InvalidBucketName'],
  ]),
  ...rows('', 403, 'permanent', 'rejected', 'error', ['VirtualHostDomainRequired']),
  ...rows('', 405, 'permanent', 'rejected', 'error', ['MethodNotAllowed']),
  ...rows('', 412, 'permanent', 'rejected', 'error', ['PreconditionFailed']),
  ...rows('', 416, 'permanent', 'rejected', 'error', ['InvalidRange']),
  ...rows('', 301, 'permanent', 'ambiguous', 'error', ['PermanentRedirect']),
  ...rows('', 307, 'permanent', 'ambiguous', 'error', ['TemporaryRedirect']),
  ...rows('', 409, 'transient', 'ambiguous', 'error', ['OperationAborted']),
  ...rows('', 500, 'transient', 'ambiguous', 'error', ['InternalError']),
  ...rows('', 503, 'throttled', 'ambiguous', 'error', ['SlowDown']),
  ...rows('', 503, 'transient', 'ambiguous', 'error', ['ServiceUnavailable']),
];

/** Codes that no table knows, and answers that name none. */
export const UNKNOWN_CODES: readonly Row[] = [
  // A 4xx that names its code is a rejection, whatever the code.
  ...rows('IMG.', 400, 'unknown', 'rejected', 'error', ['9999']),
  ...rows('IMG.', 403, 'forbidden', 'notExecuted, unauthorized', 'denied', ['9999']),
  ...rows('IMG.', 404, 'notFound', 'rejected', 'notFound', ['9999']),
  ...rows('IMG.', 409, 'unknown', 'rejected', 'error', ['9999']),
  ...rows('IMG.', 401, 'unauthorized', 'notExecuted, unauthorized', 'denied', ['9999']),
  ...rows('IMG.', 408, 'transient', 'ambiguous', 'error', ['9999']),
  ...rows('IMG.', 429, 'throttled', 'notExecuted, throttled', 'error', ['9999']),
  ...rows('IMG.', 500, 'transient', 'ambiguous', 'error', ['9999']),
  ...rows('IMG.', 503, 'transient', 'ambiguous', 'error', ['9999']),
  // A service that is new between us and the cloud.
  ...rows('', 400, 'unknown', 'rejected', 'error', ['NewService.Refused_42']),
  ...rows('', 500, 'transient', 'ambiguous', 'error', ['NewService.Refused_42']),
];

function rows(
  prefix: string,
  status: number,
  errorClass: CloudErrorClass,
  submit: Submit,
  poll: Poll,
  codes: readonly string[],
): Row[] {
  return codes.map((code) => ({ code: `${prefix}${code}`, status, class: errorClass, submit, poll }));
}
