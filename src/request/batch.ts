/**
 * From the input of a batch, which can be anything, to one that can be planned, or to InvalidExportRequest.
 *
 * @module
 */
import { z } from 'zod';
import {
  BATCH_CONCURRENCY,
  BATCH_FORMATS,
  type BatchFormat,
  type BatchImage,
  DEFAULT_ACCOUNT,
  type ExportSettings,
  FAIL_WHEN,
  type FailWhen,
  FILE_FORMATS,
  type ImageQuery,
  MAX_BATCH_IMAGES,
  RULE_IDS,
} from '../contract';
import { asText, invalidRequest, type Problem } from '../export/failures';
import { accountSchema, imageIdSchema, splitBucketUrl } from './export';
import { templateProblem } from './key-template';
import { insteadOfUrl } from './object-url';
import { OPTION_NAMES, optionProblems, optionsSchema, withDefaults } from './options';
import { problemsOf } from './problems';
import { hasHidden, VISIBLE } from './visible';

/** An input of a batch that can be read, with its defaults. */
export interface BatchRequest {
  images: BatchImage[] | null;
  query: ImageQuery | null;
  /** Null where every image has a destination of its own. */
  to: { bucket: string; key: string } | null;
  format: BatchFormat;
  account: string;
  options: ExportSettings;
  maxConcurrent: number;
  dryRun: boolean;
  allowEmpty: boolean;
  failWhen: FailWhen;
}

const text = (error: string) => z.string({ error }).min(1, { error });

const imageSchema = z.strictObject(
  {
    imageId: imageIdSchema,
    bucketUrl: text("'<bucket>:<object key>'").nullish(),
    objectKey: text('an object key').nullish(),
    fileFormat: z.enum(FILE_FORMATS, { error: `one of ${FILE_FORMATS.join(', ')}` }).nullish(),
    isQuickExport: z.boolean({ error: 'true or false' }).nullish(),
  },
  { error: 'an object such as {imageId} or {imageId, bucketUrl, fileFormat}' },
);

const querySchema = z.strictObject(
  {
    name: text('the whole name of an image').nullish(),
    tag: text("a tag, 'key' or 'key=value'").nullish(),
    os: z.enum(['Linux', 'Windows', 'Other'], { error: "'Linux', 'Windows' or 'Other'" }).nullish(),
    enterpriseProjectId: text("the id of an enterprise project, '0' or 'all_granted_eps'").nullish(),
  },
  { error: "an object such as {tag: 'backup'}, or {} for every private image" },
);

const CONCURRENCY = `a whole number from 1 to ${BATCH_CONCURRENCY.max}`;
const TO = "'<bucket>:<object key>' with placeholders, such as 'ims-image:nightly/{date}/{name}.{format}'";
const SPLIT = `1 to ${MAX_BATCH_IMAGES} images; split them into several batches`;

/** The input of `exportImagesWorkflow`. Null stands for absent, as other languages write it. */
export const batchInputSchema = z.strictObject(
  {
    images: z
      .array(imageSchema, { error: 'a list of images, such as [{imageId}]' })
      .min(1, { error: SPLIT })
      .max(MAX_BATCH_IMAGES, { error: SPLIT })
      .nullish(),
    query: querySchema.nullish(),
    to: z.string({ error: TO }).nullish(),
    format: z.enum(BATCH_FORMATS, { error: `one of ${BATCH_FORMATS.join(', ')}` }).nullish(),
    account: accountSchema.nullish(),
    options: optionsSchema.nullish(),
    maxConcurrent: z
      .int({ error: CONCURRENCY })
      .min(1, { error: CONCURRENCY })
      .max(BATCH_CONCURRENCY.max, { error: CONCURRENCY })
      .nullish(),
    dryRun: z.boolean({ error: 'true or false' }).nullish(),
    allowEmpty: z.boolean({ error: 'true or false' }).nullish(),
    failWhen: z.enum(FAIL_WHEN, { error: `one of ${FAIL_WHEN.join(', ')}` }).nullish(),
  },
  { error: "an object such as {images: [{imageId}], to} or {query: {tag: 'backup'}, to}" },
);

type ParsedInput = z.infer<typeof batchInputSchema>;

/**
 * Reads an input of `exportImagesWorkflow`.
 *
 * @throws ApplicationFailure of type InvalidExportRequest that names field, value and what is right
 */
export function parseBatchInput(input: unknown): BatchRequest {
  const listed = (input as { images?: unknown } | null)?.images;
  // Thousands of images would be checked and quoted only to say that they are too many.
  if (Array.isArray(listed) && listed.length > MAX_BATCH_IMAGES) {
    throw invalidRequest([{ field: 'images', value: `a list of ${listed.length}`, expected: SPLIT }]);
  }
  const parsed = batchInputSchema.safeParse(input);
  if (!parsed.success) throw invalidRequest(problemsOf(parsed.error.issues, input, keysAt));
  const { data } = parsed;
  const options = withDefaults(data.options ?? {});
  const problems = [
    ...sourceProblems(data),
    ...toProblems(data),
    ...imageProblems(data),
    ...optionProblems(options, data.options ?? {}),
  ];
  if (problems.length > 0) throw invalidRequest(problems);
  const [bucket = '', key = ''] = splitBucketUrl(data.to ?? '');
  return {
    images: data.images?.map((image) => withoutNulls(image)) ?? null,
    query: data.query ? withoutNulls(data.query) : null,
    to: data.to ? { bucket, key } : null,
    format: data.format ?? 'auto',
    account: data.account ?? DEFAULT_ACCOUNT,
    options,
    maxConcurrent: data.maxConcurrent ?? BATCH_CONCURRENCY.default,
    dryRun: data.dryRun ?? false,
    allowEmpty: data.allowEmpty ?? false,
    failWhen: data.failWhen ?? 'never',
  };
}

/** Reads a query by itself. @throws ApplicationFailure of type InvalidExportRequest */
export function parseImageQuery(query: unknown): ImageQuery {
  const parsed = querySchema.safeParse(query);
  if (!parsed.success) {
    const problems = problemsOf(parsed.error.issues, query, () => Object.keys(querySchema.shape));
    throw invalidRequest(problems.map((problem) => ({ ...problem, field: `query.${problem.field}` })));
  }
  return withoutNulls(parsed.data);
}

function sourceProblems({ images, query }: ParsedInput): Problem[] {
  if (images && query) {
    const expected = 'either images or query, not both';
    return [{ field: 'query', value: asText(query), expected }];
  }
  if (images || query) return [];
  return [{ field: 'images', value: 'nothing', expected: "a list of images, or a query such as {tag: 'backup'}" }];
}

function toProblems({ to, images }: ParsedInput): Problem[] {
  if (to == null) {
    const needed = !images || images.some(({ bucketUrl }) => !bucketUrl);
    return needed ? [{ field: 'to', value: 'nothing', expected: TO }] : [];
  }
  const instead = insteadOfUrl(to);
  if (instead !== null) return [{ field: 'to', value: asText(to), expected: instead }];
  const [bucket, key] = splitBucketUrl(to);
  const isNeeded = !images || images.some(({ bucketUrl, objectKey }) => !bucketUrl && !objectKey);
  if (bucket === undefined || (key === '' && isNeeded)) return [{ field: 'to', value: asText(to), expected: TO }];
  return templateProblems('to', to);
}

function imageProblems({ images }: ParsedInput): Problem[] {
  return (images ?? []).flatMap(({ bucketUrl, objectKey, fileFormat, isQuickExport }, index) => {
    const field = (name: string) => `images.${index}.${name}`;
    const problems = [
      ...destinationProblems(field('bucketUrl'), bucketUrl),
      ...templateProblems(field('objectKey'), objectKey),
    ];
    if (bucketUrl && objectKey) {
      const expected = 'no key: bucketUrl names the object key too';
      problems.push({ field: field('objectKey'), value: asText(objectKey), expected });
    }
    if (isQuickExport && fileFormat) {
      const expected = 'no fileFormat: a quick export always writes zvhd2';
      problems.push({ field: field('fileFormat'), value: asText(fileFormat), expected });
    }
    return problems;
  });
}

function destinationProblems(field: string, bucketUrl: string | null | undefined): Problem[] {
  const instead = bucketUrl ? insteadOfUrl(bucketUrl) : null;
  return instead === null
    ? templateProblems(field, bucketUrl)
    : [{ field, value: asText(bucketUrl), expected: instead }];
}

function templateProblems(field: string, template: string | null | undefined): Problem[] {
  const unseen = template && hasHidden(template) ? `a destination of ${VISIBLE}` : null;
  const expected = unseen ?? (template ? templateProblem(template) : null);
  return expected === null ? [] : [{ field, value: asText(template), expected }];
}

function keysAt(path: string[]): readonly string[] {
  if (path[0] === 'options') return path[1] === 'rules' ? RULE_IDS : OPTION_NAMES;
  if (path[0] === 'images') return Object.keys(imageSchema.shape);
  return Object.keys((path[0] === 'query' ? querySchema : batchInputSchema).shape);
}

type WithoutNulls<T> = { [key in keyof T]: Exclude<T[key], null> };

function withoutNulls<T extends object>(object: T): WithoutNulls<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value != null)) as WithoutNulls<T>;
}
