import { createServer } from 'node:http';
import type { Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { webUiLines, webUiOf } from '../../src/cli/web-ui';

/** Answers as the dev server's Web UI does, and has the address of the Temporal server that it belongs to. */
async function withWebUi<T>(settings: object, run: (address: string) => Promise<T>): Promise<T> {
  const server = createServer((_request, response) => response.end(JSON.stringify(settings)));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  try {
    return await run(`127.0.0.1:${port - 1_000}`);
  } finally {
    server.close();
  }
}

describe('the Web UI', () => {
  it('of Temporal Cloud is one for all', async () => {
    expect(await webUiOf('acme.a1b2c.tmprl.cloud:7233')).toBe('https://cloud.temporal.io');
    expect(await webUiOf('eu-central-1.aws.api.temporal.io:7233')).toBe('https://cloud.temporal.io');
  });

  it('of a dev server on this machine is asked for, and no other program is taken for it', async () => {
    await withWebUi({ DefaultNamespace: 'default' }, async (address) => {
      expect(await webUiOf(address)).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    });
    await withWebUi({ another: 'program' }, async (address) => expect(await webUiOf(address)).toBeNull());
  });

  it('of another server is where IMS_EXPORT_WEB_UI says, else not known', async () => {
    const client = { options: { namespace: 'exports' } } as Client;
    const run = { workflowId: 'ims-export:ims-image:a/b.qcow2', runId: 'run-1' };
    const env = { TEMPORAL_ADDRESS: 'temporal.example.com:7233', TEMPORAL_CONFIG_FILE: '/nowhere.toml' };
    expect(await webUiLines(client, run, env)).toEqual([]);
    expect(await webUiLines(client, run, { ...env, IMS_EXPORT_WEB_UI: 'https://ui.example.com/' })).toEqual([
      '  Web UI   https://ui.example.com/namespaces/exports/workflows/ims-export%3Aims-image%3Aa%2Fb.qcow2/run-1',
    ]);
  });
});
