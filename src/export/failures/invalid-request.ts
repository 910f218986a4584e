/**
 * Failures of requests that cannot be carried out as they are.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/common';
import type { InvalidExportRequestDetails } from '../../contract';
import { cut, forTerminal } from '../quoting';
import { failure } from './failure';

export type Problem = InvalidExportRequestDetails['problems'][number];

/** A failure that holds more of them would be too large for Temporal, and for a reader. */
const MAX_PROBLEMS = 20;

/** @param found at least one problem */
export function invalidRequest(found: readonly Problem[]): ApplicationFailure {
  const problems = found.slice(0, MAX_PROBLEMS);
  const first = problems[0] ?? { field: '', value: '', expected: '' };
  const sentences = problems.map(
    ({ field, value, expected }) => `${field || 'input'} is ${value}; expected ${expected.replace(/\.$/, '')}`,
  );
  return failure('InvalidExportRequest', `${sentences.join('. ')}.`, { ...first, problems });
}

/** One field of an input, or of the argument of a message, is wrong. */
export function invalidField(field: string, value: unknown, expected: string): ApplicationFailure {
  return invalidRequest([{ field, value: asText(value), expected }]);
}

const MAX_VALUE = 200;

/** A value for a message. */
export function asText(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return forTerminal(cut(text, MAX_VALUE));
}

/** A state came from elsewhere than a run before. */
export function stateFromOutside(): ApplicationFailure {
  const expected = 'only the export input; the second argument belongs to continue-as-new';
  return invalidRequest([{ field: 'arguments[1]', value: '"a second argument"', expected }]);
}
