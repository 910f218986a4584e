/**
 * The troubles of a plan as the faults of the simulator.
 *
 * @module
 */
import type { FaultAction, FaultRule } from '../../../src/testing';
import type { Plan, PostStatus, PostTrouble, ReadTrouble, WrongAnswer, WrongRead } from './plan';
import type { Subject } from './subject';

export function faultsOf(plan: Plan, subject: Subject): FaultRule[] {
  const { postPath, objectPath } = subject;
  const posts = plan.posts.map((trouble, index): FaultRule => {
    return { service: 'ims', method: 'POST', path: postPath, nth: index + 1, action: actionOf(trouble) };
  });
  const ofObject = (method: 'HEAD' | 'GET') => (trouble: ReadTrouble) => {
    const { nth, times } = trouble;
    return { service: 'obs', method, path: objectPath, nth, times, action: actionOfRead(trouble) } as const;
  };
  const onObject: FaultRule[] = [...plan.heads.map(ofObject('HEAD')), ...plan.reads.map(ofObject('GET'))];
  const imageReads: FaultRule[] = [
    { service: 'ims', method: 'GET', path: '/v2/cloudimages', action: { delayMs: plan.imageReadMs } },
  ];
  const wrong = plan.wrongReads.map((read) => wrongReadRule(read, subject));
  return [...posts, ...wrong, ...onObject, ...(plan.imageReadMs > 0 ? imageReads : [])];
}

function wrongReadRule({ of, nth, as }: WrongRead, { bucketPath, objectPath }: Subject): FaultRule {
  const reads = {
    image: { service: 'ims', method: 'GET', path: '/v2/cloudimages' },
    bucket: { service: 'obs', method: 'HEAD', path: bucketPath },
    object: { service: 'obs', method: 'HEAD', path: objectPath },
    bytes: { service: 'obs', method: 'GET', path: objectPath },
    job: { service: 'ims', method: 'GET', path: '/v1/*/jobs/*' },
  } as const;
  const read = reads[of];
  return { ...read, nth, action: read.service === 'obs' ? wrongAnswerOfObs(as, of) : wrongAnswerOfIms(as) };
}

/** OBS says it in XML, and to a HEAD by the status alone. */
export function wrongAnswerOfObs(as: WrongAnswer, of: WrongRead['of']): FaultAction {
  if (as !== '404' && as !== '401') return PAGES[as];
  const status = Number(as);
  if (of !== 'bytes') return { status };
  const error =
    as === '404'
      ? '<Code>NoSuchKey</Code><Message>The specified key does not exist</Message>'
      : '<Code>Unauthorized</Code><Message>The request could not be authenticated.</Message>';
  const body = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Error>${error}</Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

export function wrongAnswerOfIms(as: WrongAnswer): FaultAction {
  switch (as) {
    case '404':
      return { status: 404, body: gateway('APIGW.0101', 'The API does not exist or has not been published.') };
    case '401':
      return ANSWERS['401'];
    default:
      return PAGES[as];
  }
}

const WELCOME =
  '<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n<h1>Welcome to nginx!</h1>\n</body>\n</html>\n';

/** As nginx writes them. The page is a file, so that a HEAD of it tells a length and a time. */
const PAGES: { [as in Exclude<WrongAnswer, '404' | '401'>]: FaultAction } = {
  empty: { status: 200, body: { images: [] } },
  page404: { status: 404, headers: { server: 'nginx' }, body: nginxError('404 Not Found') },
  page200: {
    status: 200,
    headers: {
      server: 'nginx',
      'content-length': String(WELCOME.length),
      'last-modified': 'Tue, 23 Apr 2024 11:21:43 GMT',
      etag: '"662799b7-80"',
    },
    body: WELCOME,
  },
  '503': { status: 503, headers: { server: 'nginx' }, body: nginxError('503 Service Temporarily Unavailable') },
};

function nginxError(title: string): string {
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
}

function actionOfRead({ status, delayMs = 0, retryAfterSeconds }: ReadTrouble): FaultAction {
  if (status === 'slow') return { delayMs };
  return { delayMs, status, headers: retryAfterSeconds ? { 'Retry-After': String(retryAfterSeconds) } : {} };
}

function actionOf({ kind, acts, delayMs = 0 }: PostTrouble): FaultAction {
  switch (kind) {
    case 'none':
      return { delayMs };
    case 'dropBefore':
      return { delayMs, dropBefore: true };
    case 'dropAfter':
      return { delayMs, dropAfter: true };
    case 'truncated':
      return { delayMs, truncate: true };
    default:
      return { delayMs, acts, ...ANSWERS[kind] };
  }
}

const ANSWERS: { [status in PostStatus]: FaultAction } = {
  '429': { status: 429, body: gateway('APIGW.0308', 'The throttling threshold has been reached') },
  '401': { status: 401, body: gateway('APIGW.0301', 'Incorrect IAM authentication information') },
  '403': { status: 403, body: gateway('APIGW.0302', 'The IAM user is not allowed to access the API.') },
  'IMG.0060': { status: 400, body: ims('IMG.0060', 'The number of tasks exceeds the flow control limit.') },
  'IMG.0061': { status: 400, body: ims('IMG.0061', 'Unknown system error.') },
  'IMG.0018': { status: 400, body: ims('IMG.0018', 'Failed to submit the asynchronous job.') },
  '502': { status: 502, body: '<html><body><h1>502 Bad Gateway</h1></body></html>' },
  '504': { status: 504, body: '<html><body><h1>504 Gateway Time-out</h1></body></html>' },
};

function gateway(error_code: string, error_msg: string): object {
  return { error_code, error_msg };
}

function ims(code: string, message: string): object {
  return { error: { code, message } };
}
