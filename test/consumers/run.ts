/**
 * `npm run consumers`: every project with an installation of its own, as npm makes it anew, and a TypeScript of its own.
 * The short form, with one installation for all, is a part of `npm test`.
 *
 * @module
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { startDevServer } from '../../src/dev-server';
import { run } from './commands';
import {
  addDriver,
  addProject,
  installAnew,
  PROJECTS,
  type Project,
  packInto,
  TYPESCRIPT_PROJECTS,
} from './installation';

async function main(): Promise<void> {
  const { folder, tarball, remove } = await packInto();
  const server = await startDevServer({ headless: true });
  try {
    for (const project of Object.keys(PROJECTS) as Project[]) {
      // Nothing but the tarball is above a project, so that it can use nothing but its own.
      const apart = join(folder, `alone-${project}`);
      await cp(tarball, join(apart, 'temporal-ims-export.tgz'));
      await tryOut(await addProject(apart, project), project, server.address);
    }
    console.log('All projects compile, bundle and export.');
  } finally {
    await Promise.all([server.stop(), remove()]);
  }
}

async function tryOut(place: string, project: Project, address: string): Promise<void> {
  const startedAt = performance.now();
  const tell = (what: string) =>
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${project.padEnd(13)} ${what}`);
  await installAnew(place);
  tell('is installed');
  if (TYPESCRIPT_PROJECTS.includes(project)) {
    const [version] = (await run('npx', ['tsc', '--version'], place)).trim().split('\n');
    await run('npx', ['tsc', '-p', '.'], place);
    tell(`compiles with TypeScript ${version}`);
  }
  const driver = await addDriver(place);
  const outcomes = JSON.parse(await run(process.execPath, [driver, address, join(place, PROJECTS[project])], place));
  const [outcome] = Object.values(outcomes as { [module: string]: { archived: string } });
  if (outcome?.archived !== 'succeeded: qcow2 object') throw new Error(`${project}: ${JSON.stringify(outcomes)}`);
  tell(`exports, as a child of its own workflow: ${outcome.archived}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
