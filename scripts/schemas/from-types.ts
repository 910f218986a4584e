/**
 * JSON Schemas from the types of src/contract, docstrings included: they cannot say anything else than the types.
 *
 * @module
 */
import { join, resolve } from 'node:path';
import { createGenerator } from 'ts-json-schema-generator';

export type Schema = { [keyword: string]: unknown };

const repository = resolve(__dirname, '../..');

/** Reads the contract once; then makes the schema of a type by its name. */
export function contractSchemas(): (type: string) => Schema {
  const generator = createGenerator({
    path: join(repository, 'src/contract/index.ts'),
    // Its own: the contract needs no types of node, which take a second to read.
    tsconfig: join(__dirname, 'tsconfig.json'),
    type: '*',
    // A later version may say more: a reader of an answer must accept that.
    additionalProperties: true,
    expose: 'all',
    topRef: false,
    skipTypeCheck: true,
  });
  return (type) => {
    const { $schema: _draft7, definitions = {}, ...schema } = generator.createSchema(type) as Schema;
    return asDraft2020({ ...schema, ...(isEmpty(definitions) ? {} : { $defs: definitions }) }) as Schema;
  };
}

function isEmpty(definitions: unknown): boolean {
  return Object.keys(definitions as object).length === 0;
}

/** `definitions` are `$defs` since 2019-09; links of TSDoc mean nothing outside of the source. */
function asDraft2020(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asDraft2020);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key === '$ref') return [key, String(inner).replace('#/definitions/', '#/$defs/')];
      if (key === 'description') return [key, withoutLinks(String(inner))];
      return [key, asDraft2020(inner)];
    }),
  );
}

function withoutLinks(description: string): string {
  return description.replace(/ *\{ *@link +(\S+?) *\} */g, ' `$1` ').replace(/` ([.,;:)])/g, '`$1');
}

/** The same for what is sent rather than read: an unknown field is a mistake there. */
export function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(closed) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isOpen = 'properties' in schema && !('additionalProperties' in schema);
  return (isOpen ? { ...inner, additionalProperties: false } : inner) as T;
}
