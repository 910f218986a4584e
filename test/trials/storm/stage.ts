import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { DevServer } from '../../../src/dev-server';
import { type Simulator, startSimulator } from '../../../src/testing';
import { beginExport } from '../../rigs/simulator-requests';
import { connectClient, startTestServer } from '../../rigs/temporal';
import { scaledBundle } from './bundle';
import { Crew } from './crew';
import { Link } from './link';

/**
 * What one run at a time is performed on: a dev server, a simulator of this process, and the workers between them. A run may
 * stop its server, or break what its workers send, and disturbs no other run.
 */
export interface Lane {
  server: DevServer;
  /** Between the workers and the server. The client below does not go through it. */
  link: Link;
  simulator: Simulator;
  client: Client;
  crew: Crew;
  /** An export of another image, which has nothing to do with any run. */
  otherImagesJob: string;
  close(): Promise<void>;
}

/** As many lanes as runs at the same time. */
export interface Stage {
  /** Performs on a lane that is free, or on a new one. */
  onALane<T>(act: (lane: Lane) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** @param ready the lanes that are there from the start */
export async function openStage(ready = 1): Promise<Stage> {
  // Made once, before the workers ask for it.
  await scaledBundle();
  const all: Array<Promise<Lane>> = Array.from({ length: ready }, openLane);
  const free = await Promise.all(all);
  return {
    onALane: async (act) => {
      let lane = free.pop();
      if (lane === undefined) {
        const another = openLane();
        all.push(another);
        lane = await another;
      }
      try {
        return await act(lane);
      } finally {
        free.push(lane);
      }
    },
    close: async () => {
      const opened = await Promise.allSettled(all);
      await Promise.all(opened.map((lane) => (lane.status === 'fulfilled' ? lane.value.close() : undefined)));
    },
  };
}

async function openLane(): Promise<Lane> {
  const [server, simulator] = await Promise.all([startTestServer(), startSimulator({ jobSeconds: 1 })]);
  const link = await Link.open(server.address);
  const client = await connectClient(server);
  const otherImagesJob = await beginExport(simulator.info, 'dataDisk', 'other/data-disk.qcow2');
  const found = { address: link.address, namespace: server.namespace };
  const crew = new Crew(found, simulator.info, `storm-${randomUUID().slice(0, 8)}`);
  return {
    server,
    link,
    simulator,
    client,
    crew,
    otherImagesJob,
    close: async () => {
      crew.close();
      await client.connection.close();
      await Promise.all([link.close(), simulator.close(), server.stop()]);
    },
  };
}
