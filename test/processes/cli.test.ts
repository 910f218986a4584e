/**
 * The commands as a user runs them: each a process of its own, against a Temporal dev server, the simulated cloud and a
 * worker that are processes as well.
 */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportWorkflowId } from '../../src/contract';
import { freePort } from '../../src/dev-server/free-port';
import type { SimulatorInfo } from '../../src/testing';
import { casesOf, itInLongForm } from '../rigs/long-form';
import { type Ended, type RunningProcess, Stage, until } from '../rigs/processes';

/** Generous for machines that are busy with other things; a hang takes longer. */
const SOON_MS = 40_000;
/** What *within seconds* means: the connection's own limit is 5 s, a worker is waited for for 3 s, a key rests for 3 s. */
const SECONDS_MS = 25_000;
const FAST_POLLS = ['--option', 'minInterval=1s', '--option', 'maxInterval=2s'];
const WRONG_SECRET = 'thisIsNotTheSecretKeyThatTheSimulatorHas';

let stage: Stage;
let worker: RunningProcess;

beforeAll(async () => {
  // Longer than the tests run: jobs end when a test says so.
  stage = await Stage.open({ title: 'cli', jobSeconds: 3_600 });
  worker = await stage.startWorker();
});

afterAll(() => stage?.close());

describe.concurrent('ims-export', () => {
  describe('on a running export', () => {
    let to: string;
    let workflowId: string;
    let started: Ended;

    beforeAll(async () => {
      to = destination('running.qcow2');
      workflowId = exportWorkflowId(to);
      started = await stage.run(...start('linux', to, '--format', 'qcow2'));
    });

    it('start returns 0 once the cloud has accepted the job', async () => {
      expect(started.exitCode).toBe(0);
      // On a busy machine a start tells what it waits for.
      expect(started.stderr.replace(/^waiting: .*\n/gm, '')).toBe('');
      expect(started.stdout).toContain(`Started export ${workflowId}`);
      expect(started.stdout).toContain((await jobTo(to)).jobId);
    });

    itInLongForm('status tells phase, image and job', async () => {
      const { jobId } = await jobTo(to);
      await statusSays(workflowId, 'RUNNING', 'exporting', stage.image('linux'), `${to} (qcow2)`, jobId);
    });

    it('status --json prints the report', async () => {
      expect(await reportOf(workflowId)).toMatchObject({
        workflowId,
        workflowStatus: 'RUNNING',
        memo: { jobId: (await jobTo(to)).jobId },
        status: { phase: 'exporting', outcome: null, remoteJob: 'running', submissions: 1 },
      });
    });

    itInLongForm('list names it, also as JSON', async () => {
      const [text, json] = await Promise.all([listing(workflowId), stage.run('list', '--json')]);
      expect(text).toMatch(/RUNNING/);
      expect((await stage.run('list')).stdout).toMatch(/^STARTED +OUTCOME +EXPORT +JOB\n/);
      const reports = JSON.parse(json.stdout) as Array<{ workflowId: string }>;
      expect(reports.find((report) => report.workflowId === workflowId)).toMatchObject({ workflowStatus: 'RUNNING' });
    });

    it('start with the same image and format joins it', async () => {
      const { exitCode, stdout } = await stage.run(...start('linux', to, '--format', 'qcow2', '--json'));
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toEqual({ workflowId, jobId: (await jobTo(to)).jobId, how: 'joined', notes: [] });
    });

    it('start with another image is refused as DestinationBusy, with 1', async () => {
      const { stderr } = await refused(1, 'DestinationBusy', start('large', to, '--quick'));
      expect(stderr).toContain(stage.image('linux'));
    });

    itInLongForm('start with another format is refused as DestinationBusy, with 1', async () => {
      await refused(1, 'DestinationBusy', start('linux', to, '--format', 'vhd'));
    });

    it('a start of the same image elsewhere says what it waits for, and ends with 4 when it is canceled', async () => {
      const waiting = stage.launch(...start('linux', destination('waiting.qcow2'), '--format', 'qcow2'));
      await waiting.says(/^waiting: Waiting to submit\. No job was begun yet; .* Last error: IMG\.0148: /m, SOON_MS);
      const cancel = await stage.run('cancel', exportWorkflowId(destination('waiting.qcow2')));
      expect(cancel.exitCode).toBe(0);
      const { exitCode, stderr } = await waiting.endsWithin(SOON_MS);
      expect(exitCode).toBe(4);
      expect(stderr).toContain('Canceled');
    });
  });

  describe.sequential('steers an export that runs:', () => {
    let to: string;
    let workflowId: string;
    let jobId: string;

    beforeAll(async () => {
      to = destination('steered.vhd');
      workflowId = exportWorkflowId(to);
      const slow = ['--option', 'minInterval=10m', '--option', 'maxInterval=20m', '--format', 'vhd'];
      const started = await stage.run('start', '--image', stage.image('dataDisk'), '--to', to, ...slow);
      expect(started.exitCode, started.stderr).toBe(0);
      expect(started.stdout).toMatch(/deadline .*Z \(deadline 24h after the start\)/);
      expect(started.stdout).toContain('pollErrorBudget 2h');
      jobId = (await jobTo(to)).jobId;
      await untilPolled(jobId, 1);
    });

    it('poll-now looks at the job at once', async () => {
      const { exitCode, stdout } = await stage.run('poll-now', workflowId);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('Asked');
      await untilPolled(jobId, 2);
    });

    it('pause-polling is seen in the status, which says how to go on', async () => {
      expect((await stage.run('pause-polling', workflowId)).exitCode).toBe(0);
      await statusSays(workflowId, 'phase    paused', `ims-export resume-polling ${workflowId}`);
    });

    itInLongForm('resume-polling polls at once', async () => {
      expect((await stage.run('resume-polling', workflowId)).exitCode).toBe(0);
      await untilPolled(jobId, 3);
    });

    it('retune prints what is in force', async () => {
      const { exitCode, stdout } = await stage.run('retune', workflowId, '--deadline', '+6h', '--max-interval', '15m');
      expect(exitCode).toBe(0);
      expect(stdout).toContain('every 10m to 15m');
      await statusSays(workflowId, stdout.match(/deadline (.*)/)?.[1] ?? 'a deadline');
    });

    itInLongForm('retune refuses what cannot be, with 2', async () => {
      const { stderr } = await refused(2, 'InvalidExportRequest', ['retune', workflowId, '--max-interval', '1s']);
      expect(stderr).toContain('maxInterval is "1s"; expected at least minInterval, which is 10m');
      await refused(2, 'InvalidExportRequest', ['retune', workflowId]);
    });

    itInLongForm('attach goes on with the job after a cancel, and refuses it for another image with 2', async () => {
      expect((await stage.run('cancel', workflowId)).exitCode).toBe(0);
      await refused(4, 'Canceled', ['watch', workflowId]);
      const job = ['attach', '--job', jobId, '--to', to];
      await refused(2, 'InvalidExportRequest', [...job, '--image', stage.image('large')]);
      const attaching = stage.launch(...job, '--image', stage.image('dataDisk'), ...FAST_POLLS, '--wait', '--json');
      await untilPolled(jobId, 5);
      await stage.changeJob(jobId, { status: 'SUCCESS' });
      const { exitCode, stdout } = await attaching.endsWithin(SOON_MS);
      expect(exitCode, attaching.said()).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ jobId, submissions: 0, verification: { state: 'verified' } });
    });
  });

  itInLongForm('search-attributes registers what the namespace lacks, and then exports may use them', async () => {
    expect((await stage.run('search-attributes')).stdout).toContain('--register');
    expect((await stage.run('search-attributes', '--register')).stdout).toContain('has them all');
    const { stdout } = await stage.run('search-attributes', '--json');
    expect(JSON.parse(stdout)).toContainEqual({
      name: 'ImsExportPercent',
      type: 'INT',
      registered: true,
      registeredAs: 'INT',
    });
  });

  describe('on an ended export', () => {
    let to: string;
    let workflowId: string;
    let watched: Ended;

    beforeAll(async () => {
      to = destination('ended.vmdk');
      workflowId = exportWorkflowId(to);
      await stage.run(...start('exactly128GiB', to, '--format', 'vmdk'));
      const watching = stage.launch('watch', workflowId);
      await watching.says(/job RUNNING/, SOON_MS);
      await stage.changeJob((await jobTo(to)).jobId, { status: 'SUCCESS' });
      watched = await watching.endsWithin(SOON_MS);
    });

    it('watch had attached while it ran, and ended with 0 and the result', async () => {
      expect(watched.exitCode).toBe(0);
      expect(watched.stdout).toMatch(/100 % succeeded\nSucceeded {2}image /);
      expect(watched.stdout).toContain('verified yes');
    });

    itInLongForm('watch prints the result again', async () => {
      const { exitCode, stdout } = await stage.run('watch', workflowId);
      expect(exitCode).toBe(0);
      expect(stdout).toContain(`object   ${to}`);
    });

    itInLongForm('watch --json prints the result and nothing else on stdout', async () => {
      const { exitCode, stdout } = await stage.run('watch', workflowId, '--json');
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ verdict: 'succeeded', bucketUrl: to, submissions: 1 });
    });

    it('status and list tell the outcome', async () => {
      const [report] = await Promise.all([
        reportOf(workflowId),
        statusSays(workflowId, 'outcome  succeeded'),
        until(
          `the list says that ${workflowId} has succeeded`,
          async () => ((await listing(workflowId))?.includes('succeeded') ? true : undefined),
          SOON_MS,
          () => stage.said(),
        ),
      ]);
      expect(report).toMatchObject({
        workflowStatus: 'COMPLETED',
        memo: { outcome: 'succeeded', remoteJob: 'ended' },
        status: { phase: 'ended', outcome: 'succeeded' },
      });
    });

    it('start with the same image and format gives the earlier result, with 0', async () => {
      const again = await stage.run(...start('exactly128GiB', to, '--format', 'vmdk', '--wait', '--json'));
      expect(again.exitCode).toBe(0);
      expect(JSON.parse(again.stdout)).toMatchObject({ verdict: 'succeeded', jobId: (await jobTo(to)).jobId });
      const short = await stage.run(...start('exactly128GiB', to, '--format', 'vmdk', '--json'));
      expect(JSON.parse(short.stdout)).toMatchObject({ how: 'alreadySucceeded' });
    });

    itInLongForm('start with another format is refused as DestinationExists, with 1', async () => {
      await refused(1, 'DestinationExists', start('exactly128GiB', to, '--format', 'vhd'));
    });

    itInLongForm('poll-now and cancel say that it has ended', async () => {
      await refused(1, 'ExportEnded', ['poll-now', workflowId]);
      await refused(1, 'ExportEnded', ['cancel', workflowId]);
    });
  });

  describe('start --wait', () => {
    it('ends with 1 and the reason of the cloud when the job fails', async () => {
      const to = destination('failed.zvhd2');
      const client = stage.launch(...start('large', to, '--quick', '--wait', '--json'));
      await stage.changeJob((await jobTo(to)).jobId, { status: 'FAIL', error_code: 'IMG.0061' });
      const { exitCode, stdout, stderr } = await client.endsWithin(SOON_MS);
      expect(exitCode, client.said()).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'ExportFailed', details: { code: 'IMG.0061' } } });
      expect(stderr).toContain('IMG.0061');
    });

    it('ends with 3 when the answer to the submit is lost', async () => {
      const path = `/v1/cloudimages/${stage.image('windowsFromFile')}/file`;
      await stage.addFault({ service: 'ims', method: 'POST', path, action: { dropAfter: true } });
      const lost = start('windowsFromFile', destination('lost.vhd'), '--format', 'vhd', '--option', 'maxProbes=0');
      const { stderr } = await refused(3, 'ExportOutcomeUnknown', [...lost, '--wait']);
      expect(stderr).toContain('look for the object before you export again');
    });

    it('goes on with the job that `resolve` names, when the answer to the submit is lost', async () => {
      const path = `/v1/cloudimages/${stage.image('encrypted')}/file`;
      await stage.addFault({ service: 'ims', method: 'POST', path, action: { dropAfter: true } });
      const to = destination('resolved.vhd');
      const workflowId = exportWorkflowId(to);
      const ask = ['--option', 'onAmbiguousSubmit=ask'];
      const waiting = stage.launch(...start('encrypted', to, '--format', 'vhd', ...ask, '--wait', '--json'));
      const { jobId } = await jobTo(to);
      await waiting.says(/answer to the submit was lost/, SOON_MS);
      await refused(2, 'InvalidExportRequest', ['resolve', workflowId]);
      expect((await stage.run('resolve', workflowId, '--job', jobId)).exitCode).toBe(0);
      await stage.changeJob(jobId, { status: 'SUCCESS' });
      const { exitCode, stdout } = await waiting.endsWithin(SOON_MS);
      expect(exitCode, waiting.said()).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ jobId, confirmed: true, submissions: 1 });
      await refused(1, 'ExportEnded', ['resolve', workflowId, '--not-submitted']);
    });

    it('ends with 4, like watch, when another process cancels', async () => {
      const to = destination('canceled.zvhd2');
      const workflowId = exportWorkflowId(to);
      const waiting = stage.launch(...start('huge', to, '--quick', '--wait'));
      const { jobId } = await jobTo(to);
      await untilPolled(jobId, 1);
      const watching = stage.launch('watch', workflowId, '--json');
      await watching.says(/job RUNNING/, SOON_MS);
      expect((await stage.run('cancel', workflowId)).exitCode).toBe(0);
      expect((await waiting.endsWithin(SOON_MS)).exitCode, waiting.said()).toBe(4);
      const { exitCode, stdout } = await watching.endsWithin(SOON_MS);
      expect(exitCode).toBe(4);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'Canceled' } });
      await statusSays(workflowId, `The job \`${jobId}\` goes on in the cloud`);
    });
  });

  describe('batch', () => {
    const fileOf = async (content: unknown) => {
      const path = join(stage.directory, `${Math.random().toString(36).slice(2)}.json`);
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
      return path;
    };
    /** Refused ones only, so that no job is waited for. */
    const refused = () => [{ imageId: stage.image('iso') }, { imageId: stage.image('fullEcs') }];

    it('--wait tells a verdict on each image, and returns 1 when one is refused', async () => {
      const file = await fileOf({ images: refused(), to: destination('{imageId}') });
      const { exitCode, stdout } = await stage.run('batch', file, '--wait');
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(/^VERDICT +IMAGE +OBJECT/m);
      expect(stdout).toMatch(new RegExp(`^refused +${stage.image('iso')} .* ExportNotAllowed: `, 'm'));
      expect(stdout).toContain('2 images: 2 refused');
    });

    it('whose query matches no image returns 1, with and without --wait and in a dry run, and is shown as such', async () => {
      const input = { query: { tag: 'nobody-has-it' }, to: destination('{imageId}') };
      const file = await fileOf(input);
      const name = 'nothing-to-export';
      const runs: string[][] = [['--name', name], ['--wait', '--json'], ['--dry-run'], ['--dry-run', '--wait']];
      const [started, waited, ...dry] = await Promise.all(runs.map((flags) => stage.run('batch', file, ...flags)));
      for (const { exitCode, stderr } of [started, waited, ...dry] as Ended[]) {
        expect(exitCode).toBe(1);
        expect(stderr).toMatch(/^ims-export: NothingToExport: .* matches the query {"tag":"nobody-has-it"}/m);
      }
      expect(JSON.parse(waited?.stdout ?? '')).toMatchObject({
        error: { code: 'NothingToExport', details: { query: input.query, problems: [] } },
      });
      const id = `ims-export-batch:${name}`;
      const watched = await stage.run('watch', id);
      expect([watched.exitCode, watched.stdout]).toEqual([1, 'failed (NothingToExport)\n']);
      expect(watched.stderr).toContain('ims-export: NothingToExport: ');
      const parts = ['workflow FAILED', 'images   not planned', 'failure  NothingToExport: ', 'outcome  failed'];
      await statusSays(id, ...parts);
      const allowed = await stage.run('batch', await fileOf({ ...input, allowEmpty: true }), '--wait');
      expect([allowed.exitCode, allowed.stdout]).toEqual([
        0,
        expect.stringMatching(/^0 images: none\nwarning: The query matches no private image\.$/m),
      ]);
      expect(allowed.stdout).not.toContain('VERDICT');
    });

    itInLongForm('--dry-run submits nothing, and returns 0 when nothing is against it', async () => {
      const to = destination('dry');
      const file = await fileOf({ images: [{ imageId: stage.image('dataDisk'), bucketUrl: to }] });
      const { exitCode, stdout } = await stage.run('batch', file, '--dry-run', '--wait', '--json');
      expect([exitCode, JSON.parse(stdout).counts.valid]).toEqual([0, 1]);
      expect((await stage.jobs()).filter(({ bucketUrl }) => bucketUrl === to)).toEqual([]);
    });

    itInLongForm('is seen by status, and canceled by cancel', async () => {
      const images = [{ imageId: stage.image('suseFromPublic') }, { imageId: stage.image('exactly128GiB') }];
      const file = await fileOf({ images, to: destination('{imageId}') });
      const started = await stage.run('batch', file, '--name', 'to-be-canceled');
      expect([started.exitCode, started.stdout]).toEqual([0, expect.stringContaining('Started batch')]);
      const id = 'ims-export-batch:to-be-canceled';
      await statusSays(id, 'images   2');
      const watching = stage.launch('watch', id);
      await watching.says(/ [12] run$/m, SOON_MS);
      watching.signal('SIGINT');
      const left = await watching.endsWithin(SOON_MS);
      expect([left.exitCode, left.stderr]).toEqual([
        130,
        `The batch goes on; \`ims-export watch ${id}\` shows it again.\n`,
      ]);
      expect((await stage.run('cancel', id)).exitCode).toBe(0);
      const watched = await stage.run('watch', id);
      expect([watched.exitCode, watched.stderr]).toEqual([4, expect.stringContaining('The batch was canceled: ')]);
    });

    itInLongForm('returns 2 for a file that is none, telling the line or the field', async () => {
      const broken = await stage.run('batch', await fileOf('{\n  "images": [\n    nothing\n'));
      expect([broken.exitCode, broken.stderr]).toEqual([2, expect.stringContaining('is not JSON, line 3')]);
      const wrong = await stage.run('batch', await fileOf({ query: {}, to: 'bucket:{nmae}' }));
      expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('to is "bucket:{nmae}"')]);
      const missing = await stage.run('batch', join(stage.directory, 'nonesuch.json'));
      expect([missing.exitCode, missing.stderr]).toEqual([2, expect.stringContaining('cannot be read')]);
    });
  });

  describe('refuses with 2, and says what is right,', () => {
    const cases: Array<[what: string, code: string, says: RegExp, args: () => string[]]> = [
      [
        'a port that is taken',
        '',
        /Port \d+ is taken.* Choose another --port/,
        () => ['simulator', '--port', takenPort()],
      ],
      [
        'an image id that is none',
        'InvalidExportRequest',
        /imageId is "centos"; expected the ID of a private image, a UUID/,
        () => ['start', '--image', 'centos', '--to', destination('bad'), '--quick'],
      ],
      ['an unknown command', '', /unknown command 'frobnicate'/, () => ['frobnicate']],
      ['an unknown option', '', /unknown option '--nonsense'/, () => ['list', '--nonsense']],
      ['a missing option', '', /required option '--image <id>'/, () => ['start', '--to', 'bucket:key']],
      ['a port that is no number', '', /a whole number from 0 to 65532/, () => ['simulator', '--port', 'http']],
      [
        'neither format nor --quick',
        'InvalidExportRequest',
        /fileFormat is nothing; expected one of qcow2, vhd, zvhd, vmdk, or isQuickExport/,
        () => ['start', '--image', stage.image('linux'), '--to', destination('bad')],
      ],
      [
        'an account that only the worker knows not to have',
        'InvalidExportRequest',
        /account is "other"; expected one of the worker's accounts: default/,
        () => start('linux', destination('bad-account'), '--format', 'vhd', '--account', 'other'),
      ],
      [
        'an --option that sets nothing',
        'InvalidExportRequest',
        /--option is 'deadline'; expected path=value, such as deadline=12h/,
        () => start('linux', destination('bad'), '--quick', '--option', 'deadline'),
      ],
      [
        'an --option of a wrong value',
        'InvalidExportRequest',
        /options\.deadline is "soon"; expected milliseconds, or a number with a unit/,
        () => start('linux', destination('bad'), '--quick', '--option', 'deadline=soon'),
      ],
      [
        'an --option of an unknown path',
        'InvalidExportRequest',
        /options\.rules\.noSuchRule|noSuchRule/,
        () => start('linux', destination('bad'), '--quick', '--option', 'rules.noSuchRule=off'),
      ],
      [
        'a port for the metrics that is taken',
        '',
        /Metrics cannot be shown on 127\.0\.0\.1:\d+: .* choose another with --metrics-port/,
        () => ['worker', '--metrics-port', takenPort(), '--metrics-host', '127.0.0.1'],
      ],
      ['an export that is not there', 'NoSuchExport', /ims-export list/, () => ['status', 'ims-export:nowhere:a']],
    ];

    it.each(casesOf(cases, 4))('%s', async (_what, code, says, args) => {
      const { stderr } = await refused(2, code, args());
      expect(stderr).toMatch(says);
    });
  });

  itInLongForm('takes an --option by its path, as JSON or as text', async () => {
    const setting = ['--option', 'rules.notIso=warn', '--option', 'minInterval=1000', '--option', 'onCancel="detach"'];
    // The rule only warns now, and the cloud itself refuses.
    const { stderr } = await refused(1, 'SubmitRejected', [...start('iso', destination('iso'), '--quick'), ...setting]);
    expect(stderr).not.toContain('notIso');
  });

  it('refuses by a rule with 1', async () => {
    const { stderr } = await refused(1, 'ExportNotAllowed', start('fullEcs', destination('full'), '--format', 'vhd'));
    expect(stderr).toContain(stage.image('fullEcs'));
    expect(stderr).toContain('--option rules.notWholeEcs=warn');
  });

  itInLongForm('with --json prints one document on stdout for a usage error too', async () => {
    const { exitCode, stdout } = await stage.run('start', '--json');
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'InvalidArguments', message: expect.stringContaining('--image') },
    });
  });

  itInLongForm('shows a stack only with --verbose', async () => {
    const { stderr } = await stage.run('status', 'ims-export:nowhere:a', '--verbose');
    expect(stderr).toMatch(/\n {4}at /);
  });

  describe('gives up within seconds', () => {
    it('with 5 where no Temporal server answers', async () => {
      const nowhere = { TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` };
      const commands = [['list'], ['worker'], [...start('linux', destination('a'), '--quick'), '--wait']];
      const refusals = commands.map((args) => refused(5, 'TemporalUnreachable', args, nowhere));
      for (const { stderr, tookMs } of await Promise.all(refusals)) {
        expect(stderr).toContain(nowhere.TEMPORAL_ADDRESS);
        expect(tookMs).toBeLessThan(SECONDS_MS);
      }
    });

    itInLongForm('with 5 where Temporal does not have the namespace', async () => {
      for (const args of [['list'], ['worker']]) {
        const { stderr } = await refused(5, 'TemporalUnreachable', args, { TEMPORAL_NAMESPACE: 'nowhere' });
        expect(stderr).toContain('namespace nowhere');
      }
    });

    it('with 5 where no worker polls the task queue', async () => {
      const args = start('linux', destination('nobody.qcow2'), '--format', 'qcow2', '--task-queue', 'nobody');
      const { stderr, tookMs } = await refused(5, 'NoWorker', args);
      expect(stderr).toContain('ims-export worker');
      expect(tookMs).toBeLessThan(SECONDS_MS);
    });

    itInLongForm('with 1 where the secret key of the worker is wrong', async () => {
      const queue = ['--task-queue', 'wrong-key'];
      await stage.startWorkerWith({ HUAWEICLOUD_SDK_SK: WRONG_SECRET }, ...queue);
      const args = start('linux', destination('denied.qcow2'), '--format', 'qcow2', ...queue);
      const { stderr, tookMs } = await refused(1, 'AccessDenied', args);
      expect(stderr).toContain('Check its access key');
      expect(tookMs).toBeLessThan(SECONDS_MS);
    });
  });

  it('worker names every variable that is missing, with 2', async () => {
    const missing = { HUAWEICLOUD_SDK_AK: '', HUAWEICLOUD_SDK_SK: '', IMS_EXPORT_REGION: '' };
    const { stderr } = await refused(2, '', ['worker'], missing);
    for (const variable of Object.keys(missing)) expect(stderr).toContain(`${variable} is not set`);
  });

  itInLongForm('worker names the variable whose value is wrong, with 2', async () => {
    const { stderr } = await refused(2, '', ['worker'], { IMS_EXPORT_OBS_ENDPOINT: 'obs' });
    expect(stderr).toContain("IMS_EXPORT_OBS_ENDPOINT is 'obs'");
  });

  it('simulator begins with one line of JSON, writes the env file, and ends with 0 on SIGTERM', async () => {
    const envFile = join(stage.directory, 'simulator.env');
    const simulator = stage.launch('simulator', '--write-env', envFile);
    const line = await until(
      'the simulator says where it is',
      () => simulator.firstLine(),
      SOON_MS,
      () => simulator.said(),
    );
    const info = JSON.parse(line) as SimulatorInfo;
    expect(Object.keys(info.images)).toEqual(expect.arrayContaining(['linux', 'huge', 'tooLarge', 'iso', 'queued']));
    const text = await readFile(envFile, 'utf8');
    for (const assignment of [
      `HUAWEICLOUD_SDK_AK=${info.accessKey}`,
      `HUAWEICLOUD_SDK_SK=${info.secretKey}`,
      `HUAWEICLOUD_SDK_PROJECT_ID=${info.projectId}`,
      `HUAWEICLOUD_SDK_IAM_ENDPOINT=${info.iamEndpoint}`,
      `IMS_EXPORT_REGION=${info.region}`,
      `IMS_EXPORT_IMS_ENDPOINT=${info.imsEndpoint}`,
      `IMS_EXPORT_OBS_ENDPOINT=${info.obsEndpoint}`,
      'IMS_EXPORT_OBS_PATH_STYLE=true',
      `IMS_EXPORT_BUCKET=${info.bucket}`,
    ]) {
      expect(text).toContain(`export ${assignment}\n`);
    }
    expect((await stat(envFile)).mode & 0o077).toBe(0);
    simulator.signal('SIGTERM');
    expect((await simulator.endsWithin(SOON_MS)).exitCode).toBe(0);
  });
});

describe('in the end', () => {
  it('the worker still runs and ends with 0 on SIGTERM', async () => {
    worker.signal('SIGTERM');
    expect((await worker.endsWithin(SOON_MS)).exitCode).toBe(0);
  });

  it('no process but the simulator has printed a secret', () => {
    const { secretKey, iamPassword } = stage.info;
    const outputs = stage.outputs().filter(({ name }) => name !== 'ims-export simulator');
    expect(outputs.length).toBeGreaterThan(30);
    for (const { name, text } of outputs) {
      for (const secret of [secretKey, iamPassword, WRONG_SECRET]) expect(text.includes(secret), name).toBe(false);
    }
  });
});

function destination(key: string): string {
  return `${stage.info.bucket}:cli/${key}`;
}

/** The port of the simulator's IMS. */
function takenPort(): string {
  return new URL(stage.info.imsEndpoint).port;
}

/** The arguments of a start with polls that a test can wait for. */
function start(image: string, to: string, ...flags: string[]): string[] {
  return ['start', '--image', stage.image(image), '--to', to, ...FAST_POLLS, ...flags];
}

/** Runs a command that ends with this code, and with one block on stderr that begins with the code of the error. */
async function refused(exitCode: number, code: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const command = stage.launchWith(env, ...args);
  const ended = await command.endsWithin(SOON_MS);
  expect(ended.exitCode, command.said()).toBe(exitCode);
  const block = ended.stderr.replace(/^(waiting|-|\d+ %).*\n/gm, '');
  expect(block.startsWith(code === '' ? 'ims-export: ' : `ims-export: ${code}: `), command.said()).toBe(true);
  expect(block.match(/^ims-export: /gm)).toHaveLength(1);
  expect(block).not.toMatch(/^ {4}at /m);
  return ended;
}

async function listing(workflowId: string): Promise<string | undefined> {
  const { stdout } = await stage.run('list');
  return stdout.split('\n').find((line) => line.includes(`${workflowId} `));
}

/** A worker on a busy machine may not have taken a message in, or not answer a query in time. */
async function statusSays(workflowId: string, ...parts: string[]): Promise<void> {
  await until(
    `the status of ${workflowId} says ${parts.join(' and ')}`,
    async () => {
      const { exitCode, stdout } = await stage.run('status', workflowId);
      expect(exitCode).toBe(0);
      return parts.every((part) => stdout.includes(part)) ? true : undefined;
    },
    SOON_MS,
    () => stage.said(),
  );
}

/** What `status --json` reports once a worker has answered the query. */
function reportOf(workflowId: string): Promise<{ status: object }> {
  return until(
    `a worker answers for the status of ${workflowId}`,
    async () => {
      const { exitCode, stdout } = await stage.run('status', workflowId, '--json');
      expect(exitCode).toBe(0);
      const report = JSON.parse(stdout);
      return report.status === null ? undefined : report;
    },
    SOON_MS,
    () => stage.said(),
  );
}

function jobTo(to: string) {
  return until(
    `there is a job to ${to}`,
    async () => (await stage.jobs()).find(({ bucketUrl }) => bucketUrl === to),
    SOON_MS,
    () => stage.said(),
  );
}

async function untilPolled(jobId: string, times: number): Promise<void> {
  await until(
    `job ${jobId} was polled ${times} time(s)`,
    async () => {
      const polls = (await stage.journal()).filter(({ path, status }) => path.endsWith(jobId) && status === 200);
      return polls.length >= times ? true : undefined;
    },
    SOON_MS,
    () => stage.said(),
  );
}
