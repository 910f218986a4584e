/**
 * `npm run newcomer`: a fresh clone, and in it every command of README and of the guide, as written and in order, in a real
 * shell. What runs until it is stopped runs in a terminal of its own, to the end of its page. Prints each command with its
 * exit code and its time, and ends with 0 only when all did what the page says.
 *
 *   npm run newcomer                  all
 *   npm run newcomer -- --quick       without the long checks, each of which has an acceptance of its own
 *   npm run newcomer -- --verbose     with everything that the commands say
 *   npm run newcomer -- --keep        keeps the clone
 *   npm run newcomer -- --page docs/guide.md    that page alone
 *
 * What is cloned is the last commit.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freshEnvironment } from '../rigs/fresh-environment';
import { ShellProcess } from '../rigs/shell-process';
import { endBy } from '../trials/command-line';
import { type Page, REPOSITORY, readPage, whyUnchecked } from './pages';
import { Placeholders } from './placeholders';
import { type Command, commandsOf, isOfSettings } from './shell';
import { Terminal } from './terminal';

const NEWCOMERS_PAGES = ['README.md', 'docs/guide.md'];
const READY_LIMIT_MS = 120_000;
const COMMAND_LIMIT_MS = 15 * 60_000;
const LONG_LIMIT_MS = 90 * 60_000;

/** Too long for `--quick`. */
const LONG = /(^|&& )npm (test|run (storm|chaos|fleet|batch|messages|fuzz|examples|consumers|deploy-check|bench))\b/;

interface Settings {
  quick: boolean;
  verbose: boolean;
}

class Newcomer {
  readonly #servers: ShellProcess[] = [];
  readonly #terminal: Terminal;
  readonly #heard: (text: string) => void;
  ran = 0;
  skipped = 0;

  constructor(
    private readonly clone: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly settings: Settings,
  ) {
    this.#heard = settings.verbose ? (text) => process.stdout.write(text) : () => {};
    this.#terminal = new Terminal(clone, env, this.#heard);
  }

  async follow(page: Page): Promise<void> {
    // The page before may have left it for a project of its own.
    await this.#terminal.run(`cd '${this.clone}'`, COMMAND_LIMIT_MS);
    const placeholders = new Placeholders(page.path.replace(/\W/g, '-'));
    try {
      for (const block of page.blocks) {
        const title = block.words.get('title');
        if (title !== undefined) writeFileSync(join(await this.#terminal.folder(), title), `${block.text}\n`);
        if (block.language !== 'sh') continue;
        for (const command of commandsOf(block)) {
          const skip = isOfSettings(command) ? 'an example of settings' : whyUnchecked(block);
          await this.#do(command, skip, placeholders);
        }
      }
    } finally {
      await this.#stopServers();
    }
  }

  close(): void {
    this.#terminal.close();
  }

  async #do(command: Command, skip: string | undefined, placeholders: Placeholders): Promise<void> {
    const reason = skip ?? (this.settings.quick && LONG.test(command.text) ? 'long, and --quick was given' : undefined);
    if (reason !== undefined) {
      this.skipped += 1;
      tell('skip', 0, command, reason);
      return;
    }
    // CONTRIBUTING: stop what runs in other terminals first.
    if (LONG.test(command.text)) await this.#stopServers();
    const text = placeholders.fill(command.text);
    const startedAt = performance.now();
    const { exitCode, said } =
      command.ready === null
        ? await this.#terminal.run(text, LONG.test(text) ? LONG_LIMIT_MS : COMMAND_LIMIT_MS)
        : await this.#serve(text, command.ready);
    placeholders.heed(said);
    this.ran += 1;
    tell(String(exitCode), performance.now() - startedAt, command);
    if (exitCode !== command.exitCode) {
      throw new Error(
        `${command.place} \`${text}\` ended with ${exitCode}, not ${command.exitCode}. It said:\n${said.slice(-6_000)}`,
      );
    }
  }

  async #stopServers(): Promise<void> {
    for (const server of this.#servers.splice(0).reverse()) await server.stop();
  }

  async #serve(text: string, ready: RegExp): Promise<{ exitCode: number; said: string }> {
    const server = new ShellProcess(text, await this.#terminal.folder(), this.env, this.#heard);
    this.#servers.push(server);
    await server.says(ready, READY_LIMIT_MS);
    return { exitCode: 0, said: server.said };
  }
}

function tell(exitCode: string, tookMs: number, { place, text, ready }: Command, note?: string): void {
  const notes = [ready === null ? undefined : 'runs in a terminal of its own', note].filter(
    (part) => part !== undefined,
  );
  const seconds = exitCode === 'skip' ? '' : `${(tookMs / 1000).toFixed(1)} s`;
  console.log(
    `${exitCode.padStart(4)} ${seconds.padStart(9)}  ${place.padEnd(18)} ${text}${notes.map((part) => ` (${part})`).join('')}`,
  );
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      page: { type: 'string', multiple: true, default: NEWCOMERS_PAGES },
    },
  });
  const startedAt = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'newcomer-'));
  const clone = join(folder, 'temporal-ims-export');
  execFileSync('git', ['clone', '--quiet', REPOSITORY, clone]);
  console.log(`A clone of the last commit in ${clone}; exit code, time, place and command:`);
  const newcomer = new Newcomer(clone, freshEnvironment(folder), values);
  let isGood = true;
  try {
    for (const path of values.page) await newcomer.follow(readPage(path, clone));
  } catch (error) {
    isGood = false;
    console.error(error instanceof Error ? error.message : error);
  } finally {
    newcomer.close();
    if (!values.keep) rmSync(folder, { recursive: true, force: true });
  }
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  console.log(
    `${newcomer.ran} commands run, ${newcomer.skipped} skipped, in ${minutes} min: ${isGood ? 'all did what the pages say' : 'failed'}`,
  );
  return isGood;
}

endBy(main);
