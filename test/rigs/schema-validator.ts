/**
 * The schemas as they are shipped, ready to judge.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import { closed } from '../../scripts/schemas/from-types';

const folder = resolve(__dirname, '../../schemas');
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, allErrors: true });
const validators = new Map<string, ValidateFunction>();

/** What is wrong with a value by the schema of that name, as lines; none when it fits. */
export function problemsBy(name: string, value: unknown): string[] {
  return problems(
    name,
    validator(name, (schema) => schema),
    value,
  );
}

/**
 * The same, and every field that the schema does not name is wrong: for what this version writes itself.
 *
 * @param missing fields that may be absent though the schema requires them, as in what an earlier version wrote; 'any' of them
 */
export function exactProblemsBy(name: string, value: unknown, missing: readonly string[] | 'any' = []): string[] {
  return problems(
    name,
    validator(name, ({ $id, ...schema }) =>
      closed(requiringLess({ ...schema, $id: `${$id}:exact:${[missing].flat().join(',')}` }, missing)),
    ),
    value,
  );
}

function requiringLess<T>(schema: T, missing: readonly string[] | 'any'): T {
  if (Array.isArray(schema)) return schema.map((one) => requiringLess(one, missing)) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.entries(schema).map(([key, value]) => {
    if (key !== 'required' || !Array.isArray(value)) return [key, requiringLess(value, missing)];
    return [key, missing === 'any' ? [] : value.filter((field) => !missing.includes(field))];
  });
  return Object.fromEntries(inner) as T;
}

function validator(name: string, change: (schema: { [key: string]: unknown }) => object): ValidateFunction {
  const schema = change(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')));
  const { $id } = schema as { $id: string };
  const known = validators.get($id) ?? ajv.compile(schema);
  validators.set($id, known);
  return known;
}

function problems(name: string, validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${name}${instancePath}: ${message} ${JSON.stringify(params)}`,
  );
}
