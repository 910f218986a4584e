/**
 * What the image of a worker leaves out, since no worker loads it: the packages of the simulator
 * (deploy/production-package.cjs).
 *
 * @module
 */
import { command } from '../export/quoting';

/** The module, or undefined where packages that it needs are not installed. */
export async function unlessLeftOut<Module>(loading: Promise<Module>): Promise<Module | undefined> {
  try {
    return await loading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** The simulated cloud is asked for where it is left out. */
export class SimulatorLeftOut extends Error {
  constructor(name: string) {
    super(
      `This command needs the simulated cloud. The container image of the worker does not include it. Run \`${command('ims-export', name)}\` where this package is installed with npm.`,
    );
  }
}
