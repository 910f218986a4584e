import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Command as CommanderCommand } from 'commander';
import { REPOSITORY } from '../docs/pages';

/** The command line's own description of itself, from the build, which is what `npx ims-export` runs. */
export function commandLine(): CommanderCommand {
  return (ofBuild('cli') as { program: CommanderCommand }).program;
}

/** What is printed from now on knows nothing of the flags of a command before, as in a process of its own. */
export function forgetGivenFlags(): void {
  (ofBuild('terminal/output') as typeof import('../../src/terminal/output')).offerThrough((command) => command);
}

function ofBuild(module: string): unknown {
  return createRequire(__filename)(join(REPOSITORY, 'lib', `${module}.js`));
}

/**
 * What is wrong with an `ims-export …` as prose has it; undefined when nothing is. Only names are held against the command
 * line: the command, its flags, and how many arguments it takes.
 */
export function problemOf(code: string, program: CommanderCommand): string | undefined {
  const words = code.replace(/^(npx )?ims-export\s*/, '').match(/"[^"]*"|'[^']*'|\[[^\]]*\]|\S+/g) ?? [];
  // A hidden one is an earlier name, which no page uses.
  const shown = (command: CommanderCommand) => command.options.filter(({ hidden }) => !hidden);
  const flagsOf = (command: CommanderCommand) => shown(command).flatMap(({ long, short }) => [long, short]);
  const name = words.find((word) => !word.startsWith('-') && word !== '…');
  const command = name === undefined ? program : program.commands.find((known) => known.name() === name);
  if (command === undefined) return `there is no command ${name}`;
  // What follows is for Temporal's CLI.
  if (name === 'temporal') return undefined;
  const known = [...flagsOf(command), ...flagsOf(program), '--help', '--version'];
  const flags = words.flatMap((word) => word.replace(/[[\]()|]/g, ' ').match(/(?<![\w-])--[\w-]+/g) ?? []);
  const unknown = flags.find((flag) => !known.includes(flag));
  return unknown === undefined ? undefined : `${command.name()} has no flag ${unknown}; it has ${known.join(' ')}`;
}
