import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/**
 * Binds what an activity logs, and what Temporal logs of it, to image, bucket, object key and job, as its input names them.
 *
 * @example
 * ```ts
 * await createExportWorker({ connection, accounts, worker: { interceptors: { activity: [exportLogAttributes] } } });
 * ```
 */
export const exportLogAttributes: ActivityInterceptorsFactory = () => {
  let attributes: { [name: string]: unknown } = {};
  return {
    inbound: {
      execute: (input, next) => {
        attributes = attributesOf(input.args[0]);
        return next(input);
      },
    },
    outbound: { getLogAttributes: (input, next) => next({ ...input, ...attributes }) },
  };
};

/** Of `{ request, jobId }`, or of the input of an export that was not validated yet, which can be anything. */
function attributesOf(argument: unknown): { [name: string]: unknown } {
  const { request, jobId, ...input } = fieldsOf(argument);
  const { imageId, bucketUrl } = request === undefined ? input : fieldsOf(request);
  const named = Object.entries({ imageId, ...destinationOf(bucketUrl), jobId });
  return Object.fromEntries(named.filter(([, value]) => typeof value === 'string'));
}

function destinationOf(bucketUrl: unknown): { bucket?: string; objectKey?: string } {
  if (typeof bucketUrl !== 'string') return {};
  const colon = bucketUrl.indexOf(':');
  return colon < 0 ? {} : { bucket: bucketUrl.slice(0, colon), objectKey: bucketUrl.slice(colon + 1) };
}

function fieldsOf(value: unknown): { [name: string]: unknown } {
  return typeof value === 'object' && value !== null ? (value as { [name: string]: unknown }) : {};
}
