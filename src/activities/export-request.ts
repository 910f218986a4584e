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
  type Duration,
  durationMs,
  EXPORT_OPTIONS,
  type ExportOptions,
  type ExportRequest,
  type ExportSettings,
  FILE_FORMATS,
  IMAGE_ID,
  type InvalidExportRequestDetails,
  isWorkflowId,
  JOB_ID,
  type OptionSpec,
  RULE_IDS,
  settingProblems,
  TASK_QUEUE_NAME,
  WORKFLOW_ID_SHAPE,
  workflowIdProblem,
} from '../contract';

export type Problem = InvalidExportRequestDetails['problems'][number];

/** OBS, "Creating a Bucket": 3 to 63 characters, and nothing that looks like an IP address. */
const BUCKET_NAME = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*(\.\.|\.-|-\.))[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** A failure that tells more of them would be too large for Temporal, and for a reader. */
const MOST_PROBLEMS = 20;

const TASK_QUEUE_SHAPE = 'the name of a task queue, of 1 to 200 visible ASCII characters';

/** The schema of the value of an option. */
function optionSchema(spec: OptionSpec): z.ZodType {
  switch (spec.kind) {
    case 'duration':
      return z.custom<Duration>((value) => durationMs(value) !== undefined, { error: DURATION_SHAPE });
    case 'choice':
      return z.enum(spec.choices, { error: spec.choices.map((choice) => `'${choice}'`).join(' or ') });
    case 'wholeNumber': {
      const { min, max } = spec;
      return z
        .int({ error: `a whole number from ${min} to ${max}` })
        .min(min)
        .max(max);
    }
    case 'flag':
      return z.boolean({ error: 'true or false' });
    case 'rules':
      return z.partialRecord(
        z.enum(RULE_IDS, { error: `a rule of ${RULE_IDS.join(', ')}` }),
        z.enum(['error', 'warn', 'off'], { error: "'error', 'warn' or 'off'" }),
        { error: "an object such as {bucketReadable: 'off'}" },
      );
    case 'taskQueue':
      return z.string({ error: TASK_QUEUE_SHAPE }).regex(TASK_QUEUE_NAME, { error: TASK_QUEUE_SHAPE });
  }
}

/** Null stands for absent. */
type OptionsShape = {
  [option in keyof ExportOptions]-?: z.ZodOptional<z.ZodNullable<z.ZodType<NonNullable<ExportOptions[option]>>>>;
};

/** The `options` of an input. */
export const optionsSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(EXPORT_OPTIONS).map(([option, spec]) => [option, optionSchema(spec).nullish()]),
  ) as OptionsShape,
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

/** The settings of a request: every option by its default where none is given, durations in milliseconds. */
export function withDefaults(given: ParsedOptions): ExportSettings {
  const settings = Object.entries(EXPORT_OPTIONS).map(([option, spec]) => {
    const value = given[option as keyof ExportOptions] ?? spec.default;
    if (spec.kind === 'duration') return [`${option}Ms`, durationMs(value) ?? 0];
    return [option, spec.kind === 'rules' ? { ...(value as object) } : value];
  });
  return Object.fromEntries(settings) as ExportSettings;
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
