#!/usr/bin/env -S node --
/**
 * `ims-export`: parses, calls the worker, the client or the simulator, and prints.
 *
 * The `--` of the first line ends node's own options: node 20 takes `--env-file`, the earlier name of the simulator's
 * `--write-env`, for itself wherever it stands.
 *
 * @module
 */
import './cli/quiet-grpc';
import type { Client } from '@temporalio/client';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type BatchFlags, batch } from './cli/batch';
import type { DemoFlags } from './cli/demo';
import type { DoctorFlags } from './cli/doctor';
import { retuneFlag } from './cli/durations';
import { examplesOf } from './cli/examples';
import { EXIT } from './cli/exit-codes';
import { keepGivenFlags } from './cli/given-flags';
import { endAtInterrupt, ifInterrupted } from './cli/interrupted';
import { ofSimulatedCloud } from './cli/left-out';
import { type ListFlags, list } from './cli/list';
import { options } from './cli/options';
import { type OutputOptions, reportError } from './cli/output';
import { type ResolveFlags, resolve } from './cli/resolve';
import { type RetuneFlags, retune } from './cli/retune';
import { namingSchedule } from './cli/scheduled';
import { type SearchAttributesFlags, searchAttributes } from './cli/search-attributes';
import type { SimulatorFlags } from './cli/simulator';
import { type AttachFlags, attach, type StartFlags, start } from './cli/start';
import { status } from './cli/status';
import { mayTakeEffect, pause, refuseBatch, resume } from './cli/steering';
import { addTemporalFlags, setEnvironment } from './cli/temporal-flags';
import { reportWatchError, watch } from './cli/watch';
import { cancelExport, connectClient, pollNow } from './client';
import { LIST_STATUSES } from './client/list';
import { DEFAULT_TASK_QUEUE, EXPORT_OPTIONS, FAIL_WHEN, TUNABLE_OPTIONS } from './contract';
import { workflowCommand } from './export/quoting';
import { endWithReader, flushed, isTerminal, print, printJson, printTo } from './terminal/output';
import { LOG_FORMATS, LOG_LEVELS } from './worker/log-options';
import type { WorkerProcessOptions } from './worker/worker-process';

const taskQueue = process.env.IMS_EXPORT_TASK_QUEUE || DEFAULT_TASK_QUEUE;

/** For the help of the commands. */
const EXPORT_ID = 'ID of an export, ims-export:<bucket>:<object key>; `ims-export list` shows it';
const ANY_ID =
  'ID of an export, ims-export:<bucket>:<object key>, or of a batch, ims-export-batch:<name>; `ims-export list` shows both';

const temporalCommands: Command[] = [];

/** Exported for what reads the commands and their flags, as the tests of the documentation do. */
export const program = new Command('ims-export')
  .description('Exports Huawei Cloud IMS images to OBS as Temporal workflows')
  .version((require('../package.json') as { version: string }).version)
  .option('--verbose', 'show stack traces')
  // An option after a command is the command's: `ims-export temporal --version` is that of Temporal's CLI.
  .enablePositionalOptions()
  .configureOutput({
    outputError: (text) => printTo('stderr', ...errorLines(text)),
    writeOut: (text) => printTo('stdout', ...linesOf(text)),
    writeErr: (text) => printTo('stderr', ...linesOf(text)),
  })
  .showHelpAfterError('Add --help to see what the command takes.')
  .addHelpText(
    'after',
    `
Examples:
  Run one export against a simulated cloud:
    ims-export demo
  Check this machine, Temporal and the cloud:
    ims-export doctor
  Show options and examples of a command:
    ims-export start --help

A workflowId is ims-export:<bucket>:<object key>, or ims-export-batch:<name> of a batch; \`ims-export list\` shows them.
Temporal: --address or TEMPORAL_ADDRESS (default: localhost:7233), --namespace, --profile, TEMPORAL_API_KEY.
Only the worker needs settings of the cloud. Set IMS_EXPORT_REGION, HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or
IMS_EXPORT_CONFIG for several accounts.
Exit codes: 0 succeeded or accepted, 1 failed or refused, 2 wrong arguments, 3 outcome unknown, 4 canceled, 5 no Temporal
or no worker, 130 interrupted by Ctrl-C.`,
  )
  .exitOverride(({ exitCode, message }) => {
    if (exitCode === 0) process.exit(EXIT.succeeded);
    const error = { code: 'InvalidArguments', message: message.replace(/^error: /, '') };
    if (process.argv.includes('--json')) {
      if (process.argv.includes('watch')) printJson({ type: 'error', error }, 0);
      else printJson({ error });
    }
    process.exit(EXIT.badArguments);
  });

temporalCommand('demo')
  .description('start a Temporal dev server with its Web UI, a simulated cloud and a worker, and run one export')
  .option('--no-keep', 'exit after the export; without this flag, the demo keeps running in a terminal')
  .hook('preAction', refusePlaceWithoutAddress)
  .action(
    guarded(async ({ keep }: DemoFlags) => {
      const { demo } = await ofSimulatedCloud('demo', import('./cli/demo.js'));
      await demo({ keep: keep && isTerminal('stdin') && isTerminal('stdout') });
    }),
  );

program
  .command('simulator')
  .description('run the simulated cloud on this machine only: IMS, OBS, IAM and ECS metadata')
  .option(
    '--port <port>',
    'port for IMS. OBS, IAM and metadata use the next three ports. 0: any free ports',
    portUpTo(65_532),
    0,
  )
  .option(
    '--state <dir>',
    'folder to keep images, jobs and objects in; it must be new, empty, or used before with --state',
  )
  .option('--job-seconds <seconds>', 'how long an export takes', wholeNumber, 10)
  .option('--write-env <file>', 'write endpoints, keys and the ids of images to this file, as shell variables')
  .addOption(new Option('--env-file <file>', 'earlier name of --write-env').hideHelp())
  .action(
    guarded(async (flags: SimulatorFlags) => {
      const { simulator } = await ofSimulatedCloud('simulator', import('./cli/simulator.js'));
      await simulator(flags);
    }),
  );

temporalCommand('worker')
  .description('run workflow and activities until SIGINT or SIGTERM')
  .option('--task-queue <queue>', 'task queue to poll', taskQueue)
  .option(
    '--activities-only',
    'run only activities, no workflows; for a queue that exports set in activityTaskQueue or submitTaskQueue',
  )
  .option(
    '--activities-per-second <n>',
    'maximum activities per second on the queue, for all its workers together; set the same value on every worker',
    rate,
  )
  .option(
    '--metrics-port <port>',
    'port for metrics (/metrics) and probes (/healthz, /readyz); 0: any free port',
    portUpTo(65_535),
  )
  .option('--metrics-host <host>', 'address of that port (default: all addresses, IPv4 and IPv6)')
  .addOption(
    new Option('--log-level <level>', 'what is logged on stderr')
      .choices(LOG_LEVELS)
      .default('info')
      .env('IMS_EXPORT_LOG_LEVEL'),
  )
  .addOption(
    new Option('--log-format <format>', 'json or text (default: text in a terminal, else json)')
      .choices(LOG_FORMATS)
      .env('IMS_EXPORT_LOG_FORMAT'),
  )
  .option('--otel', 'send traces with OpenTelemetry; also on if OTEL_EXPORTER_OTLP_ENDPOINT is set')
  .action(
    guarded(async (flags: Omit<WorkerProcessOptions, 'ready'>) => {
      ifInterrupted(
        'The worker was stopped before it was ready. To start it again: `ims-export worker`. Open exports wait for a worker.',
      );
      const { accountsFromEnvironment, describeAccounts } = await import('./huaweicloud/index.js');
      accountsFromEnvironment(process.env); // what is missing is reported before Temporal is connected
      const { runWorkerProcess } = await import('./worker/worker-process.js');
      await runWorkerProcess({
        ...flags,
        ready: ({ namespace, address, accounts, metricsPort }) => {
          const seconds = (performance.now() / 1000).toFixed(2);
          const metrics = metricsPort === null ? '' : `, metrics on port ${metricsPort}`;
          print(
            `ready: task queue ${flags.taskQueue}, namespace ${namespace} at ${address}, ${describeAccounts(accounts)}${metrics} (in ${seconds} s)`,
          );
        },
      });
    }),
  );

exportCommand('start')
  .description('export an image. Returns when the cloud has accepted the job; with --wait, when the export has ended')
  .option('--dry-run', 'only check the export, and report what would be refused; nothing is submitted')
  .action(guarded(connected((client, flags: StartFlags) => start(client, flags))));

exportCommand('attach')
  .description('track a job that was started elsewhere, such as in the console')
  .option('--job <id>', 'ID of the job; it must be an export of the image (required)')
  .hook('preAction', requires('job'))
  .action(guarded(connected((client, flags: AttachFlags) => attach(client, flags))));

temporalCommand('batch <file>')
  .description(
    'export the images that a JSON file lists. Returns when the list of exports is ready; with --wait, when all have ended',
  )
  .option('--max-concurrent <n>', 'exports at the same time', wholeNumber)
  .option('--dry-run', 'only validate every export; nothing is submitted')
  .addOption(
    new Option(
      '--fail-when <when>',
      'when the batch fails. never (default); any: one image or more was not exported; all: no image was exported',
    ).choices(FAIL_WHEN),
  )
  .option('--wait', 'show progress, wait for the end and print the verdicts')
  .option('--json', 'print one JSON document')
  .option('--name <name>', 'name in the id ims-export-batch:<name> (default: a digest of the input)')
  .addOption(
    new Option(
      '--cron <expr>',
      "create or update the schedule ims-export-batch:<name>. '30 2 * * *' is every day at 2:30 UTC; 'CRON_TZ=Europe/Berlin 30 2 * * *' at 2:30 in Berlin",
    ).conflicts(['wait', 'dryRun']),
  )
  .option('--task-queue <queue>', "the worker's task queue", taskQueue)
  .action(guarded(connected((client, flags: BatchFlags, file: string) => batch(client, flags, file))));

program
  .command('options')
  .description('list the options of an export: meaning, values, default, and whether retune changes them')
  .option('--json', 'print one JSON document')
  .action(guarded(reading(async (flags: OutputOptions) => options(flags))));

temporalCommand('status')
  .argument('<workflowId>', ANY_ID)
  .description('show the state of an export or a batch, also after its end')
  .option('--json', 'print one JSON document')
  .action(reading(onWorkflow(status)));

temporalCommand('watch')
  .argument('<workflowId>', ANY_ID)
  .description('follow an export or a batch, and show its result')
  .option('--json', 'print one JSON document on each line: first the progress, at the end the result or the error')
  .action(reading(onWorkflow(watch, reportWatchError)));

temporalCommand('list')
  .description('list open and recent exports and batches: phase, progress, and why each failed')
  .option(
    '--status <status>',
    `show only exports and batches with this status: ${LIST_STATUSES.join(', ')}; or in a phase, such as parked`,
  )
  .option('--limit <n>', 'show at most n', positive, 100)
  .option('--query <filter>', 'a list filter of Temporal, such as "StartTime > \'2026-11-01T00:00:00Z\'"')
  .option('--json', 'print one JSON document')
  .action(guarded(reading(connected((client, flags: ListFlags) => list(client, flags)))));

signalCommand('poll-now', 'check the job now', async (client, id) => {
  await refuseBatch(client, id, 'poll-now');
  await pollNow(client, id);
  return `Asked ${id} to check its job now`;
});
signalCommand(
  'pause-polling',
  'stop polling the job. The job continues, the deadline does not move, and poll-now still checks once. For a batch: start no more exports',
  pause,
);
signalCommand('resume-polling', 'resume polling the job. For a batch: start exports again', resume);

retuneCommand()
  .description(
    'change limits of a running export, with durations such as 90s, 15m, 24h. For a batch: change --max-concurrent',
  )
  .action(onWorkflow((client, flags: RetuneFlags, workflowId) => retune(client, workflowId, flags)));

temporalCommand('resolve')
  .argument('<workflowId>', EXPORT_ID)
  .description('tell an export whether its submit started a job, when the answer of the cloud was lost')
  .option('--job <id>', 'the submit started this job; the export checks it, then tracks it')
  .option('--not-submitted', 'the submit started no job; the export submits again')
  .action(onWorkflow((client, flags: ResolveFlags, workflowId) => resolve(client, workflowId, flags)));

signalCommand(
  'cancel',
  'stop tracking an export. The job continues: the cloud cannot cancel it. If the export was started with onCancel=drain, it waits for the job to end and deletes its object. For a batch: cancel all its exports',
  async (client, id) => {
    await cancelExport(client, id);
    return `Asked ${id} to cancel; \`${workflowCommand('status', id)}\` shows what remains in the cloud`;
  },
);

temporalCommand('search-attributes')
  .description('check the search attributes of exports in the namespace')
  .option('--register', 'register those that are missing')
  .option('--json', 'print one JSON document')
  .action(guarded(reading(connected((client, flags: SearchAttributesFlags) => searchAttributes(client, flags)))));

temporalCommand('doctor')
  .description('check the installation, Temporal, worker, credentials and bucket, and show how to fix problems')
  .option('--task-queue <queue>', "the worker's task queue", taskQueue)
  .option('--bucket <name>', 'bucket to check; can be repeated (default: IMS_EXPORT_BUCKET)', collect)
  .option('--account <name>', 'check only this account')
  .option('--json', 'print one JSON document')
  .action(
    guarded(
      reading(async (flags: DoctorFlags) => {
        const { doctor } = await import('./cli/doctor.js');
        await doctor(flags);
      }),
    ),
  );

program
  .command('schema [name]')
  .description(
    'print the JSON Schema (2020-12) of an input, result, status, memo, failure details or message; without a name, print all',
  )
  .action(
    guarded(
      reading(async (_flags: OutputOptions, name?: string) => {
        const { schema } = await import('./cli/schema.js');
        schema(name);
      }),
    ),
  );

program
  .command('temporal')
  .argument('[args...]', "what Temporal's CLI takes")
  .description("run Temporal's CLI; if this machine has none, install it into the cache")
  .passThroughOptions()
  .allowUnknownOption()
  .helpOption(false)
  .action(
    guarded(async (_flags: OutputOptions, args: string[]) => {
      const { temporal } = await import('./cli/temporal.js');
      await temporal(args);
    }),
  );

for (const command of temporalCommands) addTemporalFlags(command);
for (const command of program.commands) {
  if (command.name() !== 'temporal') command.option('--verbose', 'show stack traces');
  command.addHelpText('after', examplesOf(command.name()));
}
program.hook('preAction', (_program, command) => {
  setEnvironment(command);
  keepGivenFlags(program, command);
});

/** A command that talks to Temporal. */
function temporalCommand(nameAndArguments: string): Command {
  const command = program.command(nameAndArguments);
  temporalCommands.push(command);
  return command;
}

/** A command that starts the tracking of an export. */
function exportCommand(name: string): Command {
  return temporalCommand(name)
    .option('--image <id>', 'ID of the private image (required)')
    .option(
      '--to <bucket:key>',
      `destination; ${name === 'attach' ? 'the job writes this object' : 'the object must not exist yet'} (required)`,
    )
    .hook('preAction', requires('image', 'to'))
    .option(
      '--format <format>',
      `qcow2, vhd, zvhd or vmdk; ${name === 'attach' ? 'optional' : 'give either --format or --quick'}`,
    )
    .option('--quick', 'quick export as zvhd2; required above 128 GiB')
    .option('--account <name>', "one of the worker's accounts")
    .option('--wait', 'show progress and wait for the end')
    .option('--json', 'print one JSON document')
    .option(
      '--option <name=value>',
      'set an option, such as deadline=12h; can be repeated. `ims-export options` lists all options',
      collect,
    )
    .option('--task-queue <queue>', "the worker's task queue", taskQueue);
}

/** Checked before the command runs: commander itself would report a missing option before an unknown one, which may be its misspelling. */
function requires(...names: string[]) {
  return (_hooked: Command, command: Command): void => {
    const missing = command.options.filter(
      (option) =>
        names.includes(option.attributeName()) && command.getOptionValue(option.attributeName()) === undefined,
    );
    if (missing.length === 0) return;
    const flags = missing.map((option) => `'${option.flags}'`).join(' and ');
    command.error(`error: required option ${flags} not specified`, { exitCode: EXIT.badArguments });
  };
}

/** Without an address, the demo starts a server of its own. What the environment says of another one is not meant for it. */
function refusePlaceWithoutAddress(_hooked: Command, command: Command): void {
  if (command.getOptionValue('address')) return;
  const given = ['namespace', 'profile', 'apiKey'].filter((name) => command.getOptionValueSource(name) === 'cli');
  if (given.length === 0) return;
  const flags = command.options.filter((option) => given.includes(option.attributeName())).map(({ long }) => long);
  const message = `error: ${flags.join(' and ')} ${flags.length > 1 ? 'are' : 'is'} only for a server of yours. Add --address, or leave ${flags.length > 1 ? 'them' : 'it'} out`;
  command.error(message, { exitCode: EXIT.badArguments });
}

/** With a flag for each option that can be tuned. */
function retuneCommand(): Command {
  const command = temporalCommand('retune').argument('<workflowId>', ANY_ID);
  for (const option of TUNABLE_OPTIONS) {
    const further = option === 'deadline' ? ' +6h adds 6 hours to the current deadline.' : '';
    command.option(`${retuneFlag(option)} <duration>`, `${EXPORT_OPTIONS[option].help}${further}`);
  }
  command.option(
    '--max-concurrent <n>',
    'only for a batch, without other flags: exports at the same time',
    wholeNumber,
  );
  return command;
}

/** A command that sends one message to what runs, and says so. */
function signalCommand(
  name: string,
  description: string,
  send: (client: Client, workflowId: string) => Promise<string>,
): void {
  temporalCommand(name)
    .argument('<workflowId>', name === 'poll-now' ? EXPORT_ID : ANY_ID)
    .description(description)
    .action(
      onWorkflow(async (client, _flags, workflowId) => {
        ifInterrupted(mayTakeEffect(workflowId));
        print(await send(client, workflowId));
      }),
    );
}

/** A connected action on the workflow of an id. */
function onWorkflow<Flags = OutputOptions>(
  act: (client: Client, flags: Flags, workflowId: string) => Promise<void>,
  report = reportError,
) {
  return guarded(
    connected(async (client, flags: Flags, workflowId: string, given: Command) => {
      try {
        await act(client, flags, workflowId);
      } catch (error) {
        throw await namingSchedule(client, error, given, workflowId);
      }
    }),
    report,
  );
}

/** An action that changes nothing, as Ctrl-C says until the action says something else. */
function reading<Args extends unknown[]>(act: (...args: Args) => Promise<void>) {
  return (...args: Args): Promise<void> => {
    ifInterrupted('Nothing was changed.');
    return act(...args);
  };
}

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

/** An action whose errors are reported; commander gives positional arguments first, then the flags and the command. */
function guarded<Flags, Args extends unknown[]>(
  act: (flags: Flags, ...args: Args) => Promise<void>,
  report = reportError,
) {
  return async (...given: unknown[]): Promise<void> => {
    const flags = given.at(-2) as Flags;
    const command = given.at(-1) as Command;
    try {
      await act(flags, ...([...given.slice(0, -2), command] as unknown as Args));
    } catch (error) {
      const { json } = flags as OutputOptions;
      const takes = (flag: string) => command.options.some(({ long }) => long === flag);
      report(error, { json, verbose: command.optsWithGlobals().verbose, takes });
    }
  };
}

/** One line, whatever the arguments are, and commander's suggestion. */
function errorLines(text: string): string[] {
  return text
    .trimEnd()
    .replace(/^error: /, 'ims-export: ')
    .split(/\n(?=\(Did you mean [^\n]*\)$)/);
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}

function rate(value: string): number {
  if (Number(value) > 0 && Number.isFinite(Number(value))) return Number(value);
  throw new InvalidArgumentError('expected a number above 0');
}

function portUpTo(highest: number) {
  return (text: string): number => {
    if (/^\d+$/.test(text) && Number(text) <= highest) return Number(text);
    throw new InvalidArgumentError(`expected a port: a whole number from 0 to ${highest}`);
  };
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return Number(text);
}

function positive(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number above 0');
}

function collect(value: string, values: string[] = []): string[] {
  return [...values, value];
}

if (require.main === module) {
  endWithReader();
  endAtInterrupt();
  // A failed connection may leave behind what would keep this process: native threads, a handshake that is never answered.
  void program
    .parseAsync()
    .then(flushed)
    .then(() => process.exit());
}
