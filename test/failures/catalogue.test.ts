import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAILURES, failureCataloguePage } from './catalogue';
import { failureModesPage, TROUBLES, UNNOTICED } from './users-page';

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

  it('is what docs/development/failure-catalogue.md shows', () => {
    expect(readFileSync(join(repository, 'docs/development/failure-catalogue.md'), 'utf8')).toBe(
      failureCataloguePage(),
    );
  });

  it('is in docs/failure-modes.md as its users meet it', () => {
    expect(readFileSync(join(repository, 'docs/failure-modes.md'), 'utf8')).toBe(failureModesPage());
    const numbers = FAILURES.map(({ number }) => number);
    const named = Object.values(TROUBLES).flatMap((troubles) => troubles.flatMap(({ failures }) => failures));
    expect([...new Set([...named, ...UNNOTICED])].sort()).toEqual([...numbers].sort());
    expect(UNNOTICED.filter((number) => named.includes(number))).toEqual([]);
  });
});
