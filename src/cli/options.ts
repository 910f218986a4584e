import { EXPORT_OPTIONS, type OptionSpec } from '../contract';
import { print, printJson } from '../terminal/output';
import type { OutputOptions } from './output';

/** One option of an export, as `ims-export options` lists it. */
interface ListedOption {
  name: string;
  default: unknown;
  /** The values that it takes, with their unit. */
  takes: string;
  help: string;
  /** Whether `ims-export retune` changes it while an export runs. */
  tunable: boolean;
}

/** `ims-export options`. */
export function options({ json }: OutputOptions): void {
  const listed = listedOptions();
  if (json) printJson(listed);
  else print(...optionLines(listed));
}

/** All but those that are reserved for later. */
export function listedOptions(): ListedOption[] {
  return Object.entries<OptionSpec>(EXPORT_OPTIONS)
    .filter(([, spec]) => !('reserved' in spec))
    .map(([name, spec]) => ({
      name,
      default: spec.default,
      takes: takenBy(spec),
      help: spec.help,
      tunable: 'tunable' in spec && spec.tunable,
    }));
}

function takenBy(spec: OptionSpec): string {
  switch (spec.kind) {
    case 'duration':
      return 'a duration with its unit: 90s, 15m, 24h, 2d';
    case 'choice':
      return spec.choices.join(' or ');
    case 'wholeNumber':
      return `a whole number from ${spec.min} to ${spec.max}`;
    case 'flag':
      return 'true or false';
    case 'rules':
      return 'error, warn or off for a rule: rules.bucketReadable=off';
    case 'taskQueue':
      return 'the name of a task queue';
  }
}

function optionLines(listed: readonly ListedOption[]): string[] {
  return [
    'Set an option with --option name=value at `ims-export start`, or in "options" of a batch.',
    '`ims-export retune` changes those marked with * while an export runs.',
    '',
    ...listed.flatMap(({ name, default: value, takes, help, tunable }) => [
      `${name}${tunable ? ' *' : ''}`,
      `  ${help}`,
      `  Takes ${takes}. Default: ${typeof value === 'object' ? 'none' : value}`,
    ]),
  ];
}
