import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itInLongForm } from '../rigs/long-form';
import type { Ended } from '../rigs/processes';
import { commandsOfThisFile, SOON_MS } from '../rigs/run-command';
import { converterOfRun } from '../rigs/strict-codec';

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

  it('takes pause-polling, resume-polling and retune --max-concurrent, and no poll-now', async () => {
    const file = await fileOf({
      images: [{ imageId: commands.image('dataDisk') }],
      to: commands.destination('steered/{imageId}'),
    });
    const id = 'ims-export-batch:steered';
    const started = await commands.run('batch', file, '--name', 'steered');
    expect([started.exitCode, started.stdout]).toEqual([
      0,
      `Started batch ${id}\n  images   1\n  next     \`ims-export watch ${id}\`\n`,
    ]);
    const paused = await commands.run('pause-polling', id);
    expect(paused.stdout).toContain(`Paused the batch ${id}: `);
    expect(paused.stdout).toContain(`\`ims-export resume-polling ${id}\``);
    await commands.statusSays(id, 'phase    paused');
    const resumed = await commands.run('resume-polling', id);
    expect(resumed.stdout).toContain(`Resumed the batch ${id}: it starts exports again`);
    await commands.statusSays(id, 'phase    exporting');
    const retuned = await commands.run('retune', id, '--max-concurrent', '7');
    expect(retuned.stdout).toBe(`Retuned ${id}\n  running  at most 7 exports at the same time\n`);
    await commands.statusSays(id, '(limit 7)');
    const refused = [
      commands.refused(2, 'InvalidExportRequest', ['retune', id, '--max-concurrent', '5', '--deadline', '+6h']),
      commands.refused(2, 'InvalidExportRequest', ['poll-now', id]),
      commands.refused(2, 'InvalidExportRequest', ['resolve', id, '--not-submitted']),
    ];
    const [both] = await Promise.all(refused);
    expect(both?.stderr).toContain('you can change only --max-concurrent');
    expect((await commands.run('cancel', id)).exitCode).toBe(0);
  });

  it('with --cron creates the schedule of that name, then updates it, and says when it runs next', async () => {
    const file = await fileOf({ query: { tag: 'nightly' }, to: commands.destination('{date}/{imageId}') });
    const cron = (expression: string, ...flags: string[]) =>
      commands.run('batch', file, '--name', 'nightly', '--cron', expression, ...flags);
    const scheduleId = 'ims-export-batch:nightly';
    const created = await cron('30 2 * * *');
    expect(created.exitCode, created.stderr).toBe(0);
    expect(created.stdout).toMatch(/^Created the schedule .*nightly\n {2}cron {5}30 2 \* \* \* \(UTC\)\n/);
    expect(created.stdout).toMatch(/^ {2}next run \d{4}-\d\d-\d\dT02:30:00\.000Z$/m);
    expect(created.stdout).not.toContain('warning');
    const handle = commands.rig.client.schedule.getHandle(scheduleId);
    await handle.pause();
    const updated = await cron('CRON_TZ=Asia/Tokyo 0 3 * * *', '--json', '--max-concurrent', '5');
    expect(JSON.parse(updated.stdout)).toMatchObject({ scheduleId, how: 'updated', paused: true });
    expect(JSON.parse(updated.stdout).nextRunAt).toMatch(/T18:00:00\.000Z$/);
    const { policies, action } = await handle.describe();
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 3_600_000 });
    expect(action).toMatchObject({ workflowId: scheduleId, args: [{ maxConcurrent: 5 }] });
    const [toNobody, asJson] = await Promise.all([
      cron('30 2 * * *', '--task-queue', 'nobody'),
      cron('30 2 * * *', '--task-queue', 'nobody', '--json'),
    ]);
    const warning =
      /its runs wait for a worker\. No worker polls the task queue nobody .*`ims-export worker --task-queue nobody`/;
    expect([toNobody.exitCode, toNobody.stdout]).toEqual([0, expect.stringMatching(warning)]);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ how: 'updated', warnings: [expect.stringMatching(warning)] });
    const [wrong, unnamed, waiting] = await Promise.all([
      commands.refused(2, 'InvalidExportRequest', ['batch', file, '--name', 'wrong', '--cron', 'at night']),
      commands.refused(2, 'InvalidExportRequest', ['batch', file, '--cron', '30 2 * * *']),
      commands.refused(2, '', ['batch', file, '--name', 'nightly', '--cron', '30 2 * * *', '--wait']),
    ]);
    expect(wrong.stderr).toMatch(/cron is "at night"; expected a cron expression/);
    expect(unnamed.stderr).toContain('--name nightly');
    expect(waiting.stderr).toContain("'--cron <expr>' cannot be used with option '--wait'");
    await handle.delete();
  });

  // A schedule's input is encoded before its runs have their ids: a codec that is bound to the id of a run cannot decode it.
  it.skipIf(converterOfRun)('that a schedule starts is named where the id of the schedule was given', async () => {
    const file = await fileOf({ query: { tag: 'none' }, allowEmpty: true, to: commands.destination('{imageId}') });
    const scheduleId = "ims-export-batch:it's due";
    expect((await commands.run('batch', file, '--name', "it's due", '--cron', '30 2 * * *')).exitCode).toBe(0);
    const sayOf = async (...args: string[]) => (await commands.refused(2, 'NoSuchExport', args)).stderr;
    const before = await sayOf('status', scheduleId);
    expect(before).toContain('is a schedule, and has not run yet');
    expect(before).toContain(`\`ims-export temporal schedule trigger --schedule-id 'ims-export-batch:it'\\''s due'\``);
    const handle = commands.rig.client.schedule.getHandle(scheduleId);
    await handle.trigger();
    const latest = await commands.until('the schedule has started a batch', async () => {
      const [action] = (await handle.describe()).info.recentActions;
      return action?.action.workflow.workflowId;
    });
    const word = latest.replaceAll("'", "'\\''");
    const [watched, retuned, polled] = await Promise.all([
      sayOf('watch', scheduleId),
      sayOf('retune', scheduleId, '--max-concurrent', '7', '--namespace', commands.rig.server.namespace),
      sayOf('poll-now', scheduleId),
    ]);
    expect(watched).toContain(`The latest run: \`ims-export watch '${word}'\`.`);
    const retune = `ims-export retune '${word}' --max-concurrent 7 --namespace ${commands.rig.server.namespace}`;
    expect(retuned).toContain(`\`${retune}\``);
    expect(polled).toContain(`\`ims-export status '${word}'\``);
    await handle.delete();
    await commands.until('the visibility has the run of the deleted schedule', async () =>
      (await sayOf('cancel', scheduleId)).includes(`\`ims-export cancel '${word}'\``) ? true : undefined,
    );
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
      `The batch is still running; \`ims-export watch ${id}\` shows it again.\n`,
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
