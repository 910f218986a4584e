import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { schemaNames } from '../../src/cli/schema';
import {
  BATCH_MESSAGES,
  BATCH_PHASES,
  BATCH_VERDICTS,
  CONTINUED_AS_NEW,
  DEFAULT_TASK_QUEUE,
  EXPORT_CANCELED,
  EXPORT_IMAGE_WORKFLOW,
  EXPORT_IMAGES_WORKFLOW,
  EXPORT_PHASES,
  EXPORT_UNCONFIRMED,
  FAILURE_TYPES,
  MESSAGES,
  NOT_VALIDATED_YET,
  NOTHING_TO_RESOLVE,
  SEARCH_ATTRIBUTES,
} from '../../src/contract';
import { place, readPage } from './pages';
import { schemaOf } from './schema-blocks';

const { text: page, blocks } = readPage('docs/wire-contract.md');
const examples = blocks.filter(({ language }) => language === 'json');

/** test/docs holds the examples of all pages against the schemas that they name. */
describe('docs/wire-contract.md', () => {
  it('names the schema of each of its examples', () => {
    expect(examples.length).toBeGreaterThan(5);
    expect(examples.filter((block) => schemaOf(block) === undefined).map(place)).toEqual([]);
  });

  it('names everything that is promised forever', () => {
    const messages = [MESSAGES, BATCH_MESSAGES].flatMap(({ signals, updates, queries }) => [signals, updates, queries]);
    const names = [
      EXPORT_IMAGE_WORKFLOW,
      EXPORT_IMAGES_WORKFLOW,
      DEFAULT_TASK_QUEUE,
      ...messages.flatMap((named): string[] => Object.values(named)),
      ...BATCH_VERDICTS,
      ...BATCH_PHASES,
      ...FAILURE_TYPES,
      ...EXPORT_PHASES,
      ...Object.keys(SEARCH_ATTRIBUTES),
      ...[CONTINUED_AS_NEW, EXPORT_CANCELED, EXPORT_UNCONFIRMED, NOT_VALIDATED_YET, NOTHING_TO_RESOLVE],
    ];
    for (const name of names) expect(page).toContain(`\`${name}\``);
  });

  it('links every schema', () => {
    const named = [...page.matchAll(/\]\(\.\.\/schemas\/(.+?)\.json\)/g)].map(([, name]) => name);
    expect([...new Set(named)].sort()).toEqual(schemaNames());
    for (const name of named) readFileSync(join(resolve(__dirname, '../../schemas'), `${name}.json`));
  });
});
