/**
 * What each code of the cloud means to an export. Sources: the error code pages of IMS, API gateway, IAM and OBS.
 *
 * @module
 */

/**
 * - `permanent`: refused, and the same request will be refused again
 * - `throttled`: too many requests or tasks; wait
 * - `imageBusy`: the image is being exported, by us or by somebody else (IMG.0148)
 * - `destinationExists`: the object is already in the bucket (IMG.0070)
 * - `unauthorized`: the credentials were not accepted
 * - `forbidden`: the credentials were accepted and may not do this
 * - `notFound`: the thing named does not exist, or is not visible
 * - `transient`: trouble of the network or the service; may be gone soon
 * - `unknown`: a refusal that this table does not know
 */
export type CloudErrorClass =
  | 'permanent'
  | 'throttled'
  | 'imageBusy'
  | 'destinationExists'
  | 'unauthorized'
  | 'forbidden'
  | 'notFound'
  | 'transient'
  | 'unknown';

export interface CodeMeaning {
  class: CloudErrorClass;
  /** Whether a changing request answered with this code may have been executed all the same. */
  executed: 'no' | 'maybe';
  source: 'IMS' | 'API gateway' | 'IAM' | 'OBS';
}

/** The meaning of a code, or undefined when it is not known. `APIG.` is the older spelling of `APIGW.`. */
export function meaningOf(code: string): CodeMeaning | undefined {
  return MEANINGS.get(code.replace(/^APIG\./, 'APIGW.'));
}

const MEANINGS = new Map<string, CodeMeaning>([
  ...meanings('IMS', 'IMG.', 'permanent', 'no', [
    '0001', // request message format invalid
    '0007', // body empty
    '0028', // image protected
    '0030', // project id and token invalid
    '0046', // image unavailable: check its status
    '0047', // only the owner may
    '0057', // image file empty, missing, or no permission
    '0058', // bucket in another region
    '0059', // size exceeds the limit
    '0067', // project id incorrect
    '0068', // bucket name empty
    '0069', // bucket cannot be accessed
    '0071', // image cannot be exported
    '0072', // format not supported
    '0073', // file name empty
    '0074', // file name too long
    '0075', // file name has invalid characters
    '0077', // public image
    '0078', // Marketplace image, or made from one
    '0079', // made from a charged image
    '0080', // made from a backup
    '0081', // not uploaded (the English text says the opposite)
    '0095', // KMS key missing
    '0097', // KMS key not enabled
    '0099', // no permission on the KMS key
    '0100', // KMS
    '0101', // KMS
    '0102', // KMS
    '0103', // KMS
    '0105', // operation not supported
    '0106', // owner is another tenant
    '0109', // bucket name has invalid characters
    '0128', // full-ECS image
    '0130', // full-ECS image
    '0145', // project name incorrect
    '0160', // above 128 GB
    '0167', // ISO image
    '0175', // spaces in the name
    '0238', // no real-name authentication
    '0239', // balance
    '0241', // payment
    '0242', // budget
  ]),
  ...meanings('IMS', 'IMG.', 'notFound', 'no', ['0027', '0031', '0066', '0086', '0144']),
  ...meanings('IMS', 'IMG.', 'forbidden', 'no', ['0026']),
  ...meanings('IMS', 'IMG.', 'unauthorized', 'no', ['0087']),
  ...meanings('IMS', 'IMG.', 'throttled', 'no', [
    '0060', // number of tasks exceeds the flow control limit
    '0187', // KMS traffic at its limit
  ]),
  ...meanings('IMS', 'IMG.', 'imageBusy', 'no', ['0148']),
  ...meanings('IMS', 'IMG.', 'destinationExists', 'no', ['0070']),
  // Lookups that the service makes before it begins (inferred, not documented).
  ...meanings('IMS', 'IMG.', 'transient', 'no', ['0036', '0037', '0038', '0039', '0040', '0064', '0065']),
  // An exception somewhere inside, while or after the job was submitted: nobody says which.
  ...meanings('IMS', 'IMG.', 'transient', 'maybe', ['0014', '0018', '0023', '0061']),

  ...meanings('API gateway', 'APIGW.', 'permanent', 'no', [
    '0101', // API does not exist: a wrong path or endpoint, not a missing job
    '0310', // project unavailable
    '0602', // bad request
  ]),
  ...meanings('API gateway', 'APIGW.', 'unauthorized', 'no', ['0301', '0303', '0305', '0307']),
  ...meanings('API gateway', 'APIGW.', 'forbidden', 'no', ['0302', '0306', '0802']),
  ...meanings('API gateway', 'APIGW.', 'throttled', 'no', ['0308']),
  ...meanings('API gateway', 'APIGW.', 'transient', 'no', [
    '0103', // route or back-end configuration: not forwarded
    '0104',
    '0105',
    '0106',
    '0613', // IAM unavailable: not authenticated, so not forwarded
  ]),
  ...meanings('API gateway', 'APIGW.', 'transient', 'maybe', ['0601', '0606', '0610', '0705']),
  // 0201 is left to the HTTP status: it is told for malformed requests (4xx) and for back-end timeouts (502, 504).

  ...meanings('IAM', '', 'permanent', 'no', ['400', '409']),
  ...meanings('IAM', '', 'unauthorized', 'no', ['401']),
  ...meanings('IAM', '', 'forbidden', 'no', ['403']),
  ...meanings('IAM', '', 'notFound', 'no', ['404']),
  ...meanings('IAM', '', 'throttled', 'no', ['429']),
  ...meanings('IAM', '', 'transient', 'maybe', ['500', '502', '503', '504']),

  ...meanings('OBS', '', 'notFound', 'no', ['NoSuchBucket', 'NoSuchKey']),
  ...meanings('OBS', '', 'forbidden', 'no', ['AccessDenied', 'InArrearOrInsufficientBalance']),
  ...meanings('OBS', '', 'unauthorized', 'no', [
    'InvalidAccessKeyId',
    'SignatureDoesNotMatch',
    'RequestTimeTooSkewed',
    'ExpiredToken',
    'InvalidToken',
  ]),
  ...meanings('OBS', '', 'permanent', 'no', [
    'VirtualHostDomainRequired',
    'PermanentRedirect',
    'TemporaryRedirect',
    'InvalidRange',
    'InvalidBucketName',
  ]),
  ...meanings('OBS', '', 'throttled', 'no', ['SlowDown']),
  ...meanings('OBS', '', 'transient', 'maybe', ['ServiceUnavailable', 'OperationAborted', 'InternalError']),
]);

function meanings(
  source: CodeMeaning['source'],
  prefix: string,
  errorClass: CloudErrorClass,
  executed: CodeMeaning['executed'],
  codes: readonly string[],
): Array<[string, CodeMeaning]> {
  return codes.map((code) => [`${prefix}${code}`, { class: errorClass, executed, source }]);
}
