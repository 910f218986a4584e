import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-codes';
import type { ExportErrorCode } from '../../src/client';
import { ExportError } from '../../src/client/errors';
import {
  EXPORT_PHASES,
  type ExportAttention,
  type ExportOutcomeUnknownDetails,
  FAILURE_TYPES,
} from '../../src/contract';
import { REPOSITORY, readPage } from './pages';

const { text } = readPage('docs/operations.md');

/** First cells of the tables, with the rest of their rows: `phase` and what it says. */
function rowsBelow(heading: string): Map<string, string> {
  const section = text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  return new Map([...section.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, name = '', rest = '']) => [name, rest]));
}

/** Every one of a union of words, held by the compiler. */
const ATTENTIONS: { [attention in ExportAttention]: true } = {
  needsAnswer: true,
  parked: true,
  noWorker: true,
  stalled: true,
  outcomeUnknown: true,
};
const REASONS: { [reason in ExportOutcomeUnknownDetails['reason']]: true } = {
  deadline: true,
  pollErrors: true,
  unknownStatus: true,
  jobNotFound: true,
  submitAmbiguous: true,
  trackingEnded: true,
};
const CODES: { [code in Exclude<ExportErrorCode, (typeof FAILURE_TYPES)[number]>]: true } = {
  Canceled: true,
  Terminated: true,
  NoWorker: true,
  TemporalUnreachable: true,
  NoSuchExport: true,
  Unreadable: true,
  ExportEnded: true,
  NotValidatedYet: true,
  NothingToResolve: true,
};

describe('docs/operations.md', () => {
  it('has every phase in the order of an export', () => {
    expect([...rowsBelow('Phases').keys()]).toEqual([...EXPORT_PHASES]);
  });

  it('has every attention value', () => {
    expect([...rowsBelow('Attention').keys()].sort()).toEqual(Object.keys(ATTENTIONS).sort());
  });

  it('has every failure type, every reason of an unknown outcome and every error code of the client', () => {
    const told = [...rowsBelow('Failures').keys()].sort();
    expect(told).toEqual([...FAILURE_TYPES, ...Object.keys(REASONS), ...Object.keys(CODES)].sort());
  });

  it('has the exit codes that the command line uses', () => {
    const failures = rowsBelow('Failures');
    const codes = [...FAILURE_TYPES, ...(Object.keys(CODES) as Array<keyof typeof CODES>)];
    expect(codes.map((code) => `${code} ${failures.get(code)?.split(/ \| |, /)[0]}`)).toEqual(
      codes.map((code) => `${code} ${exitCodeOf(new ExportError(code, 'any'))}`),
    );
  });

  it('has every warning of the workflow and the preflight', () => {
    const told = text.slice(text.indexOf('## Warnings')).replace(/\s+/g, ' ');
    const untold = warningsOfSources().filter((part) => !told.includes(part));
    expect(untold).toEqual([]);
  });
});

/** The beginning of each warning's longest fixed part, as it stands in the sources. */
function warningsOfSources(): string[] {
  const sources = ['src/workflows', 'src/activities/preflight'].flatMap((folder) =>
    readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(REPOSITORY, folder, name), 'utf8')),
  );
  const literal =
    /(?:\bwarn\(\s*tracking,|const (?:untold|MAY_HAVE_FAILED_BEFORE) =)\s*([`'])((?:(?!\1)[^\\]|\\.)*)\1/g;
  const warnings = sources.flatMap((source) => [...source.matchAll(literal)].map(([, , warning = '']) => warning));
  expect(warnings.length).toBeGreaterThan(10);
  return warnings.map((warning) => {
    const parts = warning.split(/\$\{[^}]*\}/).map((part) => part.replace(/^[\s.,:;(]+|[\s.,:;(]+$/g, ''));
    const longest = parts.reduce((one, other) => (other.length > one.length ? other : one), '');
    return longest.split(' ').slice(0, 6).join(' ');
  });
}
