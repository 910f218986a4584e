import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startSimulator } from '../../src/testing';
import { beginExport, callObs } from '../rigs/simulator-requests';

let parent: string;
let directory: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'state-directory-'));
  directory = join(parent, 'state');
  mkdirSync(directory);
});
afterEach(() => {
  rmSync(parent, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

/** Every file below a folder with its content; links as they are. */
function contentOf(folder: string): { [path: string]: string } {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, entry.isFile() ? readFileSync(path, 'utf8') : entry.isDirectory() ? 'a folder' : 'a link'];
    }),
  );
}

const write = (path: string, content = 'mine') => writeFileSync(join(directory, path), content);

/** Runs a simulator in the directory once, which leaves its state there. */
async function leaveState(): Promise<void> {
  const simulator = await startSimulator({ stateDir: directory });
  simulator.putObject('note.txt', 'kept');
  await simulator.close();
}

const stateFile = () => join(directory, 'state.json');
const readState = () => JSON.parse(readFileSync(stateFile(), 'utf8'));

const UUID = '3fb41846-5d68-42a8-9900-7dc31f9413bb';

describe('the simulator does not start in, nor change,', () => {
  async function refuses(reason: string): Promise<void> {
    const before = contentOf(parent);
    const refused = await startSimulator({ stateDir: directory }).catch((error: Error) => error);
    expect(refused).toMatchObject({ name: 'SimulatorPathError', message: expect.stringContaining(reason) });
    expect((refused as Error).message).toContain(`cannot keep its state in ${directory}`);
    expect((refused as Error).message).toContain(`ims-export simulator --state ${directory}/simulator-state`);
    expect(contentOf(parent)).toEqual(before);
  }

  it('a folder with other files', async () => {
    write('notes.txt');
    await refuses('it is not empty');
  });

  it('a folder with files in objects/, even with names like its own', async () => {
    mkdirSync(join(directory, 'objects'));
    for (const name of ['photo.jpg', UUID, `job-${'0'.repeat(32)}`]) write(`objects/${name}`);
    await refuses('it is not empty');
  });

  it.each([
    ['text', 'hello'],
    ['empty', ''],
    ['a list', '[]'],
    ['another program’s state of a version 1', '{"version":1,"resources":[],"objects":[]}'],
  ])('a folder whose state.json is %s', async (_what, content) => {
    write('state.json', content);
    mkdirSync(join(directory, 'objects'));
    write('objects/photo.jpg');
    await refuses('state.json in it is not the state of a simulator');
  });

  it('a folder whose state names files outside it', async () => {
    await leaveState();
    const state = readState();
    state.objects[0].file = '../../precious';
    write('state.json', JSON.stringify(state));
    writeFileSync(join(parent, 'precious'), 'mine');
    await refuses('state.json in it is not the state of a simulator');
  });

  it('a folder whose state is of a later version', async () => {
    await leaveState();
    write('state.json', JSON.stringify({ ...readState(), version: 99 }));
    await refuses('has version 99');
  });

  it.each(['state.json', 'owner.pid', 'requests.jsonl', 'objects'])('a folder whose %s is a link', async (name) => {
    await leaveState();
    write('requests.jsonl', '');
    const elsewhere = join(parent, 'elsewhere');
    cpSync(directory, elsewhere, { recursive: true });
    writeFileSync(join(elsewhere, 'owner.pid'), '0');
    rmSync(join(directory, name), { recursive: true, force: true });
    symlinkSync(join(elsewhere, name), join(directory, name));
    await refuses(`${name} in it is not a real`);
  });

  it('a non-empty folder behind a link', async () => {
    write('notes.txt');
    const target = directory;
    directory = join(parent, 'link');
    symlinkSync(target, directory);
    await refuses('it is not empty');
  });
});

it('the simulator does not start with a file as its state directory', async () => {
  const stateDir = join(directory, 'file');
  write('file');
  const refused = startSimulator({ stateDir });
  await expect(refused).rejects.toMatchObject({
    name: 'SimulatorPathError',
    message: expect.stringContaining(`cannot keep its state in ${stateDir}`),
  });
  expect(readFileSync(stateDir, 'utf8')).toBe('mine');
});

describe('the simulator starts', () => {
  async function starts(stateDir = directory): Promise<void> {
    const simulator = await startSimulator({ stateDir });
    await simulator.close();
    expect(JSON.parse(readFileSync(join(stateDir, 'state.json'), 'utf8'))).toMatchObject({ region: 'cn-north-4' });
  }

  it('in an empty folder, in a missing one, and in an empty one behind a link', async () => {
    await starts();
    await starts(join(parent, 'not', 'yet'));
    mkdirSync(join(parent, 'empty'));
    symlinkSync(join(parent, 'empty'), join(parent, 'link'));
    await starts(join(parent, 'link'));
  });

  it('in a folder where its first start was killed before it wrote a state', async () => {
    write('state.json.4711.tmp', '{"version":');
    await starts();
  });

  it('in the folder of its state with other files in it', async () => {
    await leaveState();
    write('notes.txt');
    await starts();
    expect(readFileSync(join(directory, 'notes.txt'), 'utf8')).toBe('mine');
  });
});

it('the simulator deletes from its objects/ only drafts that a kill left', async () => {
  await leaveState();
  const [known] = readState().objects.map(({ file }: { file: string }) => file);
  const leftovers = [`${UUID}.tmp`, `${known}.tmp`, `job-${'a'.repeat(32)}.tmp`];
  const others = [
    UUID,
    `job-${'a'.repeat(32)}`,
    'photo.jpg',
    'job-of-last-year',
    'draft.tmp',
    UUID.toUpperCase(),
    `${UUID}.bak`,
    `copy-${UUID}`,
    '3fb41846-5d68-12a8-9900-7dc31f9413bb',
    `job-${'a'.repeat(31)}`,
  ];
  for (const name of [...leftovers, ...others]) write(`objects/${name}`);
  mkdirSync(join(directory, 'objects', UUID.replace('3fb', 'aaa')));
  write(`objects/${UUID.replace('3fb', 'aaa')}/thesis.txt`);
  symlinkSync(join(directory, 'objects', 'photo.jpg'), join(directory, 'objects', UUID.replace('3fb', 'bbb')));

  const before = contentOf(join(directory, 'objects'));
  const simulator = await startSimulator({ stateDir: directory });
  expect(simulator.objects()).toMatchObject([{ key: 'note.txt' }]);
  await simulator.close();
  for (const name of leftovers) delete before[join(directory, 'objects', name)];
  expect(contentOf(join(directory, 'objects'))).toEqual(before);
});

it('the simulator keeps objects that are newer than a restored state', async () => {
  await leaveState();
  const older = readFileSync(stateFile(), 'utf8');
  const simulator = await startSimulator({ stateDir: directory });
  simulator.putObject('newer.txt', 'newer');
  await simulator.close();
  const newer = readFileSync(stateFile(), 'utf8');

  write('state.json', older);
  const restored = await startSimulator({ stateDir: directory });
  expect(restored.objects().map(({ key }) => key)).toEqual(['note.txt']);
  await restored.close();

  write('state.json', newer);
  const again = await startSimulator({ stateDir: directory });
  expect((await callObs(again.info, 'GET', '/ims-image/newer.txt')).text).toBe('newer');
  await again.close();
});

it('the simulator replaces a link with the name of one of its files, and never writes through it', async () => {
  const simulator = await startSimulator({ stateDir: directory, jobSeconds: 600 });
  const jobId = await beginExport(simulator.info);
  writeFileSync(join(parent, 'precious'), 'mine');
  const objects = join(directory, 'objects');
  for (const name of [`job-${jobId}`, `job-${jobId}.tmp`]) symlinkSync(join(parent, 'precious'), join(objects, name));
  symlinkSync(join(parent, 'precious'), join(directory, `state.json.${process.pid}.tmp`));
  simulator.clock.advance(3_600_000);
  expect(simulator.objects()).toHaveLength(1);
  expect(simulator.deleteObject(simulator.objects()[0]?.key ?? '')).toBe(true);
  await simulator.close();
  expect(readFileSync(join(parent, 'precious'), 'utf8')).toBe('mine');
  expect(readdirSync(objects)).toEqual([]);
});

it('a simulator that cannot listen releases its folder, and deletes a temporary one', async () => {
  vi.stubEnv('TMPDIR', parent);
  const other = await startSimulator();
  const port = Number(new URL(other.info.imsEndpoint).port);
  const before = readdirSync(parent);
  await expect(startSimulator({ port })).rejects.toThrow('EADDRINUSE');
  await expect(startSimulator({ port, stateDir: directory })).rejects.toThrow('EADDRINUSE');
  expect(readdirSync(parent)).toEqual(before);
  expect(existsSync(join(directory, 'owner.pid'))).toBe(false);
  await other.close();
});
