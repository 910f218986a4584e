/**
 * `node scripts/finish-build.cjs`, after tsc and a formatter, which indents what goes into the workflow bundle by tabs, since Webpack
 * keeps white space: deletes what was built in `lib/`, and in the cache of the benchmark, from sources that are gone, and the maps of
 * earlier versions, and makes the command executable. tsc does neither, and Node loads a stale `failures.js` before the folder
 * `failures/` that replaced it.
 */
const { chmodSync, existsSync, readdirSync, rmSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const BUILT = /\.(js|d\.ts)(\.map)?$/;

for (const built of ['lib', '.cache/bench/src']) {
  const folder = join(root, built);
  if (!existsSync(folder)) continue;
  for (const file of readdirSync(folder, { recursive: true })) {
    const source = join(root, 'src', file.replace(BUILT, '.ts'));
    if (BUILT.test(file) && (file.endsWith('.map') || !existsSync(source))) rmSync(join(folder, file));
  }
}

chmodSync(join(root, 'lib', 'cli.js'), 0o755);
