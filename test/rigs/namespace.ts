import type { Client } from '@temporalio/client';
import { afterAll, beforeAll } from 'vitest';
import type { DevServer } from '../../src/dev-server';
import { connectClient, sharedTestServer } from './temporal';

export interface Namespace {
  server: DevServer;
  client: Client;
}

/** A namespace and a client for the tests of the file that calls this, without a worker. Filled before its first test. */
export function namespaceOfThisFile(): Namespace {
  const namespace = {} as Namespace;
  beforeAll(async () => {
    namespace.server = await sharedTestServer();
    namespace.client = await connectClient(namespace.server);
  });
  afterAll(() => namespace.client?.connection.close());
  return namespace;
}
