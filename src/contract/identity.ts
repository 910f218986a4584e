/**
 * Names and ids: workflow types, workflow ids, task queues, accounts, preflight rules, and the shapes of the ids of images and jobs.
 *
 * @module
 */

/** The workflow type of one export. */
export const EXPORT_IMAGE_WORKFLOW = 'exportImageWorkflow';

/** The task queue that worker, client and CLI use by default. */
export const DEFAULT_TASK_QUEUE = 'ims-export';

/** The account used when an input names none. */
export const DEFAULT_ACCOUNT = 'default';

/** The ids of the preflight rules, which `options.rules` may name, in the order of their refusals in messages. */
export const RULE_IDS = [
  'imageExists',
  'privateImage',
  'imageActive',
  'notWholeEcs',
  'notIso',
  'quickExportNotEncrypted',
  'licensedLineage',
  'regionalLineage',
  'notFromBackup',
  'notFromMarketplace',
  'notFromChargedImage',
  'sizeLimit',
  'conversionSizeLimit',
  'diskSizeLimit',
  'objectName',
  'folderNames',
  'keyExtension',
  'bucketExists',
  'bucketReadable',
  'bucketStorageClass',
  'bucketRegion',
  'destinationFree',
] as const;
export type RuleId = (typeof RULE_IDS)[number];

/** The form of an image id: a UUID. */
export const IMAGE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The form of a job id: 32 hexadecimal digits today; anything that is safe in a path will do. */
export const JOB_ID = /^[\w.-]{1,128}$/;

/** The job type of an export (IMS API, asynchronous job query). */
export const EXPORT_JOB_TYPE = 'imsNativeExportImageJob';

/** The form of a task queue's name: visible ASCII, and none of Temporal's own. */
export const TASK_QUEUE_NAME = /^(?!\/_sys\/)[!-~]{1,200}$/;

/**
 * The workflow id of an export: one destination, one tracker.
 *
 * @example exportWorkflowId('ims-image:exports/centos7_5.qcow2') // 'ims-export:ims-image:exports/centos7_5.qcow2'
 */
export function exportWorkflowId(bucketUrl: string): string {
  return `ims-export:${bucketUrl}`;
}

/** The workflow type of a batch of exports. */
export const EXPORT_IMAGES_WORKFLOW = 'exportImagesWorkflow';

/**
 * The workflow id of a batch.
 *
 * @example exportBatchWorkflowId('nightly') // 'ims-export-batch:nightly'
 */
export function exportBatchWorkflowId(name: string): string {
  return `ims-export-batch:${name}`;
}

/** Temporal's limit on the length of an id, in bytes. */
const MAX_WORKFLOW_ID_BYTES = 1_000;

/** The form of a workflow id, for messages. */
export const WORKFLOW_ID_SHAPE = `well-formed text of 1 to ${MAX_WORKFLOW_ID_BYTES} bytes`;

/**
 * True for what can be the id of a workflow. With anything else in a command, the server refuses the workflow task again and again;
 * with half a character, which is no UTF-8, the worker itself ends.
 */
export function isWorkflowId(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || /\p{Surrogate}/u.test(value)) return false;
  return new TextEncoder().encode(value).length <= MAX_WORKFLOW_ID_BYTES;
}

/** What is wrong with a destination whose {@link exportWorkflowId} cannot be one, as what would be right; null when it can. */
export function workflowIdProblem(bucketUrl: string): string | null {
  if (isWorkflowId(exportWorkflowId(bucketUrl))) return null;
  return `another object key: ${exportWorkflowId('<bucket>:<object key>')}, the id of the export, must be ${WORKFLOW_ID_SHAPE}`;
}
