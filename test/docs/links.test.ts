import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY, readPages } from './pages';

const pages = readPages();

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function anchorsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

describe('the links of README and docs', () => {
  it.each(pages.map(({ path, text }) => [path, text]))('lead to existing files and headings: %s', (path, text) => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? join(REPOSITORY, path) : join(REPOSITORY, dirname(path), file);
      if (!existsSync(target)) return true;
      return anchor !== undefined && (statSync(target).isDirectory() || !anchorsOf(target).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  it('reach every page of docs from README through the index of docs', () => {
    const index = readFileSync(join(REPOSITORY, 'docs/README.md'), 'utf8');
    const missing = pages
      .map(({ path }) => relative('docs', path))
      .filter((path) => !path.startsWith('..') && path !== 'README.md');
    expect(missing.filter((path) => !index.includes(`](${path})`))).toEqual([]);
    expect(readFileSync(join(REPOSITORY, 'README.md'), 'utf8')).toContain('](docs/README.md)');
  });
});
