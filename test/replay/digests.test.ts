import { mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addHistory, digestsOfFiles, fixedDigests } from './digests';

it('the recorded histories match their digests: none is changed, missing or extra', () => {
  const byPath = (digests: Map<string, string>) => Object.fromEntries(digests);
  expect(byPath(digestsOfFiles())).toEqual(byPath(fixedDigests()));
});

describe('adding a recorded history', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'histories-'));
    writeFileSync(join(root, 'SHA256SUMS'), '');
    addHistory('1.0.0/succeeded.json', '{"of":"then"}\n', root);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const manifest = () => readFileSync(join(root, 'SHA256SUMS'), 'utf8');
  const OF_THEN = '0d701ec5b32e7287';

  it('adds its digest line and keeps the others', () => {
    const before = manifest();
    expect(before).toMatch(new RegExp(`^${OF_THEN}[0-9a-f]{48} {2}1\\.0\\.0/succeeded\\.json\n$`));
    addHistory('1.0.0/failed.json', '{}\n', root);
    expect(manifest().split('\n').slice(1).join('\n')).toBe(before);
    expect(digestsOfFiles(root)).toEqual(fixedDigests(root));
  });

  it('does not replace another history', () => {
    const before = manifest();
    expect(() => addHistory('1.0.0/succeeded.json', '{"of":"now"}\n', root)).toThrow('is recorded already');
    expect(readFileSync(join(root, '1.0.0/succeeded.json'), 'utf8')).toBe('{"of":"then"}\n');
    expect(manifest()).toBe(before);
  });

  it('does not replace a history whose file or digest is missing', () => {
    unlinkSync(join(root, '1.0.0/succeeded.json'));
    expect(() => addHistory('1.0.0/succeeded.json', '{"of":"now"}\n', root)).toThrow('is recorded already');
    writeFileSync(join(root, '1.0.0/failed.json'), '{}\n');
    expect(() => addHistory('1.0.0/failed.json', '{"of":"now"}\n', root)).toThrow('EEXIST');
    expect(readFileSync(join(root, '1.0.0/failed.json'), 'utf8')).toBe('{}\n');
  });
});
