import { existsSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevServer } from '../../src/dev-server';
import { casesOf, LONG_FORM } from '../rigs/long-form';
import { startTestServer } from '../rigs/temporal';
import { run } from './commands';
import { compile } from './compile';
import {
  addCodeOf,
  addDriver,
  addProject,
  installBesideLinked,
  PROJECTS,
  type Project,
  packInto,
  TYPESCRIPT_PROJECTS,
} from './installation';

const repository = resolve(__dirname, '../..');
const bin = (name: string) => join(repository, 'node_modules/.bin', name);

let packed: Awaited<ReturnType<typeof packInto>>;
let installed: Promise<void>;
let server: Promise<DevServer>;
beforeAll(async () => {
  server = startTestServer();
  packed = await packInto();
  installed = installBesideLinked(packed.folder);
  // It is awaited, and its failure told, where it is needed.
  installed.catch(() => undefined);
});
afterAll(async () => {
  await installed.catch(() => undefined);
  await Promise.all([packed.remove(), server.then((running) => running.stop())]);
});

describe('the published package', () => {
  it('has entry points that every kind of project resolves (publint, attw)', async () => {
    const said = await Promise.all([
      run(bin('publint'), ['run', '--strict', packed.tarball], packed.folder),
      run(bin('attw'), ['--no-color', packed.tarball], packed.folder),
    ]);
    expect(said[0]).toContain('All good!');
    expect(said[1]).toContain('No problems found');
  }, 120_000);

  it('contains the build, the pages for users, what they deploy, and no more', async () => {
    const files = (await run('tar', ['-tzf', packed.tarball], packed.folder)).trim().split('\n');
    const paths = files.map((file) => file.replace(/^package\//, ''));
    const others = paths.filter(
      (path) => !/^(lib\/.+\.(js|d\.ts)|docs\/[^/]+\.md|schemas\/.+\.json|deploy\/.+)$/.test(path),
    );
    expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json']);
    // A file whose source is gone would be left over from an earlier build.
    const built = paths.filter((path) => path.startsWith('lib/') && path.endsWith('.js'));
    const sourceOf = (path: string) => join(repository, path.replace(/^lib(.*)\.js$/, 'src$1.ts'));
    expect(built.length).toBeGreaterThan(300);
    expect(built.filter((path) => !existsSync(sourceOf(path)))).toEqual([]);
  });
});

describe('a project that installs the package', () => {
  /** The first stands for all of them: attw resolves as each would, and `npm run consumers` installs, compiles and runs each. */
  const projects = casesOf(Object.keys(PROJECTS) as Project[], 1);
  let outcomes: { [module: string]: unknown };
  let complaints: string;
  beforeAll(async () => {
    await installed;
    const { folder } = packed;
    await Promise.all(projects.map((project) => addProject(folder, project)));
    const configFiles = casesOf(TYPESCRIPT_PROJECTS, 1).map((project) => join(folder, project, 'tsconfig.json'));
    if (LONG_FORM) configFiles.push(await addCodeOf('docs/plugin.md', folder));
    complaints = compile(configFiles);
    const driver = await addDriver(folder);
    const { address } = await server;
    const modules = projects.map((project) => moduleOf(project));
    outcomes = JSON.parse(await run(process.execPath, [driver, address, ...modules], folder));
  }, 300_000);

  const moduleOf = (project: Project) => join(packed.folder, project, PROJECTS[project]);

  it('compiles with strict TypeScript', () => {
    expect(complaints).toBe('');
  });

  it.each(projects)(
    'runs an export as a child of its own workflow, beside another workflow of its own: %s',
    (project) => {
      expect(outcomes[moduleOf(project)]).toEqual({
        archived: 'succeeded: qcow2 object',
        reminded: 'sent: rotate the keys',
        phase: 'ended',
      });
    },
  );

  it('has one copy of each Temporal package', async () => {
    const nested = join(packed.folder, 'node_modules/temporal-ims-export/node_modules/@temporalio');
    await expect(access(nested)).rejects.toThrow('ENOENT');
    const { version } = JSON.parse(
      await readFile(join(packed.folder, 'node_modules/@temporalio/workflow/package.json'), 'utf8'),
    ) as { version: string };
    expect(version).toMatch(/^1\.24\./);
  });
});
