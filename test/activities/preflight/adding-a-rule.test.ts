import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseExportInput } from '../../../src/activities';
import { PREFLIGHT_RULES, preflight } from '../../../src/activities/preflight';
import { notChecked, ofImage, type PreflightRule, passed, refused } from '../../../src/activities/preflight/rule';
import { RULE_IDS, type RuleId } from '../../../src/contract';
import { facts, image } from '../../rigs/preflight-facts';

const ROOT = join(__dirname, '../../..');

/** As a user's region might have it. */
const ADDED: PreflightRule = {
  id: 'namedImage' as RuleId,
  refuses: 'images without a name, and those called draft',
  source: 'a rule of this test',
  severity: 'error',
  check: ofImage(({ name }) => {
    if (name === null) return notChecked('the image tells no name');
    return name === 'draft' ? refused('name=draft', 'Drafts are not exported. Give the image its name.') : passed;
  }),
};
const RULES = [...PREFLIGHT_RULES, ADDED];
const draft = image('linux', { name: 'draft' });

describe('adding a preflight rule', () => {
  it('makes the rule reject, pass and report what it could not check, as all rules do', () => {
    expect(preflight(facts({ image: draft }), RULES).refusals).toEqual([
      { rule: 'namedImage', found: 'name=draft', message: 'Drafts are not exported. Give the image its name.' },
    ]);
    expect(preflight(facts(), RULES)).toMatchObject({ refusals: [], warnings: [] });
    expect(preflight(facts({ image: image('linux', { name: null }) }), RULES).warnings).toEqual([
      'Rule namedImage was not checked: the image tells no name.',
    ]);
  });

  it('gives the rule a severity that options.rules can set', () => {
    const given = facts({ image: draft });
    const at = (severity: 'warn' | 'off') =>
      preflight(
        {
          ...given,
          request: { ...given.request, options: { ...given.request.options, rules: { namedImage: severity } } },
        },
        RULES,
      );
    expect(at('warn')).toMatchObject({ refusals: [], warnings: [expect.stringContaining('Rule namedImage:')] });
    expect(at('off')).toMatchObject({ refusals: [], warnings: [] });
  });

  it('changes only two source files, the file of the rule and the contract', () => {
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => ({ path, text: readFileSync(join(ROOT, 'src', path), 'utf8') }));
    for (const { id } of PREFLIGHT_RULES) {
      const naming = sources
        // The hint of the command line on the flags of two rules decides nothing.
        .filter(({ path, text }) => path !== 'cli/output.ts' && text.includes(`'${id}'`))
        .map(({ path }) => path);
      expect(naming.sort(), id).toEqual([
        expect.stringMatching(/^activities\/preflight\/rules\//),
        'contract/identity.ts',
      ]);
      const options = { rules: { [id]: 'off' } };
      const input = { imageId: draft.id, bucketUrl: 'ims-image:a', fileFormat: 'qcow2', options };
      expect(parseExportInput(input).options.rules).toEqual(options.rules);
    }
  });

  it('gives the rule an id, and its refusal a place in the order of the rules', () => {
    expect(PREFLIGHT_RULES.map(({ id }) => id)).toEqual([...RULE_IDS]);
  });
});

describe('the docs', () => {
  const rowsOf = (page: string) =>
    readFileSync(join(ROOT, page), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `'));

  it('have a row for each preflight rule, in the order and with the texts of the code', () => {
    expect(rowsOf('docs/preflight.md')).toEqual(
      PREFLIGHT_RULES.map(({ id, refuses, severity }) => `| \`${id}\` | ${refuses} | \`${severity}\` |`),
    );
  });

  it('have the source of each rule', () => {
    expect(rowsOf('docs/development/preflight-sources.md')).toEqual(
      PREFLIGHT_RULES.map(({ id, source }) => `| \`${id}\` | ${source} |`),
    );
  });
});
