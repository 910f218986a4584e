import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseExportInput } from '../../src';
import { refuseReservedOptions } from '../../src/activities/input-checks';
import { EXPORT_OPTIONS, MESSAGES } from '../../src/contract';
import { parseBatchInput } from '../../src/request/batch';
import * as workflows from '../../src/workflows';
import { REPOSITORY, readPages } from './pages';
import { RESERVED_OPTIONS, RESERVED_SIGNALS } from './reserved-names';

const IMAGE = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';
const RESERVED = [...RESERVED_OPTIONS, ...RESERVED_SIGNALS];
const namesIn = (text: string) => RESERVED.filter((name) => text.includes(name));

describe('a reserved name', () => {
  it.each(RESERVED_OPTIONS)('of an option is rejected when the option is set: %s', (name) => {
    const input = { imageId: IMAGE, bucketUrl: 'ims-image:a', isQuickExport: true };
    const { options } = parseExportInput({ ...input, options: { [name]: true } });
    expect(() => refuseReservedOptions(options)).toThrow(`options.${name}`);
  });

  it.each(RESERVED_SIGNALS)('of a signal has no handler in the workflow: %s', (name) => {
    expect(Object.values(MESSAGES.signals)).toContain(name);
    expect(Object.keys(workflows)).not.toContain(name);
  });

  const misspelt = { options: { expectNotifications: true } };
  const refusals: Array<[what: string, parse: () => unknown]> = [
    ['an export', () => parseExportInput({ imageId: IMAGE, bucketUrl: 'ims-image:a', fileFormat: 'vhd', ...misspelt })],
    ['a batch', () => parseBatchInput({ query: {}, to: 'ims-image:{imageId}', ...misspelt })],
  ];
  it.each(refusals)('is not offered as a known option when %s has an unknown one', (_what, parse) => {
    const said = (() => {
      try {
        return parse();
      } catch (error) {
        return (error as Error).message;
      }
    })();
    const [, offered = ''] = /no key of this name; known are ([\w, ]+)/.exec(String(said)) ?? [];
    expect(offered.split(', ')).toEqual(Object.keys(EXPORT_OPTIONS).filter((name) => !RESERVED.includes(name)));
  });

  it('is on one line and in one status of docs/wire-contract.md, and on no other page', () => {
    const found = readPages().flatMap(({ path, text }) => {
      const isContract = path === 'docs/wire-contract.md';
      const prose = isContract ? text.replace(/^```json schema="status"\n[\s\S]*?^```$/m, '') : text;
      const lines = prose.split('\n');
      return lines.map((line) => `${path}: ${namesIn(line)}`).filter((line) => !line.endsWith(': '));
    });
    expect(found).toEqual([`docs/wire-contract.md: ${RESERVED}`]);
  });

  it('is nowhere in the command line and in no example', () => {
    const files = [join(REPOSITORY, 'src/cli.ts'), ...filesBelow('src/cli'), ...filesBelow('examples')];
    expect(files.length).toBeGreaterThan(20);
    expect(files.flatMap((file) => namesIn(readFileSync(file, 'utf8')))).toEqual([]);
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(join(REPOSITORY, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name));
}
