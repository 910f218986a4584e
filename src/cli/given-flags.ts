/**
 * The flags of this command line in the commands that it prints: without them, a copied command would act elsewhere.
 *
 * @module
 */
import type { Command } from 'commander';
import { command } from '../export/quoting';
import { offerThrough } from '../terminal/output';

/** Those that say where Temporal is and how to read it, and the queue of the worker. Never the API key. */
const KEPT = ['--address', '--namespace', '--profile', '--data-converter', '--task-queue'];

/** Of those, what Temporal's own CLI takes. */
const OF_TEMPORAL_CLI = ['--address', '--namespace', '--profile'];

/** From now on, each command that is printed gets the flags that were given, if it takes them and has none of its own. */
export function keepGivenFlags(program: Command, running: Command): void {
  const given = running.options.flatMap((option) => {
    const { long } = option;
    const name = option.attributeName();
    const isKept = long != null && KEPT.includes(long) && running.getOptionValueSource(name) === 'cli';
    return isKept ? [{ flag: long, value: String(running.getOptionValue(name)) }] : [];
  });
  const flagsOf = (name: string | undefined): readonly unknown[] =>
    name === 'temporal'
      ? OF_TEMPORAL_CLI
      : (program.commands.find((known) => known.name() === name)?.options.map(({ long }) => long) ?? []);
  offerThrough((offered) => {
    const [name, ...further] = wordsOf(offered);
    const isOfServer = name === 'temporal' && further[0] === 'server';
    const isExact = ['ims-export', name, ...further].join(' ') === offered;
    if (!isExact || isOfServer || further[0] === '--help') return offered;
    const taken = flagsOf(name);
    const end = further.indexOf('--');
    const own = end < 0 ? further : further.slice(0, end);
    const missing = given.filter(({ flag }) => taken.includes(flag) && !own.includes(flag));
    if (missing.length === 0) return offered;
    const words = missing.flatMap(({ flag, value }) => [flag, value]);
    const flags = wordsOf(command('ims-export', ...words));
    // After `--`, a flag would be an argument.
    const all = end < 0 ? [name, ...further, ...flags] : [name, ...flags, ...further];
    return ['ims-export', ...all].join(' ');
  });
}

/** The words after the program, quoted as they stand there. */
function wordsOf(line: string): string[] {
  return (line.match(/(?:[^\s'\\]|\\.|'[^']*')+/g) ?? []).slice(1);
}
