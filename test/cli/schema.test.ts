import { afterEach, describe, expect, it, vi } from 'vitest';
import { schema, schemaNames } from '../../src/cli/schema';

afterEach(() => vi.restoreAllMocks());

/** The document that the command prints. */
function printed(name?: string): { [field: string]: unknown } {
  const texts: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((text) => void texts.push(String(text)));
  schema(name);
  return JSON.parse(texts.join('\n'));
}

describe('ims-export schema', () => {
  it('prints the schema of that name', () => {
    expect(printed('input')).toMatchObject({ $schema: expect.stringContaining('2020-12'), type: 'object' });
    expect(printed('failures/ExportFailed')).toMatchObject({ $id: expect.stringContaining('ExportFailed') });
  });

  it('prints all of them in one document without a name, each with its own id', () => {
    const { $defs } = printed() as { $defs: { [name: string]: { $id: string } } };
    expect(Object.keys($defs)).toEqual(schemaNames());
    const ids = Object.values($defs).map(({ $id }) => $id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('refuses a name that is none, and names those that there are', () => {
    expect(() => printed('output')).toThrow(expect.objectContaining({ code: 'InvalidExportRequest' }));
    expect(() => printed('output')).toThrow(/There is no schema "output"\. There are .*input, /);
  });
});
