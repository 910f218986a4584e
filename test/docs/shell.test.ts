import { expect, it } from 'vitest';
import { commandLine, problemOf } from '../rigs/command-line';
import { Placeholders } from './placeholders';
import { type Command, commandsOf } from './shell';

const block = (text: string) => ({
  page: 'docs/a.md',
  line: 3,
  language: 'sh',
  words: new Map<string, string>(),
  text,
});
const only = (text: string) => commandsOf(block(text))[0] as Command;

it('the docs reader joins continued lines, skips comments and reads the exit code of a comment', () => {
  const commands = commandsOf(
    block('# first\nnpx ims-export start --image I \\\n  --quick  # exit code 1: refused\n\nnpm ci'),
  );
  expect(commands).toEqual([
    { place: 'docs/a.md:3', text: 'npx ims-export start --image I --quick', exitCode: 1, ready: null },
    { place: 'docs/a.md:3', text: 'npm ci', exitCode: 0, ready: null },
  ]);
});

it('the docs reader distinguishes a server from a command that ends by itself', () => {
  expect(only('. ./simulator.env && npx ims-export worker').ready?.test('x\nready: task queue a')).toBe(true);
  expect(only('npx ims-export status ims-export:worker').ready).toBeNull();
});

it('the docs reader fills placeholders with the latest printed value, and fails when there is none', () => {
  const placeholders = new Placeholders('page', 'an-image');
  expect(() => placeholders.fill('attach --job JOB_ID')).toThrow('nothing printed before tells JOB_ID');
  placeholders.heed(`  job      ${'a'.repeat(32)}\n"jobId": "${'b'.repeat(32)}"`);
  expect(placeholders.fill('--job JOB_ID --image IMAGE_ID')).toBe(`--job ${'b'.repeat(32)} --image an-image`);
});

it.each([
  ['ims-export', undefined],
  ['ims-export cancel ID', undefined],
  ['npx ims-export start --image … --to … (--format … | --quick) --verbose', undefined],
  ['ims-export frobnicate ID', 'there is no command frobnicate'],
  ['ims-export status ID --jsn', 'status has no flag --jsn'],
])('the docs reader checks `%s` in the prose against the command line', (code, problem) => {
  const found = problemOf(code, commandLine());
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(problem);
});
