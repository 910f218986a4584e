import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itInLongForm } from '../rigs/long-form';
import type { Ended } from '../rigs/processes';
import { commandsOfThisFile, SOON_MS } from '../rigs/run-command';

const commands = commandsOfThisFile();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'batch-files-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.concurrent('batch', () => {
  const fileOf = async (content: unknown) => {
    const path = join(folder, `${Math.random().toString(36).slice(2)}.json`);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  /** Refused ones only, so that no job is waited for. */
  const refused = () => [{ imageId: commands.image('iso') }, { imageId: commands.image('fullEcs') }];

  it('with --wait prints a verdict on each image, and ends with 1 when one is rejected', async () => {
    const file = await fileOf({ images: refused(), to: commands.destination('{imageId}') });
    const { exitCode, stdout } = await commands.run('batch', file, '--wait');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^VERDICT +IMAGE +OBJECT/m);
    expect(stdout).toMatch(new RegExp(`^refused +${commands.image('iso')} .* ExportNotAllowed: `, 'm'));
    expect(stdout).toContain('2 images: 2 refused');
  });

  it('F52 with --fail-when any fails as BatchFailed, with 1 and the images that were not exported', async () => {
    const file = await fileOf({ images: refused(), to: commands.destination('fail-when/{imageId}') });
    const { exitCode, stdout, stderr } = await commands.run('batch', file, '--fail-when', 'any', '--wait');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(new RegExp(`^refused +${commands.image('iso')} .* ExportNotAllowed: `, 'm'));
    expect(stderr).toMatch(/^ims-export: BatchFailed: .*2 refused/m);
    const wrong = await commands.run('batch', file, '--fail-when', 'some');
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('never, any, all')]);
  });

  it('whose query matches no image ends with 1, with and without --wait and in a dry run', async () => {
    const input = { query: { tag: 'nobody-has-it' }, to: commands.destination('{imageId}') };
    const file = await fileOf(input);
    const name = 'nothing-to-export';
    const runs: string[][] = [['--name', name], ['--wait', '--json'], ['--dry-run'], ['--dry-run', '--wait']];
    const [started, waited, ...dry] = await Promise.all(runs.map((flags) => commands.run('batch', file, ...flags)));
    for (const { exitCode, stderr } of [started, waited, ...dry] as Ended[]) {
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/^ims-export: NothingToExport: .* matches the query {"tag":"nobody-has-it"}/m);
    }
    expect(JSON.parse(waited?.stdout ?? '')).toMatchObject({
      error: { code: 'NothingToExport', details: { query: input.query, problems: [] } },
    });
    const id = `ims-export-batch:${name}`;
    const watched = await commands.run('watch', id);
    expect([watched.exitCode, watched.stdout]).toEqual([1, `Batch ${id}\n`]);
    expect(watched.stderr).toContain('ims-export: NothingToExport: ');
    const parts = ['workflow failed at ', 'images   not planned', 'failure  NothingToExport: ', 'outcome  failed'];
    await commands.statusSays(id, ...parts);
    const allowed = await commands.run('batch', await fileOf({ ...input, allowEmpty: true }), '--wait');
    expect([allowed.exitCode, allowed.stdout]).toEqual([
      0,
      expect.stringMatching(/^0 images: none\nwarning: The query matches no private image\.$/m),
    ]);
    expect(allowed.stdout).not.toContain('VERDICT');
  });

  itInLongForm('with --dry-run submits nothing, and ends with 0 when nothing is wrong', async () => {
    const to = commands.destination('dry');
    const file = await fileOf({ images: [{ imageId: commands.image('dataDisk'), bucketUrl: to }] });
    const { exitCode, stdout } = await commands.run('batch', file, '--dry-run', '--wait', '--json');
    expect([exitCode, JSON.parse(stdout).counts.valid]).toEqual([0, 1]);
    expect(commands.rig.simulator.jobs().filter(({ bucketUrl }) => bucketUrl === to)).toEqual([]);
  });

  itInLongForm('is shown by status and canceled by cancel', async () => {
    const images = [{ imageId: commands.image('suseFromPublic') }, { imageId: commands.image('exactly128GiB') }];
    const file = await fileOf({ images, to: commands.destination('{imageId}') });
    const started = await commands.run('batch', file, '--name', 'to-be-canceled');
    expect([started.exitCode, started.stdout]).toEqual([0, expect.stringContaining('Started batch')]);
    const id = 'ims-export-batch:to-be-canceled';
    await commands.statusSays(id, 'images   2');
    const watching = commands.launch('watch', id);
    await watching.says(/ [12] running$/m, SOON_MS);
    watching.signal('SIGINT');
    const left = await watching.endsWithin(SOON_MS);
    expect([left.exitCode, left.stderr]).toEqual([
      130,
      `The batch goes on; \`ims-export watch ${id}\` shows it again.\n`,
    ]);
    expect((await commands.run('cancel', id)).exitCode).toBe(0);
    const watched = await commands.run('watch', id);
    expect([watched.exitCode, watched.stderr]).toEqual([4, expect.stringContaining('The batch was canceled: ')]);
  });

  itInLongForm('ends with 2 for an invalid file, and names the line or the field', async () => {
    const broken = await commands.run('batch', await fileOf('{\n  "images": [\n    nothing\n'));
    expect([broken.exitCode, broken.stderr]).toEqual([2, expect.stringContaining('is not JSON, line 3')]);
    const wrong = await commands.run('batch', await fileOf({ query: {}, to: 'bucket:{nmae}' }));
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('to is "bucket:{nmae}"')]);
    const missing = await commands.run('batch', join(folder, 'nonesuch.json'));
    expect([missing.exitCode, missing.stderr]).toEqual([2, expect.stringContaining('cannot be read')]);
  });
});

it('no command has printed a secret', () => {
  expect(commands.secretsPrinted()).toEqual([]);
});
