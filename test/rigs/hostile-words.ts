/**
 * Words as an enemy would choose them, and what must come of them: in a terminal, in a shell, in JSON.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { expect } from 'vitest';

const TERMINAL = [
  '\u001b]0;owned\u0007',
  '\u001b[2J\u001b[1;1H',
  '\u001b]8;;https://evil.example\u0007job\u001b]8;;\u0007',
  '\u009b31m',
  '\u0085',
  '\r',
  '\n  workflow COMPLETED since 2026-01-01',
  '\nims-export: NoWorker: forged',
  '\u2028',
  '\u2029',
  '\u202egnp.exe',
  '\u2066',
  '\u200e',
  '\u061c',
  '\t',
  '\b\b\b',
  '\u007f',
];

/** Nobody sees them: fillers, joiners, selectors of variants, tags. */
const UNSEEN = [
  '\u3164',
  '\u115f',
  '\uffa0',
  '\u034f',
  '❤\ufe0f',
  '\u180b',
  '\u{e0041}\u{e007f}',
  '\u{e0100}',
  '\u2800',
  '\u00a0',
];

const SHELL = [
  '`;printf pwned;#',
  '`',
  '$(printf pwned)',
  "'",
  '"',
  '\\',
  '!',
  ';printf pwned;',
  '&&printf pwned',
  '|',
  '>f',
  '<f',
  '*',
  '~',
  '{a,b}',
  '  ',
  ' ',
  '=',
  '\u3000',
  '--help',
  '--data-converter=/tmp/x.cjs',
];

const MARKDOWN = [
  '[Sign in again](https://evil.example/in)',
  '![x](https://evil.example/x.png)',
  '<a href="https://evil.example">x</a>',
  '<img src="https://evil.example/x.png">',
  '<https://evil.example>',
  'https://evil.example/auto',
  '[ref]: https://evil.example',
  '\n# Heading\n',
  '\n\nHeading\n===\n\n',
  '# Heading',
  '``',
  '```',
  '````\n# Heading\n',
  '&lt;b&gt;',
  '__bold__',
  '**bold**',
  '~~gone~~',
  '|a|b|\n|-|-|\n|c|d|',
  '\n- item\n\n> quote\n',
  '- item',
  '+ item',
  '* item',
  '1. item',
  '7) item',
  '\n\n    code\n\n',
];

const HARMLESS = ['ims-image:a.qcow2', 'é', '資料', '😀', 'nightly/db_1.vhd', 'x', '0'];

/** No NUL, which no argument of a program can hold, and no half characters, which no wire of Temporal carries. */
export const hostileWords = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...TERMINAL, ...UNSEEN, ...SHELL, ...MARKDOWN) },
      { weight: 1, arbitrary: fc.constantFrom(...HARMLESS) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }) },
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((pieces) => pieces.join('').replaceAll('\0', ''))
  .filter((words) => words !== '' && !/\p{Surrogate}/u.test(words));

/** What a terminal obeys, by which it shows a text in another order than it is, or of which it shows nothing. */
const OBEYED = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Surrogate}\p{Default_Ignorable_Code_Point}]/u;

/** No control character but the newlines between lines, and nothing that nobody sees. */
export function expectSafeForTerminal(text: string): void {
  const bad = text.split('\n').find((line) => OBEYED.test(line));
  expect(bad === undefined ? undefined : JSON.stringify(bad)).toBe(undefined);
}

/** The commands that a text offers for copying, between backticks as all of them stand. */
export function offersIn(text: string): string[] {
  return [...text.matchAll(/`((?:ims-export|temporal) [^`]*)`/g)].map(([, command]) => command ?? '');
}

/** The shells that people paste into. ksh takes no `-` in the name of a function: an alias leads there. */
const SHELLS = {
  bash: { flags: ['--norc', '-c'], alias: '' },
  zsh: { flags: ['-f', '-c'], alias: '' },
  ksh: { flags: ['-c'], alias: 'alias ims-export=ims_export' },
} as const;
export type Shell = keyof typeof SHELLS;

const PLACES = new Map((Object.keys(SHELLS) as Shell[]).map((shell) => [shell, placeOf(shell)] as const));

function placeOf(shell: Shell): string | undefined {
  return ['/bin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'].map((at) => `${at}/${shell}`).find(existsSync);
}

export function hasShell(shell: Shell): boolean {
  return PLACES.get(shell) !== undefined;
}

const MISSING = [...PLACES].flatMap(([shell, place]) => (place === undefined ? [shell] : []));
if (MISSING.length > 0) console.warn(`Commands are not run by ${MISSING.join(' and ')}: not installed here.`);

/** What each command hands to the program, by a real shell in which a stub stands in its place. Nothing else can be run there. */
export function argumentsOf(commands: readonly string[], shell: Shell = 'bash'): string[][] {
  const { flags, alias } = SHELLS[shell];
  const program = alias === '' ? 'ims-export' : 'ims_export';
  const stub = `"$#" "$@"; }`;
  const lines = [`${program}() { printf '%s\\0' ${stub}`, `temporal() { printf '%s\\0' ${stub}`, alias, ...commands];
  const said = execFileSync(PLACES.get(shell) ?? shell, [...flags, lines.join('\n')], {
    env: { PATH: '' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
  });
  const words = said.split('\0');
  expect(words.pop()).toBe('');
  const all: string[][] = [];
  while (words.length > 0) all.push(words.splice(0, Number(words.shift())));
  expect(all).toHaveLength(commands.length);
  return all;
}

/**
 * Each command that the text offers gets words of its own, and those of others only whole; one that begins as a flag does is
 * given as a value.
 */
export function expectExactCommands(
  text: string,
  words: ReadonlyArray<string | null | undefined>,
  shell?: Shell,
): string[][] {
  const offers = offersIn(text);
  const all = argumentsOf(offers, shell);
  for (const given of all) {
    const flags = given.slice(0, given.indexOf('--') + 1 || undefined);
    const taken = flags.filter((word, index) => word.startsWith('-') && !TAKES_VALUE.has(flags[index - 1] ?? ''));
    expect(taken.filter((word) => words.includes(word))).toEqual([]);
  }
  const foreign = all.flat().filter((argument) => !OWN.test(argument) && !words.includes(argument));
  expect(foreign.map((argument) => JSON.stringify(argument))).toEqual([]);
  return all;
}

const TAKES_VALUE: ReadonlySet<string> = new Set(['--job', '--image', '--to', '--format', '--namespace', '--state']);

/** Commands, flags and what stands for a value that the reader chooses. */
const OWN =
  /^(?:attach|batch|cancel|doctor|list|poll-now|pause-polling|resume-polling|retune|resolve|search-attributes|simulator|start|status|temporal|watch|worker|--[a-z-]+|JOB_ID|DURATION|QUEUE|\+6h|20|FILE\.json|operator|search-attribute|remove|ImsExport\w+|qcow2|vhd|zvhd|vmdk|--)$/;
