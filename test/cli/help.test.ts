/** What `--help` shows of every command. */
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { listedOptions } from '../../src/cli/options';
import { EXPORT_OPTIONS, TUNABLE_OPTIONS } from '../../src/contract';
import { commandLine, problemOf } from '../rigs/command-line';

const program = commandLine();
const WITHOUT_TEMPORAL = ['simulator', 'schema', 'options', 'temporal'];

/** As it is printed, its examples included. */
function helpOf(command: Command): string {
  let help = '';
  const { writeOut, ...others } = command.configureOutput();
  command.configureOutput({
    ...others,
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  command.configureOutput({ ...others, writeOut });
  return help;
}

describe.each(program.commands.map((command) => [command.name(), command] as const))('%s --help', (name, command) => {
  it('has two or three examples, with flags that the command has', () => {
    const examples = [...helpOf(command).matchAll(/^ {4}(ims-export .*)$/gm)].map(([, example = '']) => example);
    expect(examples.length).toBeGreaterThanOrEqual(2);
    expect(examples.length).toBeLessThanOrEqual(3);
    for (const example of examples) {
      expect(example).toMatch(new RegExp(`^ims-export ${name}( |$)`));
      expect(problemOf(example, program)).toBeUndefined();
    }
  });

  it.skipIf(WITHOUT_TEMPORAL.includes(name))(
    'has the flags that say where Temporal is, and what they stand for',
    () => {
      const flags = command.options.filter(({ envVar }) => envVar?.startsWith('TEMPORAL_'));
      expect(flags.map(({ long }) => long)).toEqual(['--address', '--namespace', '--profile', '--api-key']);
      expect(helpOf(command).replace(/\s+/g, ' ')).toContain('`ps` shows it to every user of this machine');
    },
  );
});

describe('ims-export options', () => {
  it('lists every option that can be set, and marks those that retune changes', () => {
    const listed = listedOptions();
    const reserved = ['expectNotification'];
    expect([...listed.map(({ name }) => name), ...reserved].sort()).toEqual(Object.keys(EXPORT_OPTIONS).sort());
    expect(listed.filter(({ tunable }) => tunable).map(({ name }) => name)).toEqual(TUNABLE_OPTIONS);
    expect(listed.find(({ name }) => name === 'onCancel')).toMatchObject({
      default: 'detach',
      takes: 'detach or drain',
    });
  });
});
