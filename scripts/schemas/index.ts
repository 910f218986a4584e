/**
 * `npm run schemas`: writes schemas/, the JSON Schemas (draft 2020-12) of what crosses the wire.
 *
 * @module
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EXPORT_IMAGE_WORKFLOW, EXPORT_IMAGES_WORKFLOW, FAILURE_TYPES } from '../../src/contract';
import { forTerminal } from '../../src/export/quoting';
import { closed, contractSchemas, type Schema } from './from-types';
import { batchSchema, inputSchema } from './input';

/** The schema of a file is that of a type of the contract. One line makes one more. */
const TYPES = {
  result: 'ExportImageResult',
  status: 'ExportStatus',
  memo: 'ExportMemo',
  'messages/retune.answer': 'RetuneOutcome',
  'messages/resolveSubmission.refusal': 'NothingToResolveDetails',
  'messages/exportEnded': 'ExportEnded',
  'batch/result': 'ExportImagesResult',
  'batch/status': 'BatchStatus',
  'batch/memo': 'BatchMemo',
} as const;

/** `details[0]` of a failure has the name of its type, but for one that two types share. */
const FAILURE_DETAILS = Object.fromEntries(
  FAILURE_TYPES.map((type) => [`failures/${type}`, `${type === 'AccessDenied' ? 'SubmitRejected' : type}Details`]),
);

/** The same for arguments. */
const ARGUMENT_TYPES = {
  'messages/awaitSubmitted': 'ExportIntent',
  'messages/retune': 'RetuneInput',
  'messages/resolveSubmission': 'SubmissionResolution',
  'messages/retuneBatch': 'RetuneBatchInput',
} as const;

/** Every schema by its name, which is its file's without the extension. */
export function jsonSchemas(): Map<string, Schema> {
  const ofType = contractSchemas();
  const schemas: Array<[name: string, title: string, schema: Schema]> = [
    ['input', `Input of ${EXPORT_IMAGE_WORKFLOW}`, inputSchema(ofType('ExportImageInput'))],
    ['batch/input', `Input of ${EXPORT_IMAGES_WORKFLOW}`, batchSchema(ofType('ExportImagesInput'))],
    ...Object.entries(ARGUMENT_TYPES).map(([name, type]): [string, string, Schema] => [
      name,
      type,
      closed(ofType(type)),
    ]),
    ...Object.entries({ ...TYPES, ...FAILURE_DETAILS }).map(([name, type]): [string, string, Schema] => [
      name,
      type,
      ofType(type),
    ]),
  ];
  return new Map(
    schemas.map(([name, title, schema]) => {
      const $id = `urn:temporal-ims-export:${name.replace('/', ':')}`;
      return [name, { $schema: 'https://json-schema.org/draft/2020-12/schema', $id, title, ...schema }];
    }),
  );
}

/** With escapes for the characters that an editor would not show. */
export function textOf(schema: Schema): string {
  return `${JSON.stringify(schema, null, 2).split('\n').map(forTerminal).join('\n')}\n`;
}

if (require.main === module) {
  const folder = resolve(__dirname, '../../schemas');
  rmSync(folder, { recursive: true, force: true });
  for (const [name, schema] of jsonSchemas()) {
    const file = join(folder, `${name}.json`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, textOf(schema));
    console.log(file);
  }
}
