/**
 * What is wrong with an input, as its sender reads it: field, value, and what would be right.
 *
 * @module
 */
import type { z } from 'zod';
import { asText, type Problem } from '../export/failures';
import { cut, forTerminal } from '../export/quoting';

const MAX_FIELD = 200;

/** @param keysAt the keys that an object of the input knows, by its path */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  keysAt: (path: string[]) => readonly string[],
): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') {
      return [
        {
          field: forTerminal(cut(path.join('.'), MAX_FIELD)),
          value: asText(valueAt(input, path)),
          expected: issue.message,
        },
      ];
    }
    const expected = `no key of this name; known are ${keysAt(path).join(', ')}`;
    return issue.keys.map((key) => ({
      field: forTerminal(cut([...path, key].join('.'), MAX_FIELD)),
      value: asText(valueAt(input, [...path, key])),
      expected,
    }));
  });
}

function valueAt(input: unknown, path: string[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), input);
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null;
}
