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

  it.each([
    ['the API key', { TEMPORAL_API_KEY: 'k-1' }, 'The API key (TEMPORAL_API_KEY or the profile) turns TLS on.'],
    ['a setting', { TEMPORAL_TLS: 'true' }, 'TEMPORAL_TLS, TEMPORAL_TLS_* or the profile turn TLS on.'],
  ])(
    'is told what turned TLS on where the server has none, and how to turn it off: %s',
    async (_what, env, says) => {
      const place = { ...env, TEMPORAL_ADDRESS: server.address };
      const off = 'Check TEMPORAL_ADDRESS. Only for a local server without TLS: set TEMPORAL_TLS=false.';
      await expect(connectClient(place)).rejects.toMatchObject({
        message: `No Temporal server answers at ${server.address} (it has no TLS). ${says} ${off}`,
      });
      const client = await connectClient({ ...place, TEMPORAL_TLS: 'false' });
      expect(await requireNamespace(client)).toBe(true);
      await client.connection.close();
    },
    30_000,
  );

  it('is told where no server answers, and why', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    await expect(connectClient({ TEMPORAL_ADDRESS: address })).rejects.toMatchObject({
      code: 'TemporalUnreachable',
      message: expect.stringMatching(new RegExp(`^No Temporal server answers at ${address} \\(.*ECONNREFUSED`)),
    });
  }, 30_000);
});
