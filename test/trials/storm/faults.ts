/**
 * The troubles of a plan as the faults of the simulator.
 *
 * @module
 */
import type { FaultAction, FaultRule } from '../../../src/testing';
import type { Plan, PostStatus, PostTrouble, ReadTrouble } from './plan';
import type { Subject } from './subject';

export function faultsOf(plan: Plan, { postPath, objectPath }: Subject): FaultRule[] {
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
  return [...posts, ...onObject, ...(plan.imageReadMs > 0 ? imageReads : [])];
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
