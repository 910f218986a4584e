import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ExportError } from '../client';
import { printJson } from '../terminal/output';

const FOLDER = resolve(__dirname, '../../schemas');

/** `ims-export schema`: the JSON Schema of that name, or all of them in one document. */
export function schema(name: string | undefined): void {
  printJson(name === undefined ? allSchemas() : schemaOf(name));
}

/** A compound document: each schema keeps the id of its own. */
function allSchemas(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:temporal-ims-export',
    $defs: Object.fromEntries(schemaNames().map((name) => [name, schemaOf(name)])),
  };
}

/** Such as `input` and `failures/ExportFailed`. */
export function schemaNames(): string[] {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
  return files.map((file) => file.replaceAll('\\', '/').replace(/\.json$/, '')).sort();
}

function schemaOf(name: string): unknown {
  const names = schemaNames();
  if (!names.includes(name)) {
    const message = `There is no schema ${JSON.stringify(name)}. There are ${names.join(', ')}.`;
    throw new ExportError('InvalidExportRequest', message);
  }
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'));
}
