/** What a schedule does is in test/cli/batch.test.ts. */
import { describe, expect, it } from 'vitest';
import { scheduleBatch, startBatch, startExport } from '../../src/client';
import { namespaceOfThisFile } from '../rigs/namespace';
import { connectClient } from '../rigs/temporal';

const temporal = namespaceOfThisFile();

const INPUT = { query: { tag: 'backup' }, to: 'ims-image:{date}/{imageId}' };
const NIGHTLY = { name: 'nightly', cron: '30 2 * * *' };

describe('the schedule of a batch', () => {
  it("is refused for its cron expression only where that is Temporal's objection", async () => {
    await expect(scheduleBatch(temporal.client, INPUT, { ...NIGHTLY, cron: 'at night' })).rejects.toMatchObject({
      code: 'InvalidExportRequest',
      details: { field: 'cron' },
    });
    const withoutKey = async () => {
      throw new TypeError('there is no key');
    };
    const payloadCodecs = [{ encode: withoutKey, decode: withoutKey }];
    const client = await connectClient(temporal.server, { dataConverter: { payloadCodecs } });
    await expect(scheduleBatch(client, INPUT, NIGHTLY)).rejects.toThrow(/^there is no key$/);
    await client.connection.close();
  });

  it('is refused for a task queue without a name, as are a batch and an export', async () => {
    const { client } = temporal;
    const input = {
      imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64',
      bucketUrl: 'ims-image:a.qcow2',
      fileFormat: 'qcow2' as const,
    };
    const taskQueue = '';
    const attempts = [
      scheduleBatch(client, INPUT, { ...NIGHTLY, taskQueue }),
      startBatch(client, INPUT, { taskQueue }),
      startExport(client, input, { taskQueue }),
    ];
    for (const attempt of await Promise.allSettled(attempts)) {
      expect(attempt).toMatchObject({
        reason: { code: 'InvalidExportRequest', message: expect.stringContaining('taskQueue is ""') },
      });
    }
  });
});
