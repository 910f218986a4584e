/**
 * Runs the benches of this folder, each one `bench/<name>/index.ts`:
 *
 *   npm run bench                       all of them
 *   npm run bench -- ims-client         one
 *
 * They are compiled by tsc like the package itself, since tsx wraps every closure in a call, which a bench would measure.
 *
 * @module
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What a bench's index.ts exports. */
export interface Bench {
  /** @param args what stands behind the name on the command line */
  run(args: string[]): Promise<void>;
}

/** From `.cache/bench/bench`, where this runs. */
const SOURCES = join(__dirname, '../../../bench');

async function main([name, ...args]: string[]): Promise<void> {
  const names = benches();
  if (name !== undefined && !names.includes(name)) {
    console.error(`There is no bench '${name}'. Benches: ${names.join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  for (const chosen of name === undefined ? names : [name]) {
    const bench = (await import(join(__dirname, chosen, 'index.js'))) as Bench;
    await bench.run(args);
  }
}

function benches(): string[] {
  return readdirSync(SOURCES)
    .filter((entry) => existsSync(join(SOURCES, entry, 'index.ts')))
    .sort();
}

void main(process.argv.slice(2));
