// tsc writes files without the executable bit; `npx ims-export` in the repository needs it on the bin.
require('node:fs').chmodSync(require('node:path').join(__dirname, '..', 'lib', 'cli.js'), 0o755);
