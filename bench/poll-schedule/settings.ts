import { join } from 'node:path';
import { parseArgs } from 'node:util';

export interface Settings {
  /** Every number follows from it: the same seed prints the same. */
  seed: number;
  /** Jobs for each profile and length; every policy polls the same ones. */
  runs: number;
  /** Where the picture goes. */
  picture: string;
}

/** From `.cache/bench/bench/poll-schedule`, where this runs. */
const PICTURE = join(__dirname, '../../../../docs/images/poll-schedule.svg');

/** @throws when an option is unknown or not a positive whole number */
export function settingsOf(args: string[]): Settings {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string', default: '1' },
      runs: { type: 'string', default: '1000' },
      picture: { type: 'string', default: PICTURE },
    },
  });
  return { seed: positive('--seed', values.seed), runs: positive('--runs', values.runs), picture: values.picture };
}

function positive(option: string, value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value))
    throw new Error(`${option} is '${value}'; it must be a whole number of at least 1.`);
  return Number(value);
}
