import { parseArgs } from 'node:util';

export interface Settings {
  /** Of every contestant, for each call and concurrency. */
  rounds: number;
  roundMs: number;
  /** Profile our client even when every aim is met. */
  profile: boolean;
}

/** @throws when an option is unknown or not a positive whole number */
export function settingsOf(args: string[]): Settings {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '15' },
      'round-ms': { type: 'string', default: '400' },
      profile: { type: 'boolean', default: false },
    },
  });
  return {
    rounds: positive('--rounds', values.rounds),
    roundMs: positive('--round-ms', values['round-ms']),
    profile: values.profile,
  };
}

function positive(option: string, value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value))
    throw new Error(`${option} is '${value}'; it must be a whole number of at least 1.`);
  return Number(value);
}
