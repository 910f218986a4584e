import { Command } from 'commander';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { program } from '../../src/cli';
import { keepGivenFlags } from '../../src/cli/given-flags';
import { addTemporalFlags } from '../../src/cli/temporal-flags';
import { EXPORT_IMAGE_WORKFLOW, exportWorkflowId } from '../../src/contract';
import { command, workflowCommand } from '../../src/export/quoting';
import { liveLines } from '../../src/terminal/live-lines';
import { offerThrough, print, printJson } from '../../src/terminal/output';
import { printedBy, runHere } from '../rigs/command-here';
import { argumentsOf, hasShell, hostileWords, offersIn } from '../rigs/hostile-words';
import { namespaceOfThisFile } from '../rigs/namespace';

/** What is printed after a command line with these flags. */
async function printedAfter(flags: readonly string[], act: () => void): Promise<string> {
  const running = new Command().option('--task-queue <queue>', '', 'ims-export');
  addTemporalFlags(running);
  keepGivenFlags(program, running.parse([...flags], { from: 'user' }));
  return (await printedBy(act)).stdout;
}

describe('a command that is printed', () => {
  afterEach(() => {
    offerThrough((offered) => offered);
    vi.unstubAllEnvs();
  });

  const id = 'ims-export:ims-image:a.qcow2';
  it.each([
    [['--namespace', 'prod'], `ims-export watch ${id}`, `ims-export watch ${id} --namespace prod`],
    [['--address=t:7233', '--profile', 'p'], 'ims-export list', 'ims-export list --address t:7233 --profile p'],
    [['--data-converter', './c.js'], 'ims-export doctor', 'ims-export doctor --data-converter ./c.js'],
    [['--task-queue', 'q'], 'ims-export start --image i', 'ims-export start --image i --task-queue q'],
    [['--task-queue', 'q'], 'ims-export worker', 'ims-export worker --task-queue q'],
    [['--task-queue', 'q'], 'ims-export doctor --task-queue QUEUE', 'ims-export doctor --task-queue QUEUE'],
    [['--task-queue', 'q'], `ims-export cancel ${id}`, `ims-export cancel ${id}`],
    [['--namespace', 'a b'], 'ims-export status -- -x', "ims-export status --namespace 'a b' -- -x"],
    [
      ['--namespace', 'prod', '--data-converter', './c.js', '--task-queue', 'q'],
      'ims-export temporal schedule delete --schedule-id s',
      'ims-export temporal schedule delete --schedule-id s --namespace prod',
    ],
    [['--namespace', 'prod'], 'ims-export temporal server start-dev', 'ims-export temporal server start-dev'],
    [['--namespace', 'prod'], 'ims-export options', 'ims-export options'],
    [['--namespace', 'prod'], 'ims-export retune --help', 'ims-export retune --help'],
    [['--namespace', 'prod'], 'ims-export watch "a', 'ims-export watch "a --namespace prod'],
    [['--namespace', 'prod'], "ims-export watch 'a", "ims-export watch 'a"],
    [['--api-key', 'SECRET'], `ims-export watch ${id}`, `ims-export watch ${id}`],
  ])('after %j: %s', async (flags, offered, expected) => {
    expect(await printedAfter(flags, () => print(`Try \`${offered}\`, then \`${offered}\`.`))).toBe(
      `Try \`${expected}\`, then \`${expected}\`.\n`,
    );
  });

  it('gets nothing of the environment, which the next command reads as well', async () => {
    vi.stubEnv('TEMPORAL_NAMESPACE', 'prod');
    expect(await printedAfter([], () => print('`ims-export list`'))).toBe('`ims-export list`\n');
  });

  it('has the flags beside a progress bar, too', async () => {
    const drawn = await printedAfter(['--namespace', 'prod'], () => liveLines('stdout').draw(['`ims-export list`']));
    expect(drawn).toBe('`ims-export list --namespace prod`\n');
  });

  it('is as it was in JSON', async () => {
    const printed = await printedAfter(['--namespace', 'prod'], () => printJson({ message: '`ims-export list`' }));
    expect(JSON.parse(printed)).toEqual({ message: '`ims-export list`' });
  });

  for (const shell of ['bash', 'zsh', 'ksh'] as const) {
    it.skipIf(!hasShell(shell))(`F60 hands the flags and its own arguments to the program, in ${shell}`, async () => {
      await fc.assert(
        fc.asyncProperty(hostileWords, hostileWords, async (words, namespace) => {
          const attach = ['attach', '--job', words, '--image', words];
          const offers = [workflowCommand('status', words), command('ims-export', ...attach)];
          const printed = await printedAfter(['--namespace', namespace], () =>
            print(...offers.map((offer) => `\`${offer}\``)),
          );
          const [status = [], attached = []] = argumentsOf(offersIn(printed), shell);
          const flags = ['--namespace', namespace];
          expect(status).toEqual(
            words.startsWith('-') ? ['status', ...flags, '--', words] : ['status', words, ...flags],
          );
          expect([
            [...attach, ...flags],
            ['attach', ...flags, ...attach.slice(1)],
          ]).toContainEqual(attached);
        }),
        { numRuns: shell === 'bash' ? 40 : 10 },
      );
    });
  }
});

describe('a command line with flags', () => {
  const temporal = namespaceOfThisFile();

  it('offers commands that act in the same place', async () => {
    const workflowId = exportWorkflowId('ims-image:flags.vhd');
    const options = { workflowId, taskQueue: 'nobody', args: [{}] };
    await temporal.client.workflow.start(EXPORT_IMAGE_WORKFLOW, options);
    const { address, namespace } = temporal.server;
    const place = ['--address', address, '--namespace', namespace];
    const elsewhere = { address: 'localhost:1', namespace: 'elsewhere' };
    const { stdout } = await runHere(elsewhere, 'status', workflowId, ...place);
    expect(offersIn(stdout)).toEqual([`ims-export doctor ${place.join(' ')}`]);
    const start = ['start', '--image', 'd164b5df-1bc3-4c3f-893e-3e471fd16e64', '--to', 'ims-image:b.vhd', '--quick'];
    const queue = ['--task-queue', 'nobody'];
    const { stderr } = await runHere(elsewhere, ...start, ...queue, ...place);
    expect(offersIn(stderr)).toEqual([
      `ims-export worker ${[...queue, ...place].join(' ')}`,
      `ims-export doctor ${[...queue, ...place].join(' ')}`,
    ]);
  });
});
