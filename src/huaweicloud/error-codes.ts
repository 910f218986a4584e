/**
 * What each code of the cloud means to an export. Texts are those of the error code pages, shortened: IMS (OTC,
 * api-ref/source/error_codes.rst; IMG.0078 by huaweicloudDocs/ims only), the API gateway (support.huaweicloud.com,
 * devg-apisign/api-sign-errorcode), IAM and OBS (huaweicloudDocs, "错误码"). The classes, and whether a request was
 * executed, are not published; they are inferred from the texts.
 *
 * @module
 */

/**
 * - `permanent`: refused, and the same request will be refused again
 * - `throttled`: too many requests or tasks; wait
 * - `imageBusy`: the image is being exported, by us or by another caller (IMG.0148)
 * - `destinationExists`: the object is already in the bucket (IMG.0070)
 * - `unauthorized`: the credentials were not accepted
 * - `forbidden`: the credentials were accepted and may not do this
 * - `notFound`: the thing named does not exist, or is not visible
 * - `transient`: trouble of the network or the service; may be gone soon
 * - `wrongEndpoint`: no connection, and none before somebody acts: an unknown host, a certificate that is not trusted
 * - `unknown`: an error that this table does not know
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
  | 'wrongEndpoint'
  | 'unknown';

export interface CodeMeaning {
  /** `byStatus` where one code stands for rejections and for failures: then the HTTP status decides. */
  class: CloudErrorClass | 'byStatus';
  /** Whether a changing request that was answered 4xx with this code may have been executed all the same. */
  executed: 'no' | 'maybe' | 'byStatus';
  source: 'IMS' | 'API gateway' | 'IAM' | 'OBS';
  /** What the cloud means by it, in a few words. */
  text: string;
}

/** The meaning of a code, or undefined when it is not known. `APIG.` is the older spelling of `APIGW.`. */
export function meaningOf(code: string): CodeMeaning | undefined {
  return KNOWN_CODES.get(code.replace(/^APIG\./, 'APIGW.'));
}

/** Every code that is known, by its newer spelling. */
export const KNOWN_CODES: ReadonlyMap<string, CodeMeaning> = new Map([
  ...meanings('IMS', 'IMG.', 'permanent', 'no', {
    '0001': 'request message format invalid',
    '0007': 'request body empty',
    '0024': 'image type incorrect',
    '0028': 'image protected',
    '0030': 'project ID and token invalid',
    '0046': 'image unavailable: check its status',
    '0047': 'only the owner of the image may do this',
    '0057': 'image file empty, missing, of an incorrect format, or without permission',
    '0058': 'bucket in another region than the user',
    '0059': 'size exceeds the limit',
    '0067': 'project ID incorrect',
    '0068': 'bucket name empty',
    '0069': 'bucket cannot be accessed',
    '0071': 'image cannot be exported',
    '0072': 'image format not supported',
    '0073': 'name of the exported file empty',
    '0074': 'file name too long',
    '0075': 'file name has invalid characters',
    '0077': 'public image',
    '0078': 'Marketplace image, or made from one',
    '0079': 'system disk image made from a charged image',
    '0080': 'made from a CSBS or CBR backup',
    '0081': 'not an uploaded image (the English text says the opposite)',
    '0095': 'KMS key does not exist',
    '0097': 'KMS key not enabled',
    '0099': 'no permission on the KMS key',
    '0100': 'no permission to use KMS',
    '0101': 'original key does not exist',
    '0102': 'original key not enabled',
    '0103': 'no permission on the original key',
    '0105': 'operation not supported',
    '0106': 'owner of the image is another tenant',
    '0109': 'bucket name has invalid characters',
    '0128': 'full-ECS image cannot be exported',
    '0130': 'full-ECS image cannot be exported or replicated',
    '0145': 'project name incorrect',
    '0155': 'enterprise project ID not valid',
    '0160': 'only images of less than 128 GB can be exported',
    '0167': 'ISO image',
    '0175': 'folder and file names cannot contain spaces',
    '0238': 'no real-name authentication',
    '0239': 'insufficient balance',
    '0241': 'incomplete payment information',
    '0242': 'insufficient budget of the enterprise department',
  }),
  ...meanings('IMS', 'IMG.', 'notFound', 'no', {
    '0027': 'image ID does not exist',
    '0031': 'resource ID incorrect',
    '0066': 'image ID incorrect',
    '0086': 'no image found',
    '0144': 'image does not exist',
  }),
  ...meanings('IMS', 'IMG.', 'forbidden', 'no', { '0026': 'role invalid: permissions are missing' }),
  ...meanings('IMS', 'IMG.', 'unauthorized', 'no', { '0087': 'token incorrect' }),
  ...meanings('IMS', 'IMG.', 'throttled', 'no', {
    '0060': 'number of tasks exceeds the flow control limit',
    '0187': 'KMS access traffic at its limit',
  }),
  ...meanings('IMS', 'IMG.', 'imageBusy', 'no', { '0148': 'image is being exported' }),
  ...meanings('IMS', 'IMG.', 'destinationExists', 'no', { '0070': 'image file already exists in the bucket' }),
  // What the service prepares before it begins.
  ...meanings('IMS', 'IMG.', 'transient', 'no', {
    '0036': 'asumeToken could not be obtained',
    '0037': 'AK/SK could not be obtained',
    '0038': 'bucket could not be created',
    '0039': 'permissions of the bucket could not be granted',
    '0040': 'object storage address could not be obtained',
    '0064': 'tenant could not be obtained from IAM',
    '0065': 'tenant domain could not be obtained from IAM',
    '0154': 'communication with the enterprise project service failed',
  }),
  // An exception somewhere inside, while or after the job was submitted: it is not said which.
  ...meanings('IMS', 'IMG.', 'transient', 'maybe', {
    '0014': 'exception of OpenStack while the task was executed',
    '0018': 'error when the job was submitted',
    '0023': 'exception during the task query',
    '0061': 'unknown system error',
  }),

  ...meanings('API gateway', 'APIGW.', 'permanent', 'no', {
    '0101': 'API does not exist: a wrong path or endpoint, not a missing job',
    '0204': 'SSL protocol not supported',
    '0310': 'project unavailable',
    '0404': 'access to the back-end IP address denied',
    '0501': 'app quota used up',
    '0502': 'app frozen',
    '0602': 'bad request',
    '0607': 'protocol not supported',
  }),
  ...meanings('API gateway', 'APIGW.', 'unauthorized', 'no', {
    '0301': 'IAM authentication information incorrect',
    '0303': 'app authentication information incorrect',
    '0305': 'authentication information incorrect',
    '0307': 'token must be updated',
    '0311': 'debugging authentication information incorrect',
  }),
  ...meanings('API gateway', 'APIGW.', 'forbidden', 'no', {
    '0302': 'IAM user not authorized to access the API',
    '0304': 'app not authorized to access the API',
    '0306': 'access to the API denied',
    '0401': 'client IP address unknown',
    '0402': 'IP address not authorized to access the API',
    '0801': 'service unavailable in the region',
    '0802': 'IAM user forbidden in the region',
  }),
  ...meanings('API gateway', 'APIGW.', 'throttled', 'no', { '0308': 'throttling threshold reached' }),
  // Not forwarded to the service.
  ...meanings('API gateway', 'APIGW.', 'transient', 'no', {
    '0103': 'back end does not exist',
    '0104': 'plug-ins do not exist',
    '0105': 'back-end configuration does not exist',
    '0106': 'orchestration error',
    '0613': 'IAM unavailable, so the request was not authenticated',
  }),
  ...meanings('API gateway', 'APIGW.', 'transient', 'maybe', {
    '0202': 'back end unavailable',
    '0203': 'back end timed out',
    '0601': 'internal server error',
    '0605': 'domain name resolution failed',
    '0606': 'API configuration not loaded',
    '0608': 'admin token not obtained',
    '0609': 'VPC back end does not exist',
    '0610': 'no back end available',
    '0611': 'back-end port does not exist',
    '0612': 'API calls itself',
    '0705': 'back-end signature calculation failed',
  }),
  ...meanings('API gateway', 'APIGW.', 'byStatus', 'byStatus', {
    '0201': 'request malformed or too large (4xx), back end unavailable (502) or timed out (504)',
  }),

  // The numbers are those of `{"error": {"code": 401}}`; they repeat the HTTP status.
  ...meanings('IAM', '', 'permanent', 'no', {
    '400': 'bad request',
    '405': 'method not allowed',
    '409': 'conflict',
    '413': 'request too large',
  }),
  ...meanings('IAM', '', 'unauthorized', 'no', { '401': 'authentication failed' }),
  ...meanings('IAM', '', 'forbidden', 'no', { '403': 'no permission' }),
  ...meanings('IAM', '', 'notFound', 'no', { '404': 'not found' }),
  ...meanings('IAM', '', 'throttled', 'no', { '429': 'too many requests' }),
  ...meanings('IAM', '', 'transient', 'maybe', {
    '500': 'internal error',
    '502': 'bad gateway',
    '503': 'service unavailable',
    '504': 'gateway timeout',
  }),
  ...meanings('IAM', 'IAM.', 'permanent', 'no', {
    '0005': 'conflict',
    '0007': 'request parameter invalid',
    '0009': 'X-Subject-Token invalid',
    '0011': 'request body invalid',
  }),
  ...meanings('IAM', 'IAM.', 'unauthorized', 'no', { '0001': 'the request requires authentication' }),
  ...meanings('IAM', 'IAM.', 'forbidden', 'no', {
    '0002': 'not authorized to perform the action',
    '0003': 'policy does not allow the action',
  }),
  ...meanings('IAM', 'IAM.', 'notFound', 'no', { '0004': 'not found' }),
  ...meanings('IAM', 'IAM.', 'throttled', 'no', { '0012': 'throttling threshold reached' }),
  ...meanings('IAM', 'IAM.', 'transient', 'maybe', { '0006': 'unexpected error' }),

  ...meanings('OBS', '', 'notFound', 'no', {
    NoSuchBucket: 'bucket does not exist',
    NoSuchKey: 'object does not exist',
  }),
  ...meanings('OBS', '', 'forbidden', 'no', {
    AccessDenied: 'access denied',
    AccessForbidden: 'permission insufficient',
    AccountProblem: 'account expired or frozen',
    AllAccessDisabled: 'no permission for the operation',
    DeregisterUserId: 'user deregistered',
    FrozenUserId: 'user frozen',
    InArrearOrInsufficientBalance: 'account in arrears, or its balance insufficient',
  }),
  ...meanings('OBS', '', 'unauthorized', 'no', {
    ExpiredToken: 'security token expired',
    InvalidAccessKeyId: 'access key unknown',
    InvalidToken: 'security token invalid',
    RequestTimeTooSkewed: 'clock more than 15 minutes off',
    SignatureDoesNotMatch: 'signature wrong',
  }),
  ...meanings('OBS', '', 'permanent', 'no', {
    BadDomainName: 'domain name invalid',
    BadRequest: 'request parameters invalid',
    InvalidArgument: 'argument invalid',
    InvalidBucketName: 'bucket name invalid',
    InvalidRange: 'range outside the object',
    MethodNotAllowed: 'method not allowed',
    PermanentRedirect: 'bucket belongs to another endpoint',
    PreconditionFailed: 'a precondition does not hold',
    TemporaryRedirect: 'bucket belongs to another endpoint for now',
    VirtualHostDomainRequired: 'bucket must be addressed by virtual host',
  }),
  ...meanings('OBS', '', 'throttled', 'no', { SlowDown: 'too many requests' }),
  ...meanings('OBS', '', 'transient', 'maybe', {
    InternalError: 'internal error',
    OperationAborted: 'another operation on the resource is under way',
    ServiceUnavailable: 'service unavailable',
  }),
]);

function meanings(
  source: CodeMeaning['source'],
  prefix: string,
  errorClass: CodeMeaning['class'],
  executed: CodeMeaning['executed'],
  texts: { [code: string]: string },
): Array<[string, CodeMeaning]> {
  return Object.entries(texts).map(([code, text]) => [
    `${prefix}${code}`,
    { class: errorClass, executed, source, text },
  ]);
}
