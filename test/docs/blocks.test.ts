import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportInputSchema } from '../../src';
import { accountsFromFile } from '../../src/huaweicloud';
import { commandLine, problemOf } from '../rigs/command-line';
import {
  type Block,
  inlineCode,
  type Page,
  place,
  REPOSITORY,
  readPage,
  readPages,
  readUserPages,
  whyUnchecked,
} from './pages';
import { schemaOf, schemaProblems } from './schema-blocks';
import { typeProblems } from './type-check';

const pages = readPages();
const blocks = pages.flatMap((page) => page.blocks);
const ofLanguage = (language: string) =>
  blocks.filter((block) => block.language === language && whyUnchecked(block) === undefined);
const places = (found: readonly Block[]) => found.map((block) => [place(block), block] as const);

/** What is compiled, parsed or run as it stands, and what is no code. */
const CHECKED_HERE = new Set(['ts', 'json', 'sh']);
/** Files for systemd and Prometheus, which test/deploy holds against those of deploy/. */
const CHECKED_BY_DEPLOY = new Set(['docs/production.md worker.env', 'docs/production.md prometheus.yml']);
const NO_CODE = new Set(['text', 'mermaid', '']);

describe('the code blocks of README and docs', () => {
  it('are checked, or part of an existing file, or say why they are not checked', () => {
    const loose = blocks.filter((block) => {
      const isKnown =
        CHECKED_HERE.has(block.language) ||
        NO_CODE.has(block.language) ||
        CHECKED_BY_DEPLOY.has(`${block.page} ${block.words.get('title')}`);
      return !isKnown && !block.words.has('source') && whyUnchecked(block) === undefined;
    });
    expect(loose.map(place)).toEqual([]);
  });

  it('have only the attributes title, source, schema and unchecked, each with a value', () => {
    const known = new Set(['title', 'source', 'schema', 'unchecked']);
    const slips = blocks.flatMap((block) =>
      [...block.words]
        .filter(([word, value]) => !known.has(word) || value === '')
        .map(([word]) => `${place(block)} ${word}`),
    );
    expect(slips).toEqual([]);
  });

  it('that name a source file are an exact part of it', () => {
    const others = blocks.filter(({ words, text }) => {
      const source = words.get('source');
      return source !== undefined && !readFileSync(join(REPOSITORY, source), 'utf8').includes(text);
    });
    expect(others.map(place)).toEqual([]);
  });

  it('with a title have the file name in the prose above them', () => {
    const untold = blocks.filter(({ words, page, line }) => {
      const title = words.get('title');
      if (title === undefined) return false;
      const above = pages
        .find(({ path }) => path === page)
        ?.text.split('\n')
        .slice(0, line - 1)
        .slice(-12)
        .join('\n');
      return !above?.includes(`\`${title}\``);
    });
    expect(untold.map(place)).toEqual([]);
  });

  it('in TypeScript compile as written against the package as users have it', { timeout: 120_000 }, () => {
    const whole = ofLanguage('ts');
    expect(whole.length).toBeGreaterThan(0);
    const text = "import { startExport } from 'temporal-ims-export/client';\nvoid startExport('no client');";
    const wrong: Block = { page: 'docs/wrong.md', line: 1, language: 'ts', words: new Map(), text };
    expect(typeProblems([...whole, wrong])).toEqual([expect.stringContaining('docs/wrong.md:3: Expected')]);
  });

  describe('in JSON', () => {
    it.each(places(ofLanguage('json')))('are valid: %s', (_place, block) => {
      const document = JSON.parse(block.text) as object;
      if (schemaOf(block) !== undefined) return expect(schemaProblems(block)).toEqual([]);
      const keys = Object.keys(document);
      expect(keys, 'an input, a result or a status names its schema').not.toContain('bucketUrl');
      // A part of an input, such as its options alone.
      if (keys.length > 0 && keys.every((key) => key in exportInputSchema.shape)) {
        return expect(exportInputSchema.partial().safeParse(document).error?.issues).toBeUndefined();
      }
      if ('accounts' in document) expectAccounts(block.text);
    });
  });
});

/** The secrets that the file refers to are put in their places: one for each name. */
function expectAccounts(text: string): void {
  const directory = mkdtempSync(join(tmpdir(), 'docs-accounts-'));
  try {
    const secret = join(directory, 'secret');
    writeFileSync(secret, 'a secret');
    const file = join(directory, 'accounts.json');
    writeFileSync(file, text.replace(/("file": ")\/[^"]*"/g, `$1${secret}"`));
    const names = [...text.matchAll(/"env": "(\w+)"/g)].map(([, name = '']) => [name, 'a value']);
    const env = { HUAWEICLOUD_SDK_AK: 'ak', HUAWEICLOUD_SDK_SK: 'sk', ...Object.fromEntries(names) };
    expect(accountsFromFile(file, env).length).toBeGreaterThan(0);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** As `wc -w` counts. */
const wordsOf = ({ text }: Page) => text.trim().split(/\s+/).length;

it('README has at most 1,100 words, and the pages for users have at most 14,000', () => {
  expect(wordsOf(readPage('README.md'))).toBeLessThanOrEqual(1_100);
  expect(readUserPages().reduce((sum, page) => sum + wordsOf(page), 0)).toBeLessThanOrEqual(14_000);
});

describe('the prose of README and docs', () => {
  it('names only commands and flags that the command line has', () => {
    const program = commandLine();
    const problems = pages.flatMap((page) =>
      inlineCode(page)
        .filter(({ code }) => /^(npx )?ims-export( |$)/.test(code))
        .flatMap(({ line, code }) => {
          const problem = problemOf(code, program);
          return problem === undefined ? [] : [`${page.path}:${line} \`${code}\`: ${problem}`];
        }),
    );
    expect(problems).toEqual([]);
  });
});
