import { expect, it } from 'vitest';
import { findTemporalCli, resolveTemporal } from '../../src/dev-server';

it('resolveTemporal uses the server of TEMPORAL_ADDRESS with its namespace and key, and does not stop it', async () => {
  const temporal = await resolveTemporal({
    env: {
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_NAMESPACE: 'exports',
      TEMPORAL_API_KEY: 'k',
      TEMPORAL_CLI_PATH: '/nowhere',
    },
  });
  expect(temporal).toMatchObject({
    address: 'temporal.example:7233',
    namespace: 'exports',
    connectionOptions: { address: 'temporal.example:7233', apiKey: 'k', tls: true },
  });
  expect(temporal.webUi).toBeUndefined();
  await temporal.stop();
});

it('resolveTemporal starts a dev server when no address is set', async () => {
  const { path } = await findTemporalCli();
  const temporal = await resolveTemporal({ env: { TEMPORAL_CLI_PATH: path } });
  expect(temporal.address).toMatch(/^127\.0\.0\.1:\d+$/);
  expect((await fetch(temporal.webUi ?? '')).ok).toBe(true);
  await temporal.stop();
  await expect(fetch(temporal.webUi ?? '')).rejects.toThrow();
});
