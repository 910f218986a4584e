import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { schemaNames } from '../../src/cli/schema';
import {
  CONTINUED_AS_NEW,
  DEFAULT_TASK_QUEUE,
  EXPORT_CANCELED,
  EXPORT_IMAGE_WORKFLOW,
  EXPORT_PHASES,
  EXPORT_UNCONFIRMED,
  FAILURE_TYPES,
  MESSAGES,
  NOT_VALIDATED_YET,
  NOTHING_TO_RESOLVE,
  SEARCH_ATTRIBUTES,
} from '../../src/contract';
import { exactProblemsBy, problemsBy } from './validator';

const page = readFileSync(resolve(__dirname, '../../docs/wire-contract.md'), 'utf8');
const examples = [...page.matchAll(/(?:<!-- schema: (\S+) -->\n)?```json\n(.*?)```/gs)].map(
  ([, schema, text], index) => [`${index + 1}: ${schema}`, schema ?? '', text ?? ''] as const,
);

describe('docs/wire-contract.md', () => {
  it.each(examples)('example %s fits its schema', (_title, schema, text) => {
    const check = schema === 'input' ? problemsBy : exactProblemsBy;
    expect(check(schema, JSON.parse(text))).toEqual([]);
  });

  it('names everything that is for ever', () => {
    const { signals, updates, queries } = MESSAGES;
    const names = [
      EXPORT_IMAGE_WORKFLOW,
      DEFAULT_TASK_QUEUE,
      ...[signals, updates, queries].flatMap(Object.values),
      ...FAILURE_TYPES,
      ...EXPORT_PHASES,
      ...Object.keys(SEARCH_ATTRIBUTES),
      ...[CONTINUED_AS_NEW, EXPORT_CANCELED, EXPORT_UNCONFIRMED, NOT_VALIDATED_YET, NOTHING_TO_RESOLVE],
    ];
    for (const name of names) expect(page).toContain(`\`${name}\``);
  });

  it('points at every schema', () => {
    const named = [...page.matchAll(/\]\(\.\.\/schemas\/(.+?)\.json\)/g)].map(([, name]) => name);
    expect([...new Set(named)].sort()).toEqual(schemaNames());
    for (const name of named) readFileSync(join(resolve(__dirname, '../../schemas'), `${name}.json`));
  });
});
