/**
 * From an input, which can be anything, to the normalised request, or to InvalidExportRequest.
 *
 * The schema lives here and not in the workflow: zod would add a megabyte to its bundle.
 *
 * @module
 */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { z } from 'zod';
import {
  DEFAULT_ACCOUNT,
  DURATION_SHAPE,
  durationMs,
  type ExportRequest,
  type ExportSettings,
  FILE_FORMATS,
  IMAGE_ID,
  type InvalidExportRequestDetails,
  isWorkflowId,
  JOB_ID,
  settingProblems,
  TASK_QUEUE_NAME,
  WORKFLOW_ID_SHAPE,
  workflowIdProblem,
} from '../contract';
import { RULE_IDS } from './preflight';

export type Problem = InvalidExportRequestDetails['problems'][number];

/** OBS, "Creating a Bucket": 3 to 63 characters, and nothing that looks like an IP address. */
const BUCKET_NAME = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*(\.\.|\.-|-\.))[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** A failure that tells more of them would be too large for Temporal, and for a reader. */
const MOST_PROBLEMS = 20;

const duration = z.custom<number | string>((value) => durationMs(value) !== undefined, { error: DURATION_SHAPE });
const taskQueueShape = 'the name of a task queue, of 1 to 200 visible ASCII characters';
const taskQueue = z.string({ error: taskQueueShape }).regex(TASK_QUEUE_NAME, { error: taskQueueShape });

/** The `options` of an input. */
export const optionsSchema = z.strictObject(
  {
    deadline: duration.nullish(),
    minInterval: duration.nullish(),
    maxInterval: duration.nullish(),
    stallAfter: duration.nullish(),
    pollErrorBudget: duration.nullish(),
    unknownStatusBudget: duration.nullish(),
    jobNotFoundGrace: duration.nullish(),
    submitBudget: duration.nullish(),
    onCancel: z.enum(['detach', 'drain'], { error: "'detach' or 'drain'" }).nullish(),
    onAmbiguousSubmit: z.enum(['probe', 'ask'], { error: "'probe' or 'ask'" }).nullish(),
    maxProbes: z.int({ error: 'a whole number from 0 to 10' }).min(0).max(10).nullish(),
    acceptUnconfirmed: z.boolean({ error: 'true or false' }).nullish(),
    whenImageBusy: z.enum(['wait', 'fail'], { error: "'wait' or 'fail'" }).nullish(),
    rules: z
      .partialRecord(
        z.enum(RULE_IDS, { error: `a rule of ${RULE_IDS.join(', ')}` }),
        z.enum(['error', 'warn', 'off'], { error: "'error', 'warn' or 'off'" }),
        { error: "an object such as {bucketReadable: 'off'}" },
      )
      .nullish(),
    expectNotification: z.boolean({ error: 'true or false' }).nullish(),
    searchAttributes: z.boolean({ error: 'true or false' }).nullish(),
    activityTaskQueue: taskQueue.nullish(),
    submitTaskQueue: taskQueue.nullish(),
  },
  { error: 'an object' },
);

const ACCOUNT_NAME = "the name of one of the worker's accounts";

/** The `account` of an input. */
export const accountSchema = z.string({ error: ACCOUNT_NAME }).regex(/./, { error: ACCOUNT_NAME });

/** The `imageId` of an input. */
export const imageIdSchema = z.string({ error: 'the ID of a private image, a UUID' }).regex(IMAGE_ID, {
  error: 'the ID of a private image, a UUID such as d164b5df-1bc3-4c3f-893e-3e471fd16e64',
});

const NOTIFIED = 'an object such as {workflowId}, the id of a workflow of this namespace';

/** The input of `exportImageWorkflow`. Null stands for absent, as other languages write it. */
export const exportInputSchema = z.strictObject(
  {
    imageId: imageIdSchema,
    bucketUrl: z.string({ error: "'<bucket>:<object key>'" }),
    fileFormat: z.enum(FILE_FORMATS, { error: `one of ${FILE_FORMATS.join(', ')}` }).nullish(),
    isQuickExport: z.boolean({ error: 'true or false' }).nullish(),
    attach: z
      .strictObject(
        { jobId: z.string({ error: 'the id of a job' }).regex(JOB_ID, { error: 'the id of a job' }) },
        { error: 'an object such as {jobId}' },
      )
      .nullish(),
    account: accountSchema.nullish(),
    options: optionsSchema.nullish(),
    notify: z
      .strictObject(
        { workflowId: z.custom<string>(isWorkflowId, { error: `the id of a workflow, ${WORKFLOW_ID_SHAPE}` }) },
        { error: NOTIFIED },
      )
      .nullish(),
  },
  { error: 'an object such as {imageId, bucketUrl, fileFormat} or {imageId, bucketUrl, isQuickExport: true}' },
);

type ParsedInput = z.infer<typeof exportInputSchema>;
type ParsedOptions = z.infer<typeof optionsSchema>;

/**
 * Normalises an input of `exportImageWorkflow`.
 *
 * @throws ApplicationFailure of type InvalidExportRequest that names field, value and what is right
 */
export function parseExportInput(input: unknown): ExportRequest {
  const parsed = exportInputSchema.safeParse(input);
  if (!parsed.success) throw invalidRequest(problemsOf(parsed.error.issues, input));
  const options = withDefaults(parsed.data.options ?? {});
  const problems = [
    ...destinationProblems(parsed.data),
    ...formatProblems(parsed.data),
    ...optionProblems(options, parsed.data.options ?? {}),
  ];
  const [bucket, objectKey] = splitBucketUrl(parsed.data.bucketUrl);
  if (problems.length > 0 || bucket === undefined || objectKey === undefined) throw invalidRequest(problems);
  const { imageId, bucketUrl, isQuickExport, fileFormat, account, attach } = parsed.data;
  return {
    imageId: imageId.toLowerCase(),
    bucketUrl,
    bucket,
    objectKey,
    account: account ?? DEFAULT_ACCOUNT,
    fileFormat: isQuickExport ? 'zvhd2' : (fileFormat ?? null),
    isQuickExport: isQuickExport ?? false,
    attach: attach ?? null,
    options,
  };
}

/**
 * Normalises an input for whoever starts its export under the id of its destination, which has to be one.
 *
 * @throws ApplicationFailure of type InvalidExportRequest that names field, value and what is right
 */
export function parseExportStart(input: unknown): ExportRequest {
  const request = parseExportInput(input);
  const expected = workflowIdProblem(request.bucketUrl);
  if (expected !== null) throw invalidField('bucketUrl', request.bucketUrl, expected);
  return request;
}

/** An InvalidExportRequest of one problem, for checks that need more than the input. */
export function invalidField(field: string, value: unknown, expected: string): ApplicationFailure {
  return invalidRequest([{ field, value: asText(value), expected }]);
}

// Defaults, each beside its reason.
export function withDefaults(options: ParsedOptions): ExportSettings {
  return {
    // A 1 TB export takes hours; a day leaves room for a busy region.
    deadlineMs: durationMs(options.deadline ?? '24h') ?? 0,
    // A small image is done in minutes.
    minIntervalMs: durationMs(options.minInterval ?? '10s') ?? 0,
    // Nobody waits for the end of a nine-hour export to the minute.
    maxIntervalMs: durationMs(options.maxInterval ?? '10m') ?? 0,
    // A healthy 1 TB export shows a new percent every six minutes or so.
    stallAfterMs: durationMs(options.stallAfter ?? '1h') ?? 0,
    // Longer than a usual disturbance of a region, shorter than a night.
    pollErrorBudgetMs: durationMs(options.pollErrorBudget ?? '2h') ?? 0,
    unknownStatusBudgetMs: durationMs(options.unknownStatusBudget ?? '30m') ?? 0,
    // A job that was accepted this moment may not be known everywhere; after minutes it is.
    jobNotFoundGraceMs: durationMs(options.jobNotFoundGrace ?? '15m') ?? 0,
    // The limit on tasks frees up when somebody else's export ends.
    submitBudgetMs: durationMs(options.submitBudget ?? '2h') ?? 0,
    onCancel: options.onCancel ?? 'detach',
    onAmbiguousSubmit: options.onAmbiguousSubmit ?? 'probe',
    // One probe tells in most cases; each further one would be one more export that may begin.
    maxProbes: options.maxProbes ?? 1,
    acceptUnconfirmed: options.acceptUnconfirmed ?? false,
    whenImageBusy: options.whenImageBusy ?? 'wait',
    rules: { ...options.rules },
    expectNotification: options.expectNotification ?? false,
    searchAttributes: options.searchAttributes ?? false,
    activityTaskQueue: options.activityTaskQueue ?? null,
    submitTaskQueue: options.submitTaskQueue ?? null,
  };
}

/** A surrogate without its other half: no UTF-8 can be made of it. */
const HALF_CHARACTER = /\p{Surrogate}/u;

/** Splits at the first colon; a bucket name has none, an object key may. */
export function splitBucketUrl(bucketUrl: string): [string?, string?] {
  const colon = bucketUrl.indexOf(':');
  return colon < 0 ? [] : [bucketUrl.slice(0, colon), bucketUrl.slice(colon + 1)];
}

function destinationProblems({ bucketUrl }: ParsedInput): Problem[] {
  const problem = (expected: string) => [{ field: 'bucketUrl', value: asText(bucketUrl), expected }];
  const [bucket, objectKey] = splitBucketUrl(bucketUrl);
  if (bucket === undefined || objectKey === undefined) {
    return problem("'<bucket>:<object key>' with a colon, such as 'ims-image:centos7_5.qcow2'");
  }
  if (!BUCKET_NAME.test(bucket)) {
    return problem('a bucket name of 3 to 63 lower-case letters, digits, hyphens and dots before the colon');
  }
  if (objectKey === '') return problem('an object key after the colon');
  return HALF_CHARACTER.test(bucketUrl) ? problem('well-formed text, without half a character') : [];
}

function formatProblems({ fileFormat, isQuickExport, attach }: ParsedInput): Problem[] {
  if (isQuickExport && fileFormat) {
    const expected = 'no fileFormat: a quick export always writes zvhd2';
    return [{ field: 'fileFormat', value: asText(fileFormat), expected }];
  }
  if (!isQuickExport && !fileFormat && !attach) {
    const expected = `one of ${FILE_FORMATS.join(', ')}, or isQuickExport: true`;
    return [{ field: 'fileFormat', value: asText(fileFormat), expected }];
  }
  return [];
}

export function optionProblems(options: ExportSettings, given: ParsedOptions): Problem[] {
  return settingProblems(options).map(({ field, value, expected }) => ({
    field: `options.${field}`,
    value: asText(value),
    expected: given[field] == null ? `${expected}; ${value} is the default, so set it too` : expected,
  }));
}

/** @param keysAt the keys that an object of the input knows, by its path */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  keysAt: (path: string[]) => readonly string[] = knownKeys,
): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') {
      return [{ field: path.join('.'), value: asText(valueAt(input, path)), expected: issue.message }];
    }
    const expected = `no key of this name; known are ${keysAt(path).join(', ')}`;
    return issue.keys.map((key) => ({
      field: cut([...path, key].join('.')),
      value: asText(valueAt(input, [...path, key])),
      expected,
    }));
  });
}

function knownKeys(path: string[]): readonly string[] {
  if (path[1] === 'rules') return RULE_IDS;
  if (path[0] === 'notify') return ['workflowId'];
  return Object.keys((path[0] === 'options' ? optionsSchema : exportInputSchema).shape);
}

function valueAt(input: unknown, path: string[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), input);
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null;
}

/** A value for a message. */
export function asText(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return cut(text);
}

function cut(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
}

/** @param found at least one problem */
export function invalidRequest(found: Problem[]): ApplicationFailure {
  const problems = found.slice(0, MOST_PROBLEMS);
  const first = problems[0] ?? { field: '', value: '', expected: '' };
  const details: InvalidExportRequestDetails = { ...first, problems };
  const sentences = problems.map(
    ({ field, value, expected }) => `${field || 'input'} is ${value}; expected ${expected.replace(/\.$/, '')}`,
  );
  return ApplicationFailure.create({
    type: 'InvalidExportRequest',
    message: `Invalid export request: ${sentences.join('. ')}.`,
    nonRetryable: true,
    details: [details],
    // An answer to whoever asked, and no fault of the worker.
    category: ApplicationFailureCategory.BENIGN,
  });
}
