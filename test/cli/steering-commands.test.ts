import { beforeAll, describe, expect, it } from 'vitest';
import { exportWorkflowId } from '../../src/contract';
import { itInLongForm } from '../rigs/long-form';
import { untilStatus } from '../rigs/rig';
import { commandsOfThisFile, SOON_MS } from '../rigs/run-command';

const commands = commandsOfThisFile();

describe('steers a running export', () => {
  let to: string;
  let workflowId: string;
  let jobId: string;

  beforeAll(async () => {
    to = commands.destination('steered.vhd');
    workflowId = exportWorkflowId(to);
    const slow = ['--option', 'minInterval=10m', '--option', 'maxInterval=20m', '--format', 'vhd'];
    const started = await commands.run('start', '--image', commands.image('dataDisk'), '--to', to, ...slow);
    expect(started.exitCode, started.stderr).toBe(0);
    jobId = (await commands.jobTo(to)).jobId;
    expect(started.stdout).toBe(
      `Started export ${workflowId}\n  job      ${jobId}\n  next     \`ims-export watch ${workflowId}\`\n`,
    );
    await commands.untilPolled(jobId, 1);
  });

  it('start --dry-run says that a start would join it', async () => {
    const same = ['--image', commands.image('dataDisk'), '--to', to, '--format', 'vhd', '--dry-run', '--json'];
    const { exitCode, stdout } = await commands.run('start', ...same);
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { dryRun: true, would: 'join', workflowId }]);
  });

  it('retune takes no --max-concurrent for it, which is for a batch', async () => {
    const { stderr } = await commands.refused(2, 'InvalidExportRequest', [
      'retune',
      workflowId,
      '--max-concurrent',
      '5',
    ]);
    expect(stderr).toContain('is one export; --max-concurrent is for a batch');
  });

  it('poll-now polls the job at once', async () => {
    const { exitCode, stdout } = await commands.run('poll-now', workflowId);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Asked');
    await commands.untilPolled(jobId, 2);
  });

  it('pause-polling shows in the status, which says how to resume', async () => {
    expect((await commands.run('pause-polling', workflowId)).exitCode).toBe(0);
    await commands.statusSays(workflowId, 'phase    paused', `ims-export resume-polling ${workflowId}`);
  });

  itInLongForm('resume-polling polls at once', async () => {
    expect((await commands.run('resume-polling', workflowId)).exitCode).toBe(0);
    await commands.untilPolled(jobId, 3);
  });

  it('retune prints the options in force', async () => {
    const { exitCode, stdout } = await commands.run('retune', workflowId, '--deadline', '+6h', '--max-interval', '15m');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('every 10m to 15m');
    await commands.statusSays(workflowId, stdout.match(/deadline (.*)/)?.[1] ?? 'a deadline');
  });

  itInLongForm('retune with invalid changes ends with 2', async () => {
    const { stderr } = await commands.refused(2, 'InvalidExportRequest', [
      'retune',
      workflowId,
      '--max-interval',
      '1s',
    ]);
    expect(stderr).toContain('maxInterval is "1s"; expected at least minInterval, which is 10m');
    await commands.refused(2, 'InvalidExportRequest', ['retune', workflowId]);
  });
});

describe.concurrent('an export that has ended', () => {
  let to: string;
  let workflowId: string;
  beforeAll(async () => {
    to = commands.destination('ended.vmdk');
    workflowId = exportWorkflowId(to);
    await commands.run(...commands.start('exactly128GiB', to, '--format', 'vmdk'));
    commands.rig.simulator.changeJob((await commands.jobTo(to)).jobId, { status: 'SUCCESS' });
    await commands.run('watch', workflowId);
  });

  itInLongForm('poll-now and cancel say that the export has ended', async () => {
    await commands.refused(1, 'ExportEnded', ['poll-now', workflowId]);
    await commands.refused(1, 'ExportEnded', ['cancel', workflowId]);
  });
});

describe.concurrent('resolve', () => {
  it('continues with the job that `resolve` names when the submit is ambiguous', async () => {
    const path = `/v1/cloudimages/${commands.image('encrypted')}/file`;
    commands.rig.simulator.faults.add({ service: 'ims', method: 'POST', path, action: { dropAfter: true } });
    const to = commands.destination('resolved.vhd');
    const workflowId = exportWorkflowId(to);
    const ask = ['--option', 'onAmbiguousSubmit=ask'];
    const waiting = commands.launch(...commands.start('encrypted', to, '--format', 'vhd', ...ask, '--wait', '--json'));
    const { jobId } = await commands.jobTo(to);
    await waiting.says(/answer to the submit was lost/, SOON_MS);
    await commands.refused(2, 'InvalidExportRequest', ['resolve', workflowId]);
    const resolved = await commands.run('resolve', workflowId, '--job', jobId);
    expect(resolved).toMatchObject({ exitCode: 0, stdout: `${workflowId} tracks job ${jobId}\n` });
    // What has arrived needs no answer; another job is refused.
    expect((await commands.run('resolve', workflowId, '--job', jobId)).exitCode).toBe(0);
    await commands.refused(1, 'NothingToResolve', ['resolve', workflowId, '--job', 'f'.repeat(32)]);
    commands.rig.simulator.changeJob(jobId, { status: 'SUCCESS' });
    const { exitCode, stdout } = await waiting.endsWithin(SOON_MS);
    expect(exitCode, waiting.said()).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ jobId, confirmed: true, submissions: 1 });
    await commands.refused(1, 'ExportEnded', ['resolve', workflowId, '--not-submitted']);
  });
});

/** Longer than `resolve` waits for the check of a job. */
const CHECKED_MS = 170_000;

describe.concurrent('resolve names a job that the cloud does not confirm', { timeout: 2 * CHECKED_MS }, () => {
  /** An export whose submit was lost, and that the operator is asked about. */
  async function lost(image: string): Promise<{ workflowId: string; jobId: string }> {
    const path = `/v1/cloudimages/${commands.image(image)}/file`;
    commands.rig.simulator.faults.add({ service: 'ims', method: 'POST', path, action: { dropAfter: true } });
    const to = commands.destination(`${image}-lost.zvhd2`);
    commands.launch(...commands.start(image, to, '--quick', '--option', 'onAmbiguousSubmit=ask', '--wait'));
    const { jobId } = await commands.jobTo(to);
    const workflowId = exportWorkflowId(to);
    await untilStatus(commands.rig.client, workflowId, ({ phase }) => phase === 'reconciling');
    return { workflowId, jobId };
  }

  itInLongForm('and ends with 3 when the cloud does not answer in two minutes: the answer is kept', async () => {
    const { workflowId, jobId } = await lost('large');
    const path = `*/jobs/${jobId}`;
    commands.rig.simulator.faults.add({ service: 'ims', method: 'GET', path, times: 1_000, action: { status: 503 } });
    const { exitCode, stderr } = await commands.launch('resolve', workflowId, '--job', jobId).endsWithin(CHECKED_MS);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 3,
      stderr: expect.stringContaining(
        `The export keeps job ${jobId} and continues to check it (the last check: the cloud answered`,
      ),
    });
    await commands.rig.client.workflow.getHandle(workflowId).cancel();
  });

  itInLongForm('and ends with 2 when the cloud says three times that there is none', async () => {
    const { workflowId } = await lost('huge');
    const job = 'f'.repeat(32);
    const { exitCode, stderr } = await commands.launch('resolve', workflowId, '--job', job).endsWithin(CHECKED_MS);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining('It was refused: the cloud answered'),
    });
    await commands.rig.client.workflow.getHandle(workflowId).cancel();
  });
});

it('no command has printed a secret', () => {
  expect(commands.secretsPrinted()).toEqual([]);
});
