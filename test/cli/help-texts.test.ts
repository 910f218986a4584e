/** The help of every command, character by character; a new command joins by itself. That of `temporal` is Temporal's own. */
import { describe, expect, it } from 'vitest';
import { runHere } from '../rigs/command-here';
import { commandLine } from '../rigs/command-line';
import { SCREENS, shownOn } from '../rigs/screen';

const NOWHERE = { address: '127.0.0.1:1', namespace: 'default' };
const names = commandLine()
  .commands.map((command) => command.name())
  .filter((name) => name !== 'temporal')
  .sort();

/** As on a terminal of 120 columns, which is where help is read. */
async function helpOf(...args: string[]): Promise<string> {
  return await shownOn({ columns: 120 }, () => runHere(NOWHERE, ...args, '--help'));
}

describe('--help', () => {
  it('of the program', async () => {
    expect(await helpOf()).toMatchSnapshot();
  });

  it.each(names)('of %s', async (name) => {
    expect(await helpOf(name)).toMatchSnapshot();
  });

  it('is as wide as the terminal', async () => {
    const narrow = await shownOn(SCREENS['40 columns'], () => runHere(NOWHERE, 'list', '--help'));
    expect(narrow).toMatchSnapshot();
  });
});
