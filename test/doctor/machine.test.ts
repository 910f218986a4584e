import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkMachine, type Machine } from '../../src/doctor/machine';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-machine-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function problemsOf(machine: Omit<Machine, 'env'> & { cache?: string }): Promise<{ [check: string]: string }> {
  const { cache = join(folder, 'cache'), ...rest } = machine;
  const checks = await checkMachine({ env: { IMS_EXPORT_CACHE_DIR: cache }, ...rest });
  return Object.fromEntries(
    checks.flatMap((one) => (one.state === 'problem' ? [[one.check, `${one.found}. ${one.next}`]] : [])),
  );
}

interface Package {
  version: string;
  dependencies?: { [name: string]: string };
}

/** An installation by hand: packages by their paths below its node_modules. */
async function installation(name: string, packages: { [path: string]: Package }): Promise<string> {
  const root = join(folder, name);
  const peerDependencies = {
    '@temporalio/worker': '^1.24.0',
    '@temporalio/common': '^1.24.0',
    '@temporalio/testing': '^1.24.0',
  };
  const files = Object.entries(packages).map(
    ([path, { version, dependencies }]) =>
      [join(root, 'node_modules', path), { name: path.split('/node_modules/').at(-1), version, dependencies }] as const,
  );
  for (const [path, manifest] of [
    [root, { name: 'temporal-ims-export', version: '1.0.0', peerDependencies }],
    ...files,
  ] as const) {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'package.json'), JSON.stringify(manifest));
  }
  return root;
}

const WORKER = { version: '1.24.0', dependencies: { '@temporalio/common': '1.24.0', protobufjs: '^8.7.1' } };

describe("the doctor's check of the machine", () => {
  it('reports nothing on a sound installation', async () => {
    expect(await problemsOf({})).toEqual({});
  });

  it.each(['18.20.4', '20.18.3'])('reports that Node %s is too old', async (node) => {
    expect(await problemsOf({ node })).toEqual({
      Node: `${node}, but 20.19 or newer is needed. Install a newer Node.`,
    });
  });

  it.each(['20.19.0', '22.1.0', '24.0.0'])('accepts Node %s', async (node) => {
    expect(await problemsOf({ node })).toEqual({});
  });

  it('reports a Temporal package with an older copy of another one inside', async () => {
    const root = await installation('two-versions', {
      '@temporalio/worker': WORKER,
      '@temporalio/worker/node_modules/@temporalio/common': { version: '1.23.1' },
      '@temporalio/common': { version: '1.24.0' },
      protobufjs: { version: '8.8.1' },
    });
    const { "Temporal's packages": found } = await problemsOf({ folder: root });
    expect(found).toContain('of several versions: 1.23.1 (common) and 1.24.0 (common, worker)');
    expect(found).toContain('npm install @temporalio/common@1.24.0');
  });

  it('accepts a missing optional package', async () => {
    const root = await installation('sound', {
      '@temporalio/worker': WORKER,
      '@temporalio/common': { version: '1.24.0' },
      protobufjs: { version: '8.8.1' },
    });
    expect(await problemsOf({ folder: root })).toEqual({});
  });

  it("reports protobufjs 7 where Temporal's packages load 8", async () => {
    const root = await installation('protobufjs-7', {
      '@temporalio/worker': WORKER,
      '@temporalio/common': { version: '1.24.0' },
      protobufjs: { version: '7.5.4' },
    });
    const { protobufjs } = await problemsOf({ folder: root });
    expect(protobufjs).toBe(
      "Temporal's packages load protobufjs 7.5.4, and ask for ^8.7.1. Install protobufjs 8 beside them: `npm install protobufjs@8`.",
    );
  });

  it('reports that the cache is not a folder', async () => {
    const cache = join(folder, 'a-file');
    await writeFile(cache, '');
    const { cache: found } = await problemsOf({ cache });
    expect(found).toContain(cache);
    expect(found).toContain('IMS_EXPORT_CACHE_DIR');
  });

  it.skipIf(process.platform === 'win32')(
    'reports a cache that others may write to, which no worker trusts',
    async () => {
      const cache = join(folder, 'open-to-all');
      await mkdir(cache);
      await chmod(cache, 0o777);
      const { cache: found } = await problemsOf({ cache });
      expect(found).toContain('others may write to');
    },
  );
});
