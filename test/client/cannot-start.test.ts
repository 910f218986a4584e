import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClient, startBatch, startExport } from '../../src/client';
import { dryRunExport } from '../../src/client/dry-run';
import { awaitWorkers } from '../../src/client/workers';
import { staticCredentials } from '../../src/huaweicloud';
import { errorCodeOf, type Rig, startRig } from '../rigs/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

const start = (input: ReturnType<Rig['input']>) => startExport(rig.client, input, { taskQueue: rig.taskQueue });

describe('a start that cannot work fails within seconds', () => {
  it('when the worker was there a moment ago, and takes no export, batch or dry run any more', async () => {
    const input = rig.input({ image: 'encrypted' });
    const { taskQueue } = rig;
    const wasStarted = 'was started, but no worker has taken it yet';
    const refused = async (what: string, attempt: Promise<unknown>, how = wasStarted) =>
      await expect(attempt).rejects.toMatchObject({
        code: 'NoWorker',
        message: expect.stringMatching(new RegExp(`^The ${what} .* ${how}\\. .* task queue ${taskQueue} `)),
        details: { started: true },
      });
    // Temporal remembers a poller for some minutes.
    expect(await awaitWorkers(rig.client, taskQueue, 'workflows')).toHaveLength(1);
    await rig.withoutWorker(async () => {
      await rig.startWorkflow(input);
      await Promise.all([
        refused('export', start(input), 'is running, but no worker answers for it'),
        refused('batch', startBatch(rig.client, { query: { tag: 'none' }, to: 'ims-image:{imageId}' }, { taskQueue })),
        refused('dry run', dryRunExport(rig.client, rig.input(), { taskQueue })),
      ]);
    });
    expect((await start(input)).how).toBe('joined');
  }, 60_000);

  it('when no worker polls the task queue', async () => {
    const attempt = startExport(rig.client, rig.input(), { taskQueue: 'nobody-is-here' });
    await expect(attempt).rejects.toMatchObject({
      code: 'NoWorker',
      message: expect.stringContaining('nobody-is-here'),
    });
  }, 30_000);

  it('when no Temporal server answers', async () => {
    process.env.TEMPORAL_ADDRESS = '127.0.0.1:1';
    try {
      expect(await errorCodeOf(connectClient())).toBe('TemporalUnreachable');
    } finally {
      delete process.env.TEMPORAL_ADDRESS;
    }
  }, 30_000);

  it('when the Temporal server stops after the client connected', async () => {
    const connection = Connection.lazy({ address: '127.0.0.1:1' });
    const client = new Client({ connection });
    expect(await errorCodeOf(startExport(client, rig.input()))).toBe('TemporalUnreachable');
    await connection.close();
  }, 60_000);

  it('when the credentials are wrong, after at most two rejected signatures', async () => {
    const wrong = await startRig({
      account: (account) => ({
        ...account,
        credentials: staticCredentials({ accessKey: rig.simulator.info.accessKey, secretKey: 'wrong' }),
      }),
    });
    try {
      const attempt = startExport(wrong.client, wrong.input(), { taskQueue: wrong.taskQueue });
      await expect(attempt).rejects.toMatchObject({
        code: 'AccessDenied',
        message: expect.stringContaining('access key'),
        details: { error: { httpStatus: 401 } },
      });
      expect(wrong.simulator.requests().filter(({ status }) => status === 401).length).toBeLessThanOrEqual(2);
    } finally {
      await wrong.close();
    }
  }, 60_000);
});
