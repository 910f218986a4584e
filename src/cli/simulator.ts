import { printJson, printToStderr } from '../terminal/output';
import { startSimulator, writeEnvFile } from '../testing';
import { ListenError } from '../worker/metrics-server';
import { interrupted } from './interrupted';

export interface SimulatorFlags {
  port: number;
  state?: string;
  jobSeconds: number;
  writeEnv?: string;
  /** Earlier name of `writeEnv`. */
  envFile?: string;
}

/** `ims-export simulator`: the simulated cloud until SIGINT or SIGTERM. The first line on stdout is one JSON object. */
export async function simulator({ port, state, jobSeconds, ...flags }: SimulatorFlags): Promise<void> {
  const envFile = flags.writeEnv ?? flags.envFile;
  const running = await startSimulator({ port, stateDir: state, jobSeconds }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const { port: taken } = error as { port?: number };
    const message = `Port ${taken} is taken; the simulator needs ${port} and the three after it. Choose another --port, or 0 for any.`;
    throw new ListenError(message, { cause: error });
  });
  const ended = interrupted();
  try {
    if (envFile !== undefined) writeEnvFile(envFile, running.info);
    printJson(running.info, 0);
    printToStderr(`The simulated cloud is ready (IMS at ${running.info.imsEndpoint}); press Ctrl-C to end it.`);
    await ended;
  } finally {
    await running.close();
  }
}
