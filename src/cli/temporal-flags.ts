import { type Command, Option } from 'commander';
import { DATA_CONVERTER } from '../temporal/data-converter';

/** The flags that say where Temporal is, as Temporal's own CLI calls them, each with the variable in whose place it stands. */
const FLAGS = [
  ['--address <host:port>', 'Temporal server (default: localhost:7233)', 'TEMPORAL_ADDRESS'],
  ['--namespace <name>', 'namespace (default: default)', 'TEMPORAL_NAMESPACE'],
  ['--profile <name>', "profile of Temporal's configuration file, temporal.toml", 'TEMPORAL_PROFILE'],
  [
    '--api-key <key>',
    'API key. `ps` shows it to every user of this machine: set TEMPORAL_API_KEY instead',
    'TEMPORAL_API_KEY',
  ],
  [
    '--data-converter <module>',
    'JavaScript module (CommonJS or ESM) with your dataConverter, if payloads are encrypted',
    DATA_CONVERTER,
  ],
] as const;

const OPTIONS = FLAGS.map(([flags, help, variable]) =>
  new Option(flags, help).env(variable).helpGroup('Temporal options:'),
);

/** For a command that talks to Temporal. */
export function addTemporalFlags(command: Command): void {
  for (const option of OPTIONS) command.addOption(option);
}

/** Puts what the flags say into the environment: client, worker and doctor read that. */
export function setEnvironment(command: Command, env: NodeJS.ProcessEnv = process.env): void {
  for (const option of OPTIONS) {
    const value: unknown = command.getOptionValue(option.attributeName());
    if (typeof value === 'string' && option.envVar !== undefined) env[option.envVar] = value;
  }
}
