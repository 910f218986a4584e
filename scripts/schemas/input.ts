/**
 * The JSON Schemas of the inputs, from the zod schemas that judge them: what JSON Schema can say of the rules between
 * fields, and the docstrings of the contract, are added here. test/schemas holds both against each other.
 *
 * The patterns do without look-around and flags, which not every language's expressions have.
 *
 * @module
 */
import { z } from 'zod';
import { batchInputSchema, exportInputSchema } from '../../src/activities';
import { HIDDEN } from '../../src/request/visible';
import type { Schema } from './from-types';

/** The longest of any limit, 365 days. */
const MAX_DURATION_MS = 365 * 86_400_000;

/** Digits as far as none of them can be too many milliseconds to count. */
const DURATION: Schema = {
  description: "Milliseconds, or a number with a unit: '90s', '15m', '24h', '2d'.",
  anyOf: [
    { type: 'number', minimum: 0, maximum: MAX_DURATION_MS },
    {
      type: 'string',
      pattern:
        '^\\s*0*([0-9]{1,15}(\\.[0-9]+)?\\s*ms|[0-9]{1,12}(\\.[0-9]+)?\\s*s|[0-9]{1,11}(\\.[0-9]+)?\\s*m|[0-9]{1,9}(\\.[0-9]+)?\\s*h|[0-9]{1,8}(\\.[0-9]+)?\\s*d)\\s*$',
    },
  ],
};

const JOB_ID: Schema = { type: 'string', pattern: '^[A-Za-z0-9_.-]{1,128}$' };

const HEX = '[0-9a-fA-F]';
const IMAGE_ID: Schema = { type: 'string', pattern: `^${HEX}{8}-${HEX}{4}-${HEX}{4}-${HEX}{4}-${HEX}{12}$` };

const BUCKET_URL: Schema = {
  type: 'string',
  pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]:[\\s\\S]',
  not: {
    anyOf: [
      { pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+:' },
      { pattern: '^[^:]*(\\.\\.|\\.-|-\\.)' },
      { pattern: HIDDEN },
    ],
  },
};

const TASK_QUEUE: Schema = { type: 'string', pattern: '^[!-~]{1,200}$', not: { pattern: '^/_sys/' } };

/** A quick export has no format; everything else has one, unless it tracks a job that was started elsewhere. */
const QUICK_OR_FORMAT: Schema = {
  anyOf: [
    {
      title: 'a quick export',
      properties: { isQuickExport: { const: true }, fileFormat: { type: 'null' } },
      required: ['isQuickExport'],
    },
    {
      title: 'a conversion',
      properties: { isQuickExport: { enum: [false, null] }, fileFormat: { type: 'string' } },
      required: ['fileFormat'],
    },
    {
      title: 'a job that was begun elsewhere',
      properties: { isQuickExport: { enum: [false, null] }, attach: { type: 'object' } },
      required: ['attach'],
    },
  ],
};

/** An image of a batch: neither two formats nor two keys. */
const ONE_FORMAT_AND_KEY: Schema = {
  not: {
    anyOf: [
      {
        properties: { isQuickExport: { const: true }, fileFormat: { type: 'string' } },
        required: ['isQuickExport', 'fileFormat'],
      },
      {
        properties: { bucketUrl: { type: 'string' }, objectKey: { type: 'string' } },
        required: ['bucketUrl', 'objectKey'],
      },
    ],
  },
};

/** What a batch exports is listed or asked for. */
const IMAGES_OR_QUERY: Schema = {
  anyOf: [
    {
      title: 'images by their ids',
      properties: { images: { type: 'array' }, query: { type: 'null' } },
      required: ['images'],
    },
    {
      title: 'images by what they have in common',
      properties: { query: { type: 'object' }, images: { type: 'null' }, to: { type: 'string' } },
      required: ['query', 'to'],
    },
  ],
};

/** @param described the schema of the contract's type, for its docstrings */
export function inputSchema(described: Schema): Schema {
  return schemaOf(exportInputSchema, QUICK_OR_FORMAT, described);
}

/** @param described the schema of the contract's type, for its docstrings */
export function batchSchema(described: Schema): Schema {
  return schemaOf(batchInputSchema, IMAGES_OR_QUERY, described);
}

function schemaOf(input: z.ZodType, rules: Schema, described: Schema): Schema {
  const { $schema: _ofZod, ...made } = z.toJSONSchema(input, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ path, jsonSchema }) => {
      const field = path
        .filter((step) => step !== 'properties' && step !== 'anyOf' && step !== 'items' && typeof step === 'string')
        .join('.');
      if (field === 'images' && jsonSchema.type === 'object') Object.assign(jsonSchema, ONE_FORMAT_AND_KEY);
      const exact = exactly(field, jsonSchema as Schema);
      if (exact === undefined) return;
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Schema)[key];
      Object.assign(jsonSchema, exact);
    },
  }) as Schema;
  return withDescriptions({ ...made, ...rules, $defs: { Duration: DURATION } }, [
    described,
    ...definitionsOf(described),
  ]);
}

/** What zod's own schema of a field leaves open. Seen once for the field and, where it may be null, once for the rest of it. */
function exactly(field: string, made: Schema): Schema | undefined {
  if ('anyOf' in made || made.type === 'null' || made.type === 'object') return undefined;
  if (/^(images\.)?imageId$/.test(field)) return IMAGE_ID;
  if (field === 'attach.jobId') return JOB_ID;
  if (field === 'bucketUrl') return BUCKET_URL;
  if (/^(account|to|images\.(bucketUrl|objectKey))$/.test(field)) return { ...made, not: { pattern: HIDDEN } };
  if (/^options\.(activity|submit)TaskQueue$/.test(field)) return TASK_QUEUE;
  // A check in code, of which zod can say nothing.
  if (field.startsWith('options.') && Object.keys(made).length === 0) return { $ref: '#/$defs/Duration' };
  return undefined;
}

function definitionsOf({ $defs = {} }: Schema): Schema[] {
  return Object.values($defs as { [name: string]: Schema });
}

/** Each property's docstring, with its default, from the first shape that has one. */
function withDescriptions(schema: Schema, shapes: Schema[]): Schema {
  if (schema.items !== undefined) return { ...schema, items: withDescriptions(schema.items as Schema, shapes) };
  const properties = schema.properties as { [name: string]: Schema } | undefined;
  if (properties === undefined) return schema;
  const described = Object.entries(properties).map(([name, property]) => {
    const { description, default: usual } =
      shapes.map((shape) => propertyOf(shape, name)).find((one) => one?.description) ?? {};
    const inner = ((property.anyOf as Schema[] | undefined) ?? []).map((one) => withDescriptions(one, shapes));
    const own = inner.length > 0 ? { ...property, anyOf: inner } : property;
    return [
      name,
      {
        ...(description === undefined ? {} : { description }),
        ...(usual === undefined ? {} : { default: usual }),
        ...own,
      },
    ];
  });
  return { ...schema, properties: Object.fromEntries(described) };
}

function propertyOf({ properties }: Schema, name: string): Schema | undefined {
  return (properties as { [name: string]: Schema } | undefined)?.[name];
}
