import { beforeAll, describe, expect, it } from 'vitest';
import { exportWorkflowId } from '../../src/contract';
import { itInLongForm } from '../rigs/long-form';
import type { Ended } from '../rigs/processes';
import { commandsOfThisFile, SOON_MS } from '../rigs/run-command';

const commands = commandsOfThisFile();

describe.concurrent('an export that runs', () => {
  let to: string;
  let workflowId: string;
  beforeAll(async () => {
    to = commands.destination('running.qcow2');
    workflowId = exportWorkflowId(to);
    await commands.run(...commands.start('linux', to, '--format', 'qcow2'));
  });

  itInLongForm('status shows phase, image and job', async () => {
    const { jobId } = await commands.jobTo(to);
    await commands.statusSays(
      workflowId,
      'workflow running since',
      'exporting',
      commands.image('linux'),
      `${to} (qcow2)`,
      jobId,
    );
  });

  it('status --json prints the report', async () => {
    expect(await commands.reportOf(workflowId)).toMatchObject({
      workflowId,
      workflowStatus: 'RUNNING',
      memo: { jobId: (await commands.jobTo(to)).jobId },
      status: { phase: 'exporting', outcome: null, remoteJob: 'running', submissions: 1 },
    });
  });

  itInLongForm('list shows the export, also as JSON', async () => {
    const [text, json] = await Promise.all([commands.listing(workflowId), commands.run('list', '--json')]);
    expect(text).toMatch(/^exporting /);
    expect((await commands.run('list')).stdout).toMatch(
      /^STATUS +DONE +ETA +STARTED \(UTC\) +EXPORT OR BATCH +IMAGE +WHY\n/,
    );
    const reports = JSON.parse(json.stdout) as Array<{ workflowId: string }>;
    expect(reports.find((report) => report.workflowId === workflowId)).toMatchObject({
      ...{ kind: 'export', workflowStatus: 'RUNNING', phase: 'exporting', outcome: null, answered: true },
      imageId: commands.image('linux'),
    });
  });
});

describe.concurrent('an export that has ended', () => {
  let to: string;
  let workflowId: string;
  let watched: Ended;
  beforeAll(async () => {
    to = commands.destination('ended.vmdk');
    workflowId = exportWorkflowId(to);
    await commands.run(...commands.start('exactly128GiB', to, '--format', 'vmdk'));
    const watching = commands.launch('watch', workflowId);
    await watching.says(/job RUNNING/, SOON_MS);
    commands.rig.simulator.changeJob((await commands.jobTo(to)).jobId, { status: 'SUCCESS' });
    watched = await watching.endsWithin(SOON_MS);
  });

  it('watch, attached while it ran, ends with 0 and the result', async () => {
    expect(watched.exitCode).toBe(0);
    expect(watched.stdout).toMatch(/100 % succeeded\nSucceeded {2}image /);
    expect(watched.stdout).toContain('verified yes');
  });

  itInLongForm('watch prints the result again', async () => {
    const { exitCode, stdout } = await commands.run('watch', workflowId);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`object   ${to}`);
  });

  itInLongForm('watch --json prints a document on each line, and last the result', async () => {
    const { exitCode, stdout } = await commands.run('watch', workflowId, '--json');
    expect(exitCode).toBe(0);
    const documents = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(documents.at(-1)).toMatchObject({
      type: 'result',
      result: { verdict: 'succeeded', bucketUrl: to, submissions: 1 },
    });
    expect(documents.map(({ type }) => type)).toEqual(['progress', 'result']);
  });

  it('status and list show the outcome', async () => {
    const [report] = await Promise.all([
      commands.reportOf(workflowId),
      commands.statusSays(workflowId, 'outcome  succeeded', 'object   ', ' bytes), ETag '),
      commands.until(`the list says that ${workflowId} has succeeded`, async () =>
        (await commands.listing(workflowId))?.includes('succeeded') ? true : undefined,
      ),
    ]);
    expect(report).toMatchObject({
      workflowStatus: 'COMPLETED',
      memo: { outcome: 'succeeded', remoteJob: 'ended' },
      object: { size: expect.any(Number), etag: expect.any(String) },
      status: { phase: 'ended', outcome: 'succeeded' },
    });
  });
});

describe.concurrent('an unknown export', () => {
  it('is refused with 2, and the list is named', async () => {
    const { stderr } = await commands.refused(2, 'NoSuchExport', ['status', 'ims-export:nowhere:a']);
    expect(stderr).toContain('ims-export list');
  });
});

it('no command has printed a secret', () => {
  expect(commands.secretsPrinted()).toEqual([]);
});
