import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClient, startExport } from '../../src/client';
import { staticCredentials } from '../../src/huaweicloud';
import { errorCodeOf, type Rig, startRig } from '../rigs/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

const start = (input: ReturnType<Rig['input']>) => startExport(rig.client, input, { taskQueue: rig.taskQueue });

describe('a start that cannot work fails within seconds', () => {
  it('when it joins an export that no worker has taken', async () => {
    const input = rig.input({ image: 'encrypted' });
    await rig.withoutWorker(async () => {
      await rig.startWorkflow(input);
      await expect(start(input)).rejects.toMatchObject({
        code: 'NoWorker',
        message: expect.stringContaining('was started, but no worker has taken it yet'),
        details: { started: true },
      });
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
