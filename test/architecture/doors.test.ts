import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const WRONG_IMPORTS = {
  'src/workflows/uses-undici.ts': "export { request } from 'undici';",
  'src/workflows/uses-zod.ts': "export { z } from 'zod';",
  'src/workflows/uses-node.ts': "export { join } from 'node:path';",
  'src/workflows/uses-activities.ts': "export { createExportActivities } from '../activities';",
  'src/workflows/uses-a-type.ts': "export type { ExportActivityDeps } from '../activities';",
  'src/workflows/uses-metrics.ts': "export { METRICS } from '../metrics';",
  'src/huaweicloud/uses-contract.ts': "export * from '../contract';",
  'src/huaweicloud/uses-temporal.ts': "export { sleep } from '@temporalio/activity';",
  'src/activities/uses-workflows.ts': "export * from '../workflows';",
  'src/testing/uses-activities.ts': "export * from '../activities';",
  'src/testing/uses-the-dev-server.ts': "export * from '../dev-server';",
  'src/dev-server/uses-testing.ts': "export * from '../testing';",
  'src/plugin/uses-worker.ts': "export * from '../worker';",
  'src/plugin/uses-workflows.ts': "export * from '../workflows';",
  'src/worker/uses-activities.ts': "export * from '../activities';",
  'src/client/uses-plugin.ts': "export * from '../plugin';",
  'src/client/uses-worker.ts': "export * from '../worker';",
  'src/worker/uses-client.ts': "export * from '../client';",
  'src/temporal/uses-client.ts': "export * from '../client';",
  'src/activities/uses-cli.ts': "export * from '../cli/output';",
  'src/export/uses-workflows.ts': "export * from '../workflows';",
  'src/export/uses-request.ts': "export * from '../request/export';",
  'src/request/uses-activities.ts': "export * from '../activities';",
  'src/contract/uses-export.ts': "export * from '../export/time';",
  'src/workflows/uses-request.ts': "export * from '../request/export';",
  'src/metrics.ts': "export * from './cache-directory';",
  'src/nexus.ts': "export { getClient } from '@temporalio/nexus';",
  'src/nexus/uses-worker.ts': "export * from '../worker';",
  'src/nexus/uses-workflows.ts': "export type { ExportState } from '../workflows';",
  'src/nexus/uses-activities.ts': "export * from '../activities';",
  'src/workflows/uses-the-table.ts': "export * from '../export/joining';",
  'src/client/uses-activities.ts': "export * from '../activities';",
  'src/client/uses-workflows.ts': "export * from '../workflows/status';",
  'src/cli/uses-workflows.ts': "export * from '../workflows/batch/state';",
  'src/client/uses-doctor.ts': "export * from '../doctor';",
  'src/doctor/uses-simulator.ts': "export * from '../testing';",
};

const repository = resolve(__dirname, '../..');

/** What the check of the doors, a part of `npm run check`, says of the sources with the wrong imports among them. */
let said: string;
beforeAll(async () => {
  const copy = await mkdtemp(join(tmpdir(), 'doors-'));
  try {
    for (const name of ['src', 'tsconfig.json', '.dependency-cruiser.cjs', 'package.json']) {
      await cp(join(repository, name), join(copy, name), { recursive: true });
    }
    await symlink(join(repository, 'node_modules'), join(copy, 'node_modules'));
    for (const [file, source] of Object.entries(WRONG_IMPORTS)) {
      await mkdir(dirname(join(copy, file)), { recursive: true });
      await writeFile(join(copy, file), source);
    }
    said = await checkDoors(copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
});

function checkDoors(cwd: string): Promise<string> {
  const depcruise = join(repository, 'node_modules/.bin/depcruise');
  const args = ['src', '--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', '--preserve-symlinks'];
  return new Promise((done, failed) => {
    execFile(depcruise, args, { cwd }, (error, stdout) =>
      error === null ? failed(new Error('the doors let everything through')) : done(stdout.replace(/\s+/g, ' ')),
    );
  });
}

describe('the import rules between the source folders', () => {
  it.each([
    ['src/workflows/uses-undici.ts', 'workflows-are-deterministic', 'src/workflows may import src/contract'],
    ['src/workflows/uses-zod.ts', 'workflows-are-deterministic', 'no undici, no zod'],
    ['src/workflows/uses-node.ts', 'workflows-are-deterministic', 'no node: module'],
    ['src/workflows/uses-activities.ts', 'workflows-are-deterministic', 'no activity code'],
    ['src/workflows/uses-a-type.ts', 'workflows-are-deterministic', 'nothing else'],
    ['src/workflows/uses-metrics.ts', 'workflows-are-deterministic', 'and itself, nothing else'],
    ['src/huaweicloud/uses-contract.ts', 'huaweicloud-knows-nothing-of-temporal', 'cloud over HTTP'],
    ['src/huaweicloud/uses-temporal.ts', 'huaweicloud-knows-nothing-of-temporal', 'neither Temporal'],
    ['src/activities/uses-workflows.ts', 'activities-know-no-workflow', 'never workflows'],
    ['src/testing/uses-activities.ts', 'testing-stands-alone', 'a cloud and not a mock'],
    ['src/testing/uses-the-dev-server.ts', 'testing-stands-alone', 'a cloud and not a mock'],
    ['src/dev-server/uses-testing.ts', 'dev-server-stands-alone', 'nothing else of the package'],
    ['src/plugin/uses-worker.ts', 'plugin-opens-to-activities-and-huaweicloud', 'neither the worker'],
    ['src/plugin/uses-workflows.ts', 'plugin-opens-to-activities-and-huaweicloud', 'nor workflow code'],
    ['src/worker/uses-activities.ts', 'worker-is-built-on-the-plugin', 'activities come from there'],
    ['src/client/uses-plugin.ts', 'client-and-worker-do-not-meet', 'nor the plugin'],
    ['src/client/uses-worker.ts', 'client-and-worker-do-not-meet', 'neither the worker nor the CLI'],
    ['src/worker/uses-client.ts', 'worker-does-not-start-exports', 'neither the client nor the CLI'],
    ['src/temporal/uses-client.ts', 'temporal-is-below-client-and-worker', 'for clients, workers and activities alike'],
    ['src/activities/uses-cli.ts', 'only-the-cli-imports-the-cli', 'no other room depends on it'],
    ['src/export/uses-workflows.ts', 'export-is-pure', 'runs in the sandbox too'],
    ['src/export/uses-request.ts', 'export-is-pure', 'and itself, nothing else'],
    ['src/request/uses-activities.ts', 'request-stays-out-of-the-sandbox', 'no workflow imports it'],
    ['src/contract/uses-export.ts', 'contract-imports-only-itself', 'nothing but itself'],
    ['src/workflows/uses-request.ts', 'workflows-are-deterministic', 'no zod'],
    ['src/metrics.ts', 'metrics-take-the-workflows-own', 'and imports nothing else'],
    ['src/nexus.ts', 'the-nexus-service-is-sandbox-safe', 'nothing that the sandbox refuses'],
    ['src/nexus/uses-worker.ts', 'nexus-starts-exports-as-the-client-does', 'neither the worker that serves it'],
    ['src/nexus/uses-workflows.ts', 'nexus-starts-exports-as-the-client-does', 'nor workflow or activity code'],
    ['src/nexus/uses-activities.ts', 'nexus-starts-exports-as-the-client-does', 'nor workflow or activity code'],
    ['src/workflows/uses-the-table.ts', 'what-no-workflow-uses-stays-out-of-the-bundle', 'its bundle stays small'],
    ['src/client/uses-activities.ts', 'clients-know-no-workflow-code', 'or src/activities'],
    ['src/client/uses-workflows.ts', 'clients-know-no-workflow-code', 'src/client and src/cli talk to workflows'],
    ['src/cli/uses-workflows.ts', 'clients-know-no-workflow-code', 'nothing from src/workflows'],
    ['src/client/uses-doctor.ts', 'doctor-is-asked-by-the-cli-only', 'no room depends on it'],
    ['src/doctor/uses-simulator.ts', 'doctor-asks-by-the-code-of-others', 'neither the CLI nor the simulator'],
  ])('reject %s by the rule %s, with its explanation', (file, rule, sentence) => {
    expect(said).toContain(`${rule}: ${file} →`);
    expect(said).toContain(sentence);
  });

  it('accept the sources', () => {
    const blamed = [...said.matchAll(/error [\w-]+: (\S+) →/g)].map(([, file]) => file);
    expect(blamed.filter((file) => !Object.keys(WRONG_IMPORTS).includes(file ?? ''))).toEqual([]);
  });
});
