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
  TUNABLE_OPTIONS,
  type TunableOption,
} from '../contract';
import { ExportError } from '../export-error';

const EXAMPLES = '90s, 15m, 24h or 1d12h';

export function isDurationOption(name: string): name is TunableOption {
  return TUNABLE_OPTIONS.some((option) => option === name);
}

/** `--max-interval`, the flag of `ims-export retune` for the option. */
export function retuneFlag(option: TunableOption): `--${string}` {
  return `--${option.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
}

/**
 * Reads the duration of an option. A number without a unit is refused: a person who types 12 means hours, JSON means milliseconds.
 *
 * @param flag as it was typed, such as `--deadline` or `--option deadline`
 * @throws ExportError InvalidExportRequest
 */
export function durationOf(flag: string, option: TunableOption, text: string): Duration {
  // A deadline alone can move the one in force.
  const [, plus = '', length = ''] = (option === 'deadline' ? /^(\+?)(.*)$/s : /^()(.*)$/s).exec(text.trim()) ?? [];
  const ms = partsMs(length.trim());
  if (ms !== undefined) return `${plus}${durationText(ms)}`;
  const isNumber = /^\d+(\.\d+)?$/.test(length);
  const meant = isNumber ? ` Did you mean ${plus}${length}${unitOf(option)}?` : '';
  const wrong = isNumber ? 'it needs a unit.' : `expected a duration with a unit, such as ${EXAMPLES}.`;
  throw new ExportError('InvalidExportRequest', `${flag} is '${text}'; ${wrong}${meant}`);
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
function unitOf(option: TunableOption): string {
  return EXPORT_OPTIONS[option].default.replace(/[\d.]+/, '');
}
