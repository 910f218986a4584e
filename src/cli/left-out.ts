/**
 * What the image of a worker leaves out, since no worker loads it: the packages of the simulator (deploy/production-package.cjs).
 *
 * @module
 */
import { command } from '../export/quoting';

/** The module of a command. @throws Error that names the command, where packages of the simulated cloud are not installed */
export async function ofSimulatedCloud<Module>(name: string, loading: Promise<Module>): Promise<Module> {
  try {
    return await loading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    throw new Error(
      `This command needs the simulated cloud. The container image of the worker does not include it. Run \`${command('ims-export', name)}\` where this package is installed with npm.`,
    );
  }
}
