/**
 * README, CONTRIBUTING and the pages of docs/, as far as tests and the newcomer's script need them: fenced blocks with their words, and
 * code in the prose.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const REPOSITORY = resolve(__dirname, '../..');

export interface Page {
  /** Relative to the repository, such as `docs/guide.md`. */
  path: string;
  text: string;
  blocks: Block[];
}

/** A fenced block. */
export interface Block {
  page: string;
  /** The line of the opening fence, from 1. */
  line: number;
  /** The first word of the fence; empty where there is none. */
  language: string;
  /** The other words: `title="worker.ts"` is `title` with `worker.ts`. */
  words: ReadonlyMap<string, string>;
  text: string;
}

/** README first, then CONTRIBUTING, the pages of docs/ by name, and those of docs/development/. */
export function readPages(): Page[] {
  const paths = ['README.md', 'CONTRIBUTING.md', ...pagesIn('docs'), ...pagesIn('docs/development')];
  return paths.map((path) => readPage(path));
}

/** The pages of docs/ for users. What developers read is in docs/development/. */
export function readUserPages(): Page[] {
  return pagesIn('docs').map((path) => readPage(path));
}

function pagesIn(folder: string): string[] {
  const names = readdirSync(join(REPOSITORY, folder)).filter((name) => name.endsWith('.md'));
  return names.sort().map((name) => `${folder}/${name}`);
}

export function readPage(path: string, repository = REPOSITORY): Page {
  const text = readFileSync(join(repository, path), 'utf8');
  return { path, text, blocks: blocksOf(path, text) };
}

/** Why a block is not to be checked or run; undefined when it is. */
export function whyUnchecked(block: Block): string | undefined {
  return block.words.get('unchecked');
}

/** `docs/guide.md:12`, as editors open it. */
export function place({ page, line }: Pick<Block, 'page' | 'line'>): string {
  return `${page}:${line}`;
}

/** Text in single backticks outside of blocks, with its line. */
export function inlineCode(page: Page): Array<{ line: number; code: string }> {
  const inBlock = new Set(
    page.blocks.flatMap(({ line, text }) => Array.from({ length: text.split('\n').length + 1 }, (_, n) => line + n)),
  );
  // Code may go over the end of a line; a paragraph ends it.
  const prose = page.text.split('\n').map((text, index) => (inBlock.has(index + 1) ? '' : text));
  const found: Array<{ line: number; code: string }> = [];
  let offset = 1;
  for (const paragraph of prose.join('\n').split(/\n(?=\n)/)) {
    for (const match of paragraph.matchAll(/(?<!`)`([^`]+)`(?!`)/g)) {
      const before = paragraph.slice(0, match.index).split('\n').length - 1;
      found.push({ line: offset + before, code: (match[1] ?? '').replace(/\s+/g, ' ') });
    }
    offset += paragraph.split('\n').length;
  }
  return found;
}

function blocksOf(page: string, text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const [, indent = '', fence = '', info = ''] = /^( *)(`{3,})(.*)$/.exec(lines[index] ?? '') ?? [];
    if (fence === '') continue;
    const end = lines.findIndex((line, at) => at > index && line.trim() === fence);
    if (end < 0) throw new Error(`${page}:${index + 1} opens a block that is never closed`);
    const content = lines.slice(index + 1, end).map((line) => line.slice(indent.length));
    const [language = '', ...words] = info.trim().match(/\w+="[^"]*"|\S+/g) ?? [];
    blocks.push({ page, line: index + 1, language, words: new Map(words.map(wordOf)), text: content.join('\n') });
    index = end;
  }
  return blocks;
}

function wordOf(text: string): [string, string] {
  const [, name = text, value = ''] = /^(\w+)="(.*)"$/.exec(text) ?? [];
  return [name, value];
}
