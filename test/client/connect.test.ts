import { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClient } from '../../src/client';
import { requireNamespace } from '../../src/client/connect';
import type { DevServer } from '../../src/dev-server';
import { freePort } from '../../src/dev-server/free-port';
import { startTestServer } from '../rigs/temporal';

let server: DevServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.stop());

describe('a client', () => {
  it('connects to the server and the namespace of its environment', async () => {
    const client = await connectClient({ TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: 'default' });
    expect(client.options.namespace).toBe('default');
    expect(await requireNamespace(client)).toBe(true);
    await client.connection.close();
  });

  it('is told that Temporal does not have the namespace', async () => {
    const { connection } = await connectClient({ TEMPORAL_ADDRESS: server.address });
    const client = new Client({ connection, namespace: 'nowhere' });
    await expect(requireNamespace(client)).rejects.toMatchObject({
      name: 'TemporalConfigurationError',
      message: expect.stringContaining('Temporal has no namespace nowhere.'),
    });
    await connection.close();
  });

  it('is told where no server answers, and why', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    await expect(connectClient({ TEMPORAL_ADDRESS: address })).rejects.toMatchObject({
      code: 'TemporalUnreachable',
      message: expect.stringMatching(new RegExp(`^No Temporal server answers at ${address} \\(.*ECONNREFUSED`)),
    });
  }, 30_000);
});
