/**
 * Makes package.json that of a worker to be installed: what it needs beside its dependencies are its peers, optional ones
 * for traces included, at the versions that this repository is tested with; everything else of development goes.
 */
const { readFileSync, writeFileSync } = require('node:fs');

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const { devDependencies, peerDependenciesMeta = {}, ...production } = manifest;
const onlyForTests = new Set(['@temporalio/testing']);
for (const name of Object.keys(production.peerDependencies)) {
  if (onlyForTests.has(name)) delete production.peerDependencies[name];
  else production.dependencies[name] = devDependencies[name];
}
writeFileSync('package.json', `${JSON.stringify({ ...production, peerDependenciesMeta }, null, 2)}\n`);
