import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { DevServer } from '../../../src/dev-server';
import { type Simulator, startSimulator } from '../../../src/testing';
import { beginExport } from '../../rigs/simulator-requests';
import { connectClient, startTestServer } from '../../rigs/temporal';
import { scaledBundle } from './bundle';
import { Crew } from './crew';

/** What all runs of a storm share: one dev server, one simulator of this process, and the workers of their own. */
export interface Stage {
  server: DevServer;
  simulator: Simulator;
  client: Client;
  crew: Crew;
  /** An export of another image, which has nothing to do with any run. */
  otherImagesJob: string;
  close(): Promise<void>;
}

/** Otherwise timers come up to a second late, which is much where seconds stand for minutes. */
const EXACT_TIMERS = { 'history.timerProcessorMaxTimeShift': '10ms' };

export async function openStage(): Promise<Stage> {
  const [server, simulator] = await Promise.all([
    startTestServer({ dynamicConfig: EXACT_TIMERS }),
    startSimulator({ jobSeconds: 1 }),
    scaledBundle(),
  ]);
  const client = await connectClient(server);
  const otherImagesJob = await beginExport(simulator.info, 'dataDisk', 'other/data-disk.qcow2');
  const crew = new Crew(server, simulator.info, `storm-${randomUUID().slice(0, 8)}`);
  return {
    server,
    simulator,
    client,
    crew,
    otherImagesJob,
    close: async () => {
      crew.close();
      await client.connection.close();
      await Promise.all([simulator.close(), server.stop()]);
    },
  };
}
