import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonSchemas, textOf } from '../../scripts/schemas';
import { schemaNames } from '../../src/cli/schema';
import { FAILURE_TYPES } from '../../src/contract';

const folder = resolve(__dirname, '../../schemas');

describe('schemas/', () => {
  it('is what `npm run schemas` writes', () => {
    const made = jsonSchemas();
    expect(schemaNames()).toEqual([...made.keys()].sort());
    for (const [name, schema] of made) expect(readFileSync(join(folder, `${name}.json`), 'utf8')).toBe(textOf(schema));
  });

  it('has the details of every failure type', () => {
    const failures = schemaNames().filter((name) => name.startsWith('failures/'));
    expect(failures).toEqual(FAILURE_TYPES.map((type) => `failures/${type}`).sort());
  });

  it('uses only portable regular expressions: no look-around, no character class except \\s', () => {
    for (const name of schemaNames()) {
      const patterns = [...readFileSync(join(folder, `${name}.json`), 'utf8').matchAll(/"pattern": (".*")/g)];
      for (const [, pattern] of patterns) expect(JSON.parse(pattern ?? '""')).not.toMatch(/\(\?|\\[wdbpu]/i);
    }
  });
});
