import { beforeAll, describe, expect, it } from 'vitest';
import { exportWorkflowId } from '../../src/contract';
import { casesOf, itInLongForm } from '../rigs/long-form';
import { commandsOfThisFile, SOON_MS } from '../rigs/run-command';
import { OTHER_SECRET, STRICT_CODEC } from '../rigs/strict-codec';

const commands = commandsOfThisFile();
const STRICT = ['--data-converter', STRICT_CODEC];
const QUEUE = ['--task-queue', 'encrypting'];

describe('in a namespace that encrypts, the ready worker and the commands', () => {
  let to: string;
  let workflowId: string;
  let ended: { exitCode: number | null; stdout: string };
  beforeAll(async () => {
    to = commands.destination('encrypted.qcow2');
    workflowId = exportWorkflowId(to);
    const worker = commands.launch('worker', ...QUEUE, ...STRICT);
    await worker.says(/ready: /, SOON_MS);
    const starting = commands.launch(
      ...commands.start('linux', to, '--format', 'qcow2', '--wait', ...QUEUE, ...STRICT),
    );
    await starting.says(/job RUNNING/, SOON_MS);
    commands.rig.simulator.changeJob((await commands.jobTo(to)).jobId, { status: 'SUCCESS' });
    ended = await starting.endsWithin(SOON_MS);
  });

  it('export an image to its verified object', () => {
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('verified yes') });
  });

  itInLongForm('read it by the variable of the environment as well', async () => {
    const variable = { IMS_EXPORT_DATA_CONVERTER: STRICT_CODEC };
    const listed = await commands.launchWith(variable, 'list').endsWithin(SOON_MS);
    const { jobId, imageId } = await commands.jobTo(to);
    expect(listed.stdout.split('\n').find((line) => line.includes(workflowId))).toContain(imageId);
    const status = await commands.launchWith(variable, 'status', workflowId, '--json').endsWithin(SOON_MS);
    expect(JSON.parse(status.stdout)).toMatchObject({ memo: { jobId, outcome: 'succeeded' } });
    expect(JSON.parse(status.stdout)).not.toHaveProperty('unreadable');
  });

  const OTHERS: Array<[how: string, flags: string[]]> = [
    ['without it', []],
    ['with another one', ['--data-converter', OTHER_SECRET]],
  ];
  it.each(casesOf(OTHERS, 1))('say %s what cannot be decoded', async (_how, flags) => {
    // In the strict run the variable names one for every command.
    const run = (...args: string[]) =>
      commands.launchWith({ IMS_EXPORT_DATA_CONVERTER: '' }, ...args, ...flags).endsWithin(SOON_MS);
    const list = await run('list');
    expect(list.exitCode).toBe(0);
    expect(list.stdout.split('\n').find((line) => line.includes(workflowId))).toMatch(/^completed .* unreadable$/);
    const status = await run('status', workflowId);
    expect(status).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('--data-converter MODULE') });
    const watch = await commands.refused(2, 'Unreadable', ['watch', workflowId, ...flags], {
      IMS_EXPORT_DATA_CONVERTER: '',
    });
    expect(watch.stderr).toContain('Set the data converter of the namespace');
  });

  itInLongForm('have the doctor say what the newest export needs', async () => {
    const without = await commands
      .launchWith({ IMS_EXPORT_DATA_CONVERTER: '' }, 'doctor', ...QUEUE)
      .endsWithin(SOON_MS);
    expect(without).toMatchObject({
      exitCode: 2,
      stdout: expect.stringMatching(/problem +data converter .*cannot be decoded/),
    });
    const having = await commands.run('doctor', ...QUEUE, ...STRICT);
    expect(having.stdout).toMatch(/ok +data converter .*decodes ims-export:/);
  });
});

const COMMANDS: Array<[command: string, args: string[]]> = [
  ['worker', []],
  ['list', []],
  ['cancel', ['ims-export:a:b']],
];
it.each(casesOf(COMMANDS, 1))(
  '%s refuses with 2 a data converter that is not there, by its name',
  async (command, args) => {
    const { stderr } = await commands.refused(2, '', [command, ...args, '--data-converter', './nowhere.cjs']);
    expect(stderr).toContain('The data converter module ./nowhere.cjs');
  },
);
