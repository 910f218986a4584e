/**
 * Makes package.json that of a worker to be installed: what it needs beside its dependencies are its peers, optional ones
 * for traces included, at the versions that this repository is tested with; what no worker loads goes, and everything of
 * development.
 */
const { readFileSync, writeFileSync } = require('node:fs');

/** Of the simulator, and of tests. */
const LEFT_OUT = ['hono', '@hono/node-server', '@temporalio/testing'];

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const { devDependencies, peerDependenciesMeta = {}, ...production } = manifest;
for (const name of LEFT_OUT) {
  delete production.dependencies[name];
  delete production.peerDependencies[name];
}
for (const name of Object.keys(production.peerDependencies)) production.dependencies[name] = devDependencies[name];
writeFileSync('package.json', `${JSON.stringify({ ...production, peerDependenciesMeta }, null, 2)}\n`);
