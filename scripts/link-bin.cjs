// Makes `npx ims-export` work in the repository itself: tsc writes files without the executable bit, and npx looks for a
// package's own bin in node_modules/.bin before it installs the whole package into its cache.
const { chmodSync, mkdirSync, rmSync, symlinkSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const bin = join(root, 'node_modules', '.bin', 'ims-export');

chmodSync(join(root, 'lib', 'cli.js'), 0o755);
mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true });
rmSync(bin, { force: true });
symlinkSync(join('..', '..', 'lib', 'cli.js'), bin);
