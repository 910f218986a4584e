/**
 * What a block of shell commands asks a reader to do.
 *
 * @module
 */
import { type Block, place } from './pages';

export interface Command {
  /** Where it stands, such as `README.md:21`. */
  place: string;
  /** As written, in one line: without the comment, continued lines joined. */
  text: string;
  /** What a reader is told to expect by a comment such as `# exit code 1`; 0 without one. */
  exitCode: number;
  /** How it says that it is ready, when it is one that runs until it is stopped. */
  ready: RegExp | null;
}

/** Commands that run until somebody stops them, each in a terminal of its own, and the words that say it is ready. */
const RUNS_UNTIL_STOPPED: ReadonlyArray<[command: RegExp, ready: RegExp]> = [
  [/\bnpm run temporal\b/, /^ready: /m],
  [/\btemporal server start-dev\b/, /Server:/],
  [/\b(npm run|ims-export) simulator\b/, /The simulated cloud is ready/],
  [/\bims-export worker\b/, /^ready: /m],
  [/\bnpm run worker\b/, /Worker polls/],
  [/\bnpx tsx worker\.ts\b/, /^ready: /m],
];

/** An example of settings: variables before a command of ours. Names are checked; the servers are nobody's, so it is not run. */
export function isOfSettings({ text }: Command): boolean {
  return /^([A-Z][A-Z0-9_]*=\S+ )+(npx )?ims-export /.test(text);
}

export function commandsOf(block: Block): Command[] {
  const joined = block.text.replace(/\s*\\\n\s*/g, ' ').split('\n');
  return joined.flatMap((line) => {
    const [, text = '', comment = ''] = /^(.*?)(?:\s*(?:^|\s)#\s(.*))?$/.exec(line.trim()) ?? [];
    if (text === '') return [];
    const [, exitCode = '0'] = /exit code (\d+)/.exec(comment) ?? [];
    return [{ place: place(block), text, exitCode: Number(exitCode), ready: readyOf(text) }];
  });
}

function readyOf(text: string): RegExp | null {
  return RUNS_UNTIL_STOPPED.find(([command]) => command.test(text))?.[1] ?? null;
}
