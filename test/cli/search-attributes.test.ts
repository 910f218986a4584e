import { describe, expect, it } from 'vitest';
import { nextStep } from '../../src/cli/search-attributes';
import type { SearchAttributeReport } from '../../src/client';
import { itInLongForm } from '../rigs/long-form';
import { RunningProcess } from '../rigs/processes';
import { SOON_MS } from '../rigs/run-command';
import { startTestServer } from '../rigs/temporal';

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
      '`ims-export temporal operator search-attribute remove --namespace archive --name ImsExportPercent`',
    ],
  ])('to %s', (_what, percent, said) => {
    expect(nextStep([PHASE, { ...PERCENT, ...percent }], 'archive')).toContain(said);
  });
});

itInLongForm('search-attributes registers what the namespace lacks, and then an export can use it', async () => {
  const server = await startTestServer();
  const { PATH, HOME } = process.env;
  const run = (...args: string[]) =>
    new RunningProcess('ims-export search-attributes', ['search-attributes', ...args], {
      PATH,
      HOME,
      TEMPORAL_ADDRESS: server.address,
    }).endsWithin(SOON_MS);
  try {
    expect((await run()).stdout).toContain('--register');
    expect((await run('--register')).stdout).toContain('has all of them');
    const { stdout } = await run('--json');
    expect(JSON.parse(stdout)).toContainEqual({
      name: 'ImsExportPercent',
      type: 'INT',
      registered: true,
      registeredAs: 'INT',
    });
  } finally {
    await server.stop();
  }
});
