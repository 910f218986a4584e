import { beforeAll, describe, expect, it } from 'vitest';
import { exportWorkflowId } from '../../src/contract';
import { casesOf, itInLongForm } from '../rigs/long-form';
import type { Ended } from '../rigs/processes';
import { commandsOfThisFile, FAST_POLLS, SOON_MS } from '../rigs/run-command';

/** What *within seconds* means: a worker is waited for for 3 s, a machine may be busy. */
const SECONDS_MS = 25_000;

const commands = commandsOfThisFile();

describe.concurrent('an export that runs', () => {
  let to: string;
  let workflowId: string;
  let started: Ended;
  beforeAll(async () => {
    to = commands.destination('running.qcow2');
    workflowId = exportWorkflowId(to);
    started = await commands.run(...commands.start('linux', to, '--format', 'qcow2'));
  });

  it('start returns 0 once the cloud has accepted the job', async () => {
    expect(started.exitCode).toBe(0);
    // On a busy machine a start tells what it waits for.
    expect(started.stderr.replace(/^waiting: .*\n/gm, '')).toBe('');
    expect(started.stdout).toContain(`Started export ${workflowId}`);
    expect(started.stdout).toContain((await commands.jobTo(to)).jobId);
  });

  it('start with the same image and format joins the export', async () => {
    const { exitCode, stdout } = await commands.run(...commands.start('linux', to, '--format', 'qcow2', '--json'));
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      workflowId,
      jobId: (await commands.jobTo(to)).jobId,
      how: 'joined',
      notes: [],
      warnings: [],
    });
  });

  it('start with another image ends with 1 as DestinationBusy', async () => {
    const { stderr } = await commands.refused(1, 'DestinationBusy', commands.start('large', to, '--quick'));
    expect(stderr).toContain(commands.image('linux'));
  });

  itInLongForm('start with another format ends with 1 as DestinationBusy', async () => {
    await commands.refused(1, 'DestinationBusy', commands.start('linux', to, '--format', 'vhd'));
  });

  it('start of the same image elsewhere says what it waits for, and ends with 4 when it is canceled', async () => {
    const waiting = commands.launch(
      ...commands.start('linux', commands.destination('waiting.qcow2'), '--format', 'qcow2'),
    );
    await waiting.says(/^waiting: Waiting to submit\. No job is started yet\. .* Last error: IMG\.0148: /m, SOON_MS);
    const other = commands.launch(
      ...commands.start('linux', commands.destination('waiting.qcow2'), '--format', 'qcow2'),
    );
    await other.says(/^waiting: /m, SOON_MS);
    other.signal('SIGINT');
    const left = await other.endsWithin(SOON_MS);
    const id = exportWorkflowId(commands.destination('waiting.qcow2'));
    expect([left.exitCode, left.stderr.split('\n').at(-2)]).toEqual([
      130,
      `Interrupted. If the export was started, it continues: \`ims-export watch ${id}\` follows it, \`ims-export cancel ${id}\` cancels it.`,
    ]);
    const cancel = await commands.run('cancel', exportWorkflowId(commands.destination('waiting.qcow2')));
    expect(cancel.exitCode).toBe(0);
    const { exitCode, stderr } = await waiting.endsWithin(SOON_MS);
    expect(exitCode).toBe(4);
    expect(stderr).toContain('Canceled');
  });
});

describe.concurrent('an export that has ended', () => {
  let to: string;
  beforeAll(async () => {
    to = commands.destination('ended.vmdk');
    await commands.run(...commands.start('exactly128GiB', to, '--format', 'vmdk'));
    commands.rig.simulator.changeJob((await commands.jobTo(to)).jobId, { status: 'SUCCESS' });
    await commands.run('watch', exportWorkflowId(to));
  });

  it('start with the same image and format returns the earlier result with 0', async () => {
    const again = await commands.run(...commands.start('exactly128GiB', to, '--format', 'vmdk', '--wait', '--json'));
    expect(again.exitCode).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ verdict: 'succeeded', jobId: (await commands.jobTo(to)).jobId });
    const short = await commands.run(...commands.start('exactly128GiB', to, '--format', 'vmdk', '--json'));
    expect(JSON.parse(short.stdout)).toMatchObject({ how: 'alreadySucceeded' });
  });

  it('F51 start says as of when it had succeeded, and whether its object is there', async () => {
    const start = () => commands.run(...commands.start('exactly128GiB', to, '--format', 'vmdk'));
    const { stdout } = await start();
    expect(stdout).toMatch(
      /^Found the finished export .*\n {2}job {6}\w{32}\n {2}note {5}it succeeded before, as of 20/,
    );
    expect(stdout).toContain('Its object is there, unchanged.');
    const path = `*/${to.slice(to.indexOf(':') + 1)}`;
    commands.rig.simulator.faults.add({ service: 'obs', method: 'HEAD', path, times: 100, action: { status: 403 } });
    const unread = await start();
    expect([unread.exitCode, unread.stdout]).toEqual([
      0,
      expect.stringMatching(/object {3}as of 20.* could not be read again/),
    ]);
    const waited = await commands.run(...commands.start('exactly128GiB', to, '--format', 'vmdk', '--wait'));
    expect(waited.stdout).toMatch(/verified no: as of 20/);
  });

  itInLongForm('start with another format ends with 1 as DestinationExists', async () => {
    await commands.refused(1, 'DestinationExists', commands.start('exactly128GiB', to, '--format', 'vhd'));
  });
});

describe.concurrent('start --wait', () => {
  it('ends with 1 and the reason of the cloud when the job fails', async () => {
    const to = commands.destination('failed.zvhd2');
    const client = commands.launch(...commands.start('large', to, '--quick', '--wait', '--json'));
    commands.rig.simulator.changeJob((await commands.jobTo(to)).jobId, { status: 'FAIL', error_code: 'IMG.0061' });
    const { exitCode, stdout, stderr } = await client.endsWithin(SOON_MS);
    expect(exitCode, client.said()).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'ExportFailed', details: { code: 'IMG.0061' } } });
    expect(stderr).toContain('IMG.0061');
  });

  it('ends with 3 when the submit is ambiguous', async () => {
    const path = `/v1/cloudimages/${commands.image('windowsFromFile')}/file`;
    commands.rig.simulator.faults.add({ service: 'ims', method: 'POST', path, action: { dropAfter: true } });
    const lost = commands.start(
      'windowsFromFile',
      commands.destination('lost.vhd'),
      '--format',
      'vhd',
      // A lost submit settles for minutes; the deadline comes first.
      '--option',
      'deadline=15s',
    );
    const { stderr } = await commands.refused(3, 'ExportOutcomeUnknown', [...lost, '--wait']);
    expect(stderr).toContain('Check for the object before you export again');
  });

  it('ends with 4, like watch, when another process cancels', async () => {
    const to = commands.destination('canceled.zvhd2');
    const workflowId = exportWorkflowId(to);
    const waiting = commands.launch(...commands.start('huge', to, '--quick', '--wait'));
    const { jobId } = await commands.jobTo(to);
    await commands.untilPolled(jobId, 1);
    const watching = commands.launch('watch', workflowId, '--json');
    await watching.says(/"phase":"exporting"/, SOON_MS);
    expect((await commands.run('cancel', workflowId)).exitCode).toBe(0);
    expect((await waiting.endsWithin(SOON_MS)).exitCode, waiting.said()).toBe(4);
    const { exitCode, stdout } = await watching.endsWithin(SOON_MS);
    expect(exitCode).toBe(4);
    const [first, last] = [stdout.split('\n').at(0), stdout.trimEnd().split('\n').at(-1)];
    expect(JSON.parse(first ?? '')).toMatchObject({ type: 'progress', workflowId, outcome: null });
    expect(JSON.parse(last ?? '')).toMatchObject({ type: 'error', error: { code: 'Canceled' } });
    await commands.statusSays(workflowId, `The job \`${jobId}\` is still running in the cloud`);
  });
});

describe.concurrent('start --dry-run', () => {
  const jobsTo = (to: string) => commands.rig.simulator.jobs().filter(({ bucketUrl }) => bucketUrl === to);

  it('submits nothing, says what a start would do, and offers it as a command', async () => {
    const to = commands.destination('dry.zvhd2');
    const { exitCode, stdout } = await commands.run(
      ...commands.start('large', to, '--quick', '--dry-run', '--option', 'rules.bucketReadable=warn'),
    );
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Dry run: nothing was submitted\n {2}image {4}[\w-]{36}\n/);
    expect(stdout).toContain('a start submits one job');
    expect(stdout).toMatch(
      /^ {2}next {5}`ims-export start --image \S+ --to \S+ --quick .*--option rules\.bucketReadable=warn`$/m,
    );
    expect(jobsTo(to)).toEqual([]);
  });

  it('ends with 1 and the whole reason, where a start would be refused', async () => {
    const to = commands.destination('dry-full');
    const args = commands.start('fullEcs', to, '--format', 'vhd', '--dry-run', '--json');
    const { exitCode, stdout, stderr } = await commands.run(...args);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'ExportNotAllowed', details: { rule: 'notWholeEcs', bucketUrl: to } },
    });
    expect(stderr).toContain(`image ${commands.image('fullEcs')}`);
    expect(stderr).toContain('On the command line that is --option rules.notWholeEcs=warn.');
  });

  it('shows the warnings of rules that only warn', async () => {
    const to = commands.destination('dry-warned');
    const args = commands.start('fullEcs', to, '--format', 'vhd', '--dry-run', '--option', 'rules.notWholeEcs=warn');
    const { exitCode, stdout } = await commands.run(...args);
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^ {2}warning {2}.*notWholeEcs/m)]);
  });

  it('ends with 2 for a placeholder, which only a batch takes', async () => {
    const args = commands.start('linux', commands.destination('{date}'), '--quick', '--dry-run');
    const { stderr } = await commands.refused(2, 'InvalidExportRequest', args);
    expect(stderr).toContain('only a batch takes placeholders');
  });
});

describe.concurrent('start', () => {
  it('start of an image that a rule rejects ends with 1', async () => {
    const { stderr } = await commands.refused(
      1,
      'ExportNotAllowed',
      commands.start('fullEcs', commands.destination('full'), '--format', 'vhd'),
    );
    expect(stderr).toContain(commands.image('fullEcs'));
    expect(stderr).toContain('--option rules.notWholeEcs=warn');
  });

  itInLongForm('accepts an --option by its path, as JSON or as text', async () => {
    const setting = ['--option', 'rules.notIso=warn', '--option', 'minInterval=1s', '--option', 'onCancel="detach"'];
    // The rule only warns now, and the cloud itself refuses.
    const { stderr } = await commands.refused(1, 'SubmitRejected', [
      ...commands.start('iso', commands.destination('iso'), '--quick'),
      ...setting,
    ]);
    expect(stderr).not.toContain('notIso');
  });

  it('ends with 5 within seconds where no worker polls the task queue', async () => {
    const args = commands.start(
      'linux',
      commands.destination('nobody.qcow2'),
      '--format',
      'qcow2',
      '--task-queue',
      'nobody',
    );
    const { stderr, tookMs } = await commands.refused(5, 'NoWorker', args);
    expect(stderr).toContain('ims-export worker');
    expect(tookMs).toBeLessThan(SECONDS_MS);
  });
});

describe.concurrent('start refuses with 2, and says what is right,', () => {
  const cases: Array<[what: string, says: RegExp, args: () => string[]]> = [
    [
      'an invalid image id',
      /imageId is "centos"; expected the ID of a private image, a UUID/,
      () => ['start', '--image', 'centos', '--to', commands.destination('bad'), '--quick'],
    ],
    [
      'neither format nor --quick',
      /fileFormat is nothing; expected one of qcow2, vhd, zvhd, vmdk, or isQuickExport/,
      () => ['start', '--image', commands.image('linux'), '--to', commands.destination('bad')],
    ],
    [
      'an account that the worker does not have',
      /account is "other"; expected one of the worker's accounts: default/,
      () => commands.start('linux', commands.destination('bad-account'), '--format', 'vhd', '--account', 'other'),
    ],
    [
      'an --option without a value',
      /--option is 'deadline'; expected path=value, such as deadline=12h/,
      () => commands.start('linux', commands.destination('bad'), '--quick', '--option', 'deadline'),
    ],
    [
      'an --option with a wrong value',
      /--option deadline is 'soon'; expected a duration with a unit, such as 90s/,
      () => commands.start('linux', commands.destination('bad'), '--quick', '--option', 'deadline=soon'),
    ],
    [
      'an --option with an unknown path',
      /noSuchRule/,
      () => commands.start('linux', commands.destination('bad'), '--quick', '--option', 'rules.noSuchRule=off'),
    ],
  ];

  it.each(casesOf(cases, 3))('%s', async (_what, says, args) => {
    const { stderr } = await commands.refused(2, 'InvalidExportRequest', args());
    expect(stderr).toMatch(says);
  });
});

describe.concurrent('attach', () => {
  itInLongForm('attach continues with the job after a cancel, and ends with 2 for another image', async () => {
    const to = commands.destination('attached.vhd');
    const workflowId = exportWorkflowId(to);
    await commands.run(...commands.start('dataDisk', to, '--format', 'vhd'));
    const { jobId } = await commands.jobTo(to);
    expect((await commands.run('cancel', workflowId)).exitCode).toBe(0);
    await commands.refused(4, 'Canceled', ['watch', workflowId]);
    const job = ['attach', '--job', jobId, '--to', to];
    await commands.refused(2, 'InvalidExportRequest', [...job, '--image', commands.image('large')]);
    const attaching = commands.launch(...job, '--image', commands.image('dataDisk'), ...FAST_POLLS, '--wait', '--json');
    await attaching.says(/job RUNNING/, SOON_MS);
    const also = await commands.run(...job, '--image', commands.image('dataDisk'));
    expect([also.exitCode, also.stdout]).toEqual([0, expect.stringContaining(`Tracking job ${jobId} as export`)]);
    commands.rig.simulator.changeJob(jobId, { status: 'SUCCESS' });
    const { exitCode, stdout } = await attaching.endsWithin(SOON_MS);
    expect(exitCode, attaching.said()).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ jobId, submissions: 0, verification: { state: 'verified' } });
  });
});

it('no command has printed a secret', () => {
  expect(commands.secretsPrinted()).toEqual([]);
});
