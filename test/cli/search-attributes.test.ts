import { describe, expect, it } from 'vitest';
import { nextStep } from '../../src/cli/search-attributes';
import type { SearchAttributeReport } from '../../src/client';

const PERCENT = { name: 'ImsExportPercent', type: 'INT' } as const;
const PHASE: SearchAttributeReport = {
  name: 'ImsExportPhase',
  type: 'KEYWORD',
  registered: true,
  registeredAs: 'KEYWORD',
};

describe('`ims-export search-attributes` advises', () => {
  it.each<[string, Pick<SearchAttributeReport, 'registered' | 'registeredAs'>, string]>([
    [
      'use the attributes, when all are registered',
      { registered: true, registeredAs: 'INT' },
      '--option searchAttributes=true',
    ],
    ['register the missing attributes', { registered: false, registeredAs: null }, 'Add --register'],
    [
      'remove an attribute of another type first',
      { registered: false, registeredAs: 'KEYWORD' },
      'temporal operator search-attribute remove --namespace archive --name ImsExportPercent`',
    ],
  ])('to %s', (_what, percent, said) => {
    expect(nextStep([PHASE, { ...PERCENT, ...percent }], 'archive')).toContain(said);
  });
});
