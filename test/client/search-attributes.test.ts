import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSearchAttributes, registerSearchAttributes } from '../../src/client';
import { SEARCH_ATTRIBUTES } from '../../src/contract';
import type { DevServer } from '../../src/dev-server';
import { connectClient, startTestServer } from '../rigs/temporal';

let server: DevServer;
let client: Client;
beforeAll(async () => {
  server = await startTestServer({ searchAttributes: { ImsExportPercent: 'Keyword' } });
  client = await connectClient(server);
});
afterAll(async () => {
  await client?.connection.close();
  await server?.stop();
});

describe('the search attributes of a namespace', () => {
  it('are registered where they are missing, and one of another type is told and left as it is', async () => {
    const before = await readSearchAttributes(client);
    expect(before.filter(({ registeredAs }) => registeredAs !== null).map(({ name }) => name)).toEqual([
      'ImsExportPercent',
    ]);
    const after = await registerSearchAttributes(client);
    expect(after).toEqual(
      Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) =>
        name === 'ImsExportPercent'
          ? { name, type, registered: false, registeredAs: 'KEYWORD' }
          : { name, type, registered: true, registeredAs: type },
      ),
    );
    expect(await registerSearchAttributes(client)).toEqual(after);
  });
});
