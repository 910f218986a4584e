import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { withTable } from '../../scripts/options-table';
import { exportInputSchema, parseExportInput } from '../../src';
import { durationMs, type ExportSettings, TUNABLE_OPTIONS } from '../../src/contract';
import { configFileSchema } from '../../src/huaweicloud/account/file-schema';
import { commandLine } from '../rigs/command-line';
import { REPOSITORY, readPage } from './pages';
import { RESERVED_OPTIONS } from './reserved-names';

const { text } = readPage('docs/configuration.md');

/** The cells of the table below a heading whose first row has this head. */
function table(head: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  if (start < 0) throw new Error(`docs/configuration.md has no table with the head ${head}`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const codes = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
const firstColumn = (head: string) => table(head).flatMap(([name]) => codes(name));

type JsonSchema = {
  properties?: { [name: string]: JsonSchema };
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  const?: unknown;
};

/** `endpoints.ims` for a field inside another. */
function pathsOf({ properties = {} }: JsonSchema): string[] {
  return Object.entries(properties).flatMap(([name, field]) =>
    field.properties === undefined ? [name] : pathsOf(field).map((path) => `${name}.${path}`),
  );
}

describe('docs/configuration.md', () => {
  it('has every field of the input', () => {
    expect(firstColumn('Field').sort()).toEqual(Object.keys(exportInputSchema.shape).sort());
  });

  describe('in the table of export options', () => {
    const optionsShape = exportInputSchema.shape.options.unwrap().unwrap().shape;
    const rows = table('Option');

    it('has every option except the reserved ones', () => {
      const names = Object.keys(optionsShape);
      expect(names).toEqual(expect.arrayContaining([...RESERVED_OPTIONS]));
      const offered = names.filter((name) => !RESERVED_OPTIONS.includes(name));
      expect(rows.flatMap(([name]) => codes(name)).sort()).toEqual(offered.sort());
    });

    it('has what `npm run options-table` writes, with a reason for each default', () => {
      expect(withTable(text)).toBe(text);
      expect(rows.filter(([, , , why]) => !why)).toEqual([]);
    });

    it('has the defaults that a validated input gets', () => {
      const { options } = parseExportInput({
        imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64',
        bucketUrl: 'ims-image:a.qcow2',
        fileFormat: 'qcow2',
      });
      const actual = rows.map(([name, told]) => {
        const [option = ''] = codes(name);
        const ofDuration = options[`${option}Ms` as keyof ExportSettings];
        if (ofDuration !== undefined) return [option, durationMs(codes(told)[0]) === ofDuration ? told : ofDuration];
        const value = options[option as keyof ExportSettings];
        const shown = typeof value === 'string' ? value : JSON.stringify(value);
        return [option, `\`${shown}\``];
      });
      expect(rows.map(([name, told]) => [codes(name)[0], told])).toEqual(actual);
    });

    it('marks the options that retune changes', () => {
      const marked = rows.filter(([name]) => name?.endsWith('*')).flatMap(([name]) => codes(name));
      expect(marked.sort()).toEqual([...TUNABLE_OPTIONS].sort());
    });
  });

  it('has every environment variable that the sources read', () => {
    const read = /(?:env\.|['"]|^ +)((?:IMS_EXPORT|HUAWEICLOUD|HC|HW|TEMPORAL|XDG|SSL|GRPC)_[A-Z_]*[A-Z])\b/gm;
    const sources = readdirSync(join(REPOSITORY, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(REPOSITORY, 'src', name), 'utf8'));
    const variables = new Set(sources.flatMap((source) => [...source.matchAll(read)].map(([, name = '']) => name)));
    const told = new Set(firstColumn('Variable'));
    expect([...variables].filter((name) => !told.has(name))).toEqual([]);
    // Those of Temporal and of Node are read by them, those of proxies in either case, and some are named by what they are for.
    const ours = [...told].filter((name) => !/^(TEMPORAL|NODE)_|_PROXY$|</.test(name));
    expect(ours.filter((name) => !variables.has(name))).toEqual([]);
  });

  describe('in the tables of the accounts file', () => {
    const schema = z.toJSONSchema(configFileSchema, { io: 'input', unrepresentable: 'any' }) as unknown as {
      properties: { accounts: { additionalProperties: JsonSchema } };
    };
    const account = schema.properties.accounts.additionalProperties;

    it('has every field', () => {
      expect(firstColumn('Field of an account').sort()).toEqual(pathsOf(account).sort());
    });

    it('has every source of credentials with its fields', () => {
      const { anyOf = [], oneOf = [] } = account.properties?.credentials ?? {};
      const sources = [...anyOf, ...oneOf].map(({ properties = {} }) => {
        const { source, ...fields } = properties;
        return [source?.const, Object.keys(fields).sort()] as const;
      });
      expect(sources.length).toBeGreaterThan(0);
      const rows = new Map(table('`credentials.source`').map(([source, fields]) => [codes(source)[0], codes(fields)]));
      expect([...rows.keys()].sort()).toEqual(sources.map(([source]) => source).sort());
      for (const [source, fields] of sources)
        expect(rows.get(String(source)), String(source)).toEqual(expect.arrayContaining([...fields]));
    });
  });

  it('has every option of createExportWorker', () => {
    const rows = text.slice(text.indexOf('## The worker')).match(/^\| `(\w+)` \|/gm) ?? [];
    expect(rows.flatMap((row) => codes(row))).toEqual(fieldsOf('ExportWorkerOptions'));
  });

  it('has every flag of `ims-export worker` and every option of runExportWorker', () => {
    const rows = table('`ims-export worker`');
    const flags = commandLine().commands.find((command) => command.name() === 'worker')?.options ?? [];
    expect(rows.flatMap(([flag]) => codes(flag))).toEqual(flags.map(({ long }) => long));
    expect(rows.flatMap(([, option]) => codes(option))).toEqual(fieldsOf('RunExportWorkerOptions'));
  });
});

/** The names of the fields of an interface of src/worker.ts. */
function fieldsOf(name: string): string[] {
  const source = readFileSync(join(REPOSITORY, 'src/worker.ts'), 'utf8');
  const [, body = ''] = new RegExp(`export interface ${name} \\{\\n([\\s\\S]*?)\\n\\}`).exec(source) ?? [];
  return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, field = '']) => field);
}
