/**
 * Durations as people type them on the command line: always with a unit, and in several parts where they like, as in `1d12h`.
 *
 * @module
 */
import {
  type Duration,
  durationMs,
  durationText,
  EXPORT_OPTIONS,
  MAX_DURATION_MS,
  type OptionSpec,
  type TunableOption,
} from '../contract';
import { ExportError } from '../export-error';

const EXAMPLES = '90s, 15m, 24h or 1d12h';

type Options = typeof EXPORT_OPTIONS;
export type DurationOption = {
  [option in keyof Options]: Options[option] extends { kind: 'duration' } ? option : never;
}[keyof Options];

export function isDurationOption(name: string): name is DurationOption {
  return Object.entries<OptionSpec>(EXPORT_OPTIONS).some(
    ([option, { kind }]) => option === name && kind === 'duration',
  );
}

/** `--max-interval`, the flag of `ims-export retune` for the option. */
export function retuneFlag(option: TunableOption): `--${string}` {
  return `--${option.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
}

/**
 * Reads the duration of an option. A number without a unit is refused: a person who types 12 means hours, JSON means milliseconds.
 *
 * @param flag as it was typed, such as `--deadline` or `--option deadline`
 * @param mayAdd `+6h` is taken too, which moves the deadline in force
 * @throws ExportError InvalidExportRequest
 */
export function durationOf(flag: string, option: DurationOption, text: string, { mayAdd = false } = {}): Duration {
  const [, plus = '', length = ''] = (mayAdd ? /^(\+?)(.*)$/s : /^()(.*)$/s).exec(text.trim()) ?? [];
  const ms = partsMs(length.trim());
  if (ms !== undefined) return `${plus}${durationText(ms)}`;
  const isNumber = /^\d+(\.\d+)?$/.test(length);
  if (!isNumber) throw refused(`${flag} is '${text}'; expected a duration with a unit, such as ${EXAMPLES}.`);
  const meant = `${length}${unitOf(option)}`;
  // A script may give milliseconds, which no unit fits.
  const isPossible = (durationMs(meant) ?? Number.POSITIVE_INFINITY) <= MAX_DURATION_MS;
  const needs = isPossible ? `it needs a unit. Did you mean ${plus}${meant}?` : `it needs a unit, such as ${EXAMPLES}.`;
  throw refused(`${flag} is '${text}'; ${needs}`);
}

function refused(message: string): ExportError {
  return new ExportError('InvalidExportRequest', message);
}

/** `1d12h`, `1h 30m`, `1.5h`; a plain 0 needs no unit. Undefined when it is none. */
function partsMs(text: string): number | undefined {
  if (text === '0') return 0;
  const parts = text.match(/\d+(\.\d+)?\s*[a-z]+/g) ?? [];
  if (parts.length === 0 || parts.join('') !== text.replace(/(?<=[a-z])\s+(?=\d)/g, '')) return undefined;
  const lengths = parts.map(durationMs);
  const isEach = lengths.every((ms) => ms !== undefined);
  return isEach ? durationMs(lengths.reduce<number>((sum, ms) => sum + (ms ?? 0), 0)) : undefined;
}

/** The unit of its default: whoever leaves it out thinks in that. */
function unitOf(option: DurationOption): string {
  return EXPORT_OPTIONS[option].default.replace(/[\d.]+/, '');
}
