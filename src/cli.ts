#!/usr/bin/env -S node --
/**
 * `ims-export`: parses, calls the worker, the client or the simulator, and prints.
 *
 * The `--` of the first line ends node's own options: node 20 takes `--env-file` for itself wherever it stands.
 *
 * @module
 */
import type { Client } from '@temporalio/client';
import { Command, InvalidArgumentError } from 'commander';
import { EXIT } from './cli/exit-codes';
import { type OutputOptions, printJson, reportError, reportLines } from './cli/output';
import { type ResolveFlags, resolve } from './cli/resolve';
import type { SimulatorFlags } from './cli/simulator';
import { type StartFlags, start, waitForEnd } from './cli/start';
import { cancelExport, connectClient, listExports, pollNow, readExport } from './client';
import { requireTemporal } from './client/connect';
import { DEFAULT_TASK_QUEUE } from './contract';
import { accountsFromEnvironment, type CloudAccount } from './huaweicloud';

const taskQueue = process.env.IMS_EXPORT_TASK_QUEUE || DEFAULT_TASK_QUEUE;

const program = new Command('ims-export')
  .description('Exports Huawei Cloud IMS images to OBS, durably, with Temporal')
  .version((require('../package.json') as { version: string }).version)
  .option('--verbose', 'show stack traces')
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'ims-export: ')) })
  .showHelpAfterError('Add --help to see what the command takes.')
  .exitOverride(({ exitCode, message }) => {
    if (exitCode === 0) process.exit(EXIT.succeeded);
    const error = { code: 'InvalidArguments', message: message.replace(/^error: /, '') };
    if (process.argv.includes('--json')) printJson({ error });
    process.exit(EXIT.badArguments);
  });

program
  .command('demo')
  .description('a Temporal dev server with its Web UI, a simulated cloud, a worker and one export')
  .option('--no-keep', 'end at once, also in a terminal')
  .action(
    guarded(async ({ keep }: { keep: boolean }) => {
      const { demo } = await import('./cli/demo.js');
      await demo({ keep: keep && process.stdin.isTTY === true && process.stdout.isTTY === true });
    }),
  );

program
  .command('simulator')
  .description('the simulated cloud: IMS, OBS, IAM and ECS metadata on the loopback')
  .option('--port <port>', 'port of IMS; OBS, IAM and metadata take the next three; 0 takes any', wholeNumber, 0)
  .option('--state <dir>', 'keep images, jobs and objects there')
  .option('--job-seconds <seconds>', 'how long an export takes', wholeNumber, 10)
  .option('--env-file <file>', 'write the endpoints and keys as shell variables')
  .action(
    guarded(async (flags: SimulatorFlags) => {
      const { simulator } = await import('./cli/simulator.js');
      await simulator(flags);
    }),
  );

program
  .command('worker')
  .description('run workflow and activities until SIGINT or SIGTERM')
  .option('--task-queue <queue>', 'task queue to poll', taskQueue)
  .action(
    guarded(async (flags: { taskQueue: string }) => {
      const { runExportWorker } = await import('./worker.js');
      accountsFromEnvironment(process.env); // what it lacks is told before Temporal is looked for
      await requireTemporal();
      await runExportWorker(flags.taskQueue, ({ namespace, address, accounts }) => {
        console.log(
          `ready: task queue ${flags.taskQueue}, namespace ${namespace} at ${address}, ${describeAccounts(accounts)}`,
        );
      }).catch((error: unknown) => {
        reportError(error, program.opts());
        // A worker that could not be created leaves native threads behind, which would keep this process.
        process.exit();
      });
    }),
  );

program
  .command('start')
  .description('export an image; returns when the cloud has accepted it, or with --wait at its end')
  .requiredOption('--image <id>', 'ID of the private image')
  .requiredOption('--to <bucket:key>', 'destination; the object must not exist yet')
  .option('--format <format>', 'qcow2, vhd, zvhd or vmdk')
  .option('--quick', 'quick export: zvhd2, the only way above 128 GiB')
  .option('--account <name>', "one of the worker's accounts")
  .option('--wait', 'show progress and wait for the end')
  .option('--json', 'print one JSON document')
  .option('--option <path=value>', 'an option of the export, such as deadline=12h; repeatable', collect, [])
  .option('--task-queue <queue>', "the worker's task queue", taskQueue)
  .action(guarded(connected((client, flags: StartFlags) => start(client, flags))));

program
  .command('status <workflowId>')
  .description('where an export stands, also after its end')
  .option('--json', 'print one JSON document')
  .action(
    guarded(
      connected(async (client, { json }: OutputOptions, workflowId: string) => {
        const report = await readExport(client, workflowId);
        if (json) printJson(report);
        else console.log(reportLines(report).join('\n'));
      }),
    ),
  );

program
  .command('watch <workflowId>')
  .description('progress of a running or ended export, and its result')
  .option('--json', 'print the result as one JSON document')
  .action(
    guarded(connected((client, flags: OutputOptions, workflowId: string) => waitForEnd(client, workflowId, flags))),
  );

program
  .command('list')
  .description('open and recent exports')
  .option('--json', 'print one JSON document')
  .action(
    guarded(
      connected(async (client, { json }: OutputOptions) => {
        const reports = await listExports(client);
        if (json) return printJson(reports);
        if (reports.length === 0) console.log('No exports yet. `ims-export start` begins one.');
        for (const { workflowId, workflowStatus, startedAt, memo } of reports) {
          console.log(
            `${startedAt}  ${(memo.outcome ?? workflowStatus).padEnd(10)}  ${workflowId}  ${memo.jobId ?? ''}`,
          );
        }
      }),
    ),
  );

program
  .command('poll-now <workflowId>')
  .description('check the job at once')
  .action(
    guarded(
      connected(async (client, _flags: OutputOptions, workflowId: string) => {
        await pollNow(client, workflowId);
        console.log(`Asked ${workflowId} to check its job now`);
      }),
    ),
  );

program
  .command('resolve <workflowId>')
  .description('say what became of a submit whose answer was lost')
  .option('--job <id>', 'it began this job, which is checked and then tracked')
  .option('--not-submitted', 'it began nothing: submit again')
  .action(guarded(connected((client, flags: ResolveFlags, workflowId: string) => resolve(client, workflowId, flags))));

program
  .command('cancel <workflowId>')
  .description('stop tracking; the job in the cloud goes on, since the cloud cannot cancel it')
  .action(
    guarded(
      connected(async (client, _flags: OutputOptions, workflowId: string) => {
        await cancelExport(client, workflowId);
        console.log(
          `Asked ${workflowId} to cancel; \`ims-export status ${workflowId}\` tells what remains in the cloud`,
        );
      }),
    ),
  );

/** An action with a connection to Temporal; its positional arguments come after the flags. */
function connected<Flags, Args extends unknown[]>(act: (client: Client, flags: Flags, ...args: Args) => Promise<void>) {
  return async (flags: Flags, ...args: Args): Promise<void> => {
    const client = await connectClient();
    try {
      await act(client, flags, ...args);
    } finally {
      await client.connection.close();
    }
  };
}

/** An action whose errors are reported; commander gives positional arguments first, then the flags. */
function guarded<Flags, Args extends unknown[]>(act: (flags: Flags, ...args: Args) => Promise<void>) {
  return async (...given: unknown[]): Promise<void> => {
    const flags = given.at(-2) as Flags;
    try {
      await act(flags, ...(given.slice(0, -2) as Args));
    } catch (error) {
      const { json } = flags as OutputOptions;
      reportError(error, { json, verbose: program.opts().verbose });
    }
  };
}

function describeAccounts(accounts: CloudAccount[]): string {
  if (accounts.length === 1 && accounts[0]?.name === 'default') return `region ${accounts[0].region}`;
  return `accounts ${accounts.map(({ name, region }) => `${name} (${region})`).join(', ')}`;
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return Number(text);
}

function collect(value: string, values: string[]): string[] {
  return [...values, value];
}

// `ims-export list | head` closes the pipe early.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.succeeded);
  throw error;
});
void program.parseAsync();
