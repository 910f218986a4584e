/**
 * From an input, which can be anything, to the normalised request, or to InvalidExportRequest.
 *
 * The schema lives here and not in the workflow: zod would add a megabyte to its bundle.
 *
 * @module
 */
import { z } from 'zod';
import {
  DEFAULT_ACCOUNT,
  type ExportRequest,
  FILE_FORMATS,
  IMAGE_ID,
  isWorkflowId,
  JOB_ID,
  RULE_IDS,
  WORKFLOW_ID_SHAPE,
  workflowIdProblem,
} from '../contract';
import { asText, invalidField, invalidRequest, type Problem } from '../export/failures';
import { BUCKET_NAME, insteadOfUrl } from './object-url';
import { OPTION_NAMES, optionProblems, optionsSchema, withDefaults } from './options';
import { problemsOf } from './problems';
import { hasHidden, VISIBLE } from './visible';

const ACCOUNT_NAME = "the name of one of the worker's accounts";

/** The `account` of an input. */
export const accountSchema = z
  .string({ error: ACCOUNT_NAME })
  .regex(/./, { error: ACCOUNT_NAME })
  .refine((name) => !hasHidden(name), { error: `${ACCOUNT_NAME}, of ${VISIBLE}` });

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

/**
 * Normalises an input of `exportImageWorkflow`.
 *
 * @throws ApplicationFailure of type InvalidExportRequest that names field, value and what is right
 */
export function parseExportInput(input: unknown): ExportRequest {
  const parsed = exportInputSchema.safeParse(input);
  if (!parsed.success) throw invalidRequest(problemsOf(parsed.error.issues, input, keysAt));
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
 * Normalises an input for a start under the id of its destination, which has to be valid.
 *
 * @throws ApplicationFailure of type InvalidExportRequest that names field, value and what is right
 */
export function parseExportStart(input: unknown): ExportRequest {
  const request = parseExportInput(input);
  const expected = workflowIdProblem(request.bucketUrl);
  if (expected !== null) throw invalidField('bucketUrl', request.bucketUrl, expected);
  return request;
}

/** Splits at the first colon; a bucket name has none, an object key may. */
export function splitBucketUrl(bucketUrl: string): [string?, string?] {
  const colon = bucketUrl.indexOf(':');
  return colon < 0 ? [] : [bucketUrl.slice(0, colon), bucketUrl.slice(colon + 1)];
}

function destinationProblems({ bucketUrl }: ParsedInput): Problem[] {
  const problem = (expected: string) => [{ field: 'bucketUrl', value: asText(bucketUrl), expected }];
  const instead = insteadOfUrl(bucketUrl);
  if (instead !== null) return problem(instead);
  const [bucket, objectKey] = splitBucketUrl(bucketUrl);
  if (bucket === undefined || objectKey === undefined) {
    return problem("'<bucket>:<object key>' with a colon, such as 'ims-image:centos7_5.qcow2'");
  }
  if (!BUCKET_NAME.test(bucket)) {
    return problem('a bucket name of 3 to 63 lower-case letters, digits, hyphens and dots before the colon');
  }
  if (objectKey === '') return problem('an object key after the colon');
  return hasHidden(bucketUrl) ? problem(`a key of ${VISIBLE}`) : [];
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

function keysAt(path: string[]): readonly string[] {
  if (path[1] === 'rules') return RULE_IDS;
  if (path[0] === 'notify') return ['workflowId'];
  return path[0] === 'options' ? OPTION_NAMES : Object.keys(exportInputSchema.shape);
}
