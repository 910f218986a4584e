import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine, problemOf } from '../rigs/command-line';
import { LONG_FORM } from '../rigs/long-form';
import { missingScripts } from './npm';
import { inlineCode, readPage, readPages, whyUnchecked } from './pages';
import { Scene } from './scene';
import { type Command, commandsOf, isOfSettings } from './shell';

/**
 * Commands are looked up: that they, their flags and their variables are there. The long form runs those of all pages, each a
 * process, and `npm run newcomer` all that README and the guide tell a newcomer to do, in a clone and with the real npm.
 */

const pages = readPages().map((page) => {
  const blocks = page.blocks.filter((block) => block.language === 'sh' && whyUnchecked(block) === undefined);
  return { page, commands: blocks.flatMap(commandsOf) };
});

/** Of the command line, alone or after its variables, and of the simulator; not what follows another, as in `npm ci && …`. */
const isOurs = ({ text }: Command) =>
  /^(\. \.\/\S+ && )?(npx )?ims-export (?!temporal )/.test(text) ||
  /^npm run simulator\b|^curl .*\/_simulator\//.test(text);
/** Of the Temporal CLI, which the long form runs: what it may be told. Where there is a workflow to start, it needs more than a page. */
const OF_TEMPORAL =
  /^npx ims-export temporal (operator (nexus endpoint|namespace) create|workflow (execute|describe)|schedule trigger|server start-dev)\b/;
const isTemporals = ({ text }: Command) => OF_TEMPORAL.test(text);
/** What the shell and npm do is theirs; that it fits together is what `npm run newcomer` is for. */
const isTheirs = ({ text }: Command) => /^(npm|npx tsx|npx tsc|mkdir|cd|cat|git|export|\.) /.test(text);

/** What its page does to the whole simulator, such as refusing the key, is done to another one: simulator.test.ts. */
const isHarmless = ({ place, text }: Command) =>
  !(place.startsWith('docs/simulator.md') && text.startsWith('curl ') && !text.includes('JOB_ID'));

const isRun = (command: Command) => isOurs(command) || isTemporals(command);

describe('the commands of README and docs', () => {
  it('are all of a kind that this test or `npm run newcomer` runs', () => {
    const strange = pages
      .flatMap(({ commands }) => commands)
      .filter((command) => ![isOurs, isTheirs, isTemporals, isOfSettings].some((is) => is(command)));
    expect(strange.map(({ place, text }) => `${place} ${text}`)).toEqual([]);
  });

  it('call only npm scripts that exist, in blocks and in the prose', () => {
    const missing = pages.flatMap(({ page }) => {
      const ofBlocks = page.blocks.filter(({ language }) => language === 'sh').map(({ text }) => text);
      const ofProse = inlineCode(page).map(({ code }) => code);
      return [...ofBlocks, ...ofProse].flatMap(missingScripts).map((name) => `${page.path}: npm run ${name}`);
    });
    expect(missing).toEqual([]);
  });

  it('name only commands and flags that the command line has', () => {
    const program = commandLine();
    const problems = pages.flatMap(({ commands }) =>
      commands.flatMap(({ place, text }) => {
        const [call] = /(?<=^|&& |^[A-Z][^ ]*=.* )(npx )?ims-export .*/.exec(text) ?? [];
        const problem = call === undefined ? undefined : problemOf(call, program);
        return problem === undefined ? [] : [`${place} ${text}: ${problem}`];
      }),
    );
    expect(problems).toEqual([]);
  });

  it('set only variables that docs/configuration.md or docs/production.md documents', () => {
    const told = ['docs/configuration.md', 'docs/production.md'].flatMap((path) => inlineCode(readPage(path)));
    const names = told.map(({ code }) => code);
    const unknown = pages.flatMap(({ commands }) =>
      commands.filter(isOfSettings).flatMap(({ place, text }) => {
        const set = [...text.matchAll(/(?<=^| )([A-Z][A-Z0-9_]*)=/g)].map(([, name = '']) => name);
        return set.filter((name) => !names.includes(name)).map((name) => `${place} ${name}`);
      }),
    );
    expect(unknown).toEqual([]);
  });

  describe.runIf(LONG_FORM)('work as written', () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await Scene.open();
    });
    afterAll(() => scene?.close());

    const told = new Set<string>();
    /** One of another page that is the same to the letter, its variables apart, is not run again. */
    const first = ({ text }: Command) => {
      const key = text.replace(/^\. \S+ && /, '');
      return !told.has(key) && told.add(key) !== undefined;
    };
    const ofPages = pages
      .map(({ page, commands }) => ({ page, commands: commands.filter(isRun).filter(isHarmless).filter(first) }))
      .filter(({ commands }) => commands.length > 0);

    it.each(ofPages.map((entry) => [entry.page.path, entry] as const))(
      'in %s',
      { timeout: 300_000 },
      async (_path, { page, commands }) => {
        scene.prepare(page);
        const placeholders = scene.placeholders(page);
        try {
          for (const command of commands) {
            const { exitCode, said } = await scene.run(command, placeholders);
            expect(exitCode, `${command.place} ${command.text}\n${said.slice(-2_000)}`).toBe(command.exitCode);
          }
        } finally {
          await scene.stopServers();
        }
      },
    );
  });
});
