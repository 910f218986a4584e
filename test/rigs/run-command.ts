import { environmentOf } from '../../src/testing';
import { type Ended, RunningProcess } from './processes';
import type { Rig } from './rig';

/** A command of a user, in a process of its own, to its end. */
export function commandLine({ server, simulator }: Rig, ...args: string[]): Promise<Ended> {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, TEMPORAL_ADDRESS: server.address, ...environmentOf(simulator.info) };
  return new RunningProcess(`ims-export ${args[0]}`, args, env).endsWithin(40_000);
}
