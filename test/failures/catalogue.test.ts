import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAILURES, failureModesPage } from './catalogue';

const repository = resolve(__dirname, '../..');

/** The numbers that the names of tests begin with, by the quote that opens the name. */
function numbersTested(): Set<string> {
  const files = readdirSync(__dirname).filter((file) => file.endsWith('.test.ts') && file !== 'catalogue.test.ts');
  const text = files.map((file) => readFileSync(join(__dirname, file), 'utf8')).join('\n');
  return new Set([...text.matchAll(/^ *(?:it\b.*|.*\)|)\(?\s*['"`](F\d+) /gm)].map(([, number]) => String(number)));
}

describe('the failure catalogue', () => {
  it('lists each failure once, and leaves out no number', () => {
    const numbers = FAILURES.map(({ number }) => number);
    expect(numbers).toEqual(FAILURES.map((_, index) => `F${index + 1}`));
  });

  it('has a test for each number, and a number for each test', () => {
    const order = (numbers: Iterable<string>) => [...numbers].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
    expect(order(numbersTested())).toEqual(FAILURES.map(({ number }) => number));
  });

  it('is what docs/failure-modes.md shows', () => {
    expect(readFileSync(join(repository, 'docs/failure-modes.md'), 'utf8')).toBe(failureModesPage());
  });
});
