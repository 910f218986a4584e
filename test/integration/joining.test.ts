import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClient, ExportError, startExport } from '../../src/client';
import { staticCredentials } from '../../src/huaweicloud';
import { type Rig, startRig, untilStatus } from '../rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ simulator: { jobSeconds: 3 } });
});
afterAll(() => rig.close());

const start = (input: ReturnType<Rig['input']>) => startExport(rig.client, input, { taskQueue: rig.taskQueue });

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (failed: unknown) => failed,
  );
  expect(error).toBeInstanceOf(ExportError);
  return (error as ExportError).code;
}

describe('starting the same destination again', () => {
  it('joins the running export when the intent is the same', async () => {
    const input = rig.input();
    const first = await start(input);
    const second = await start(input);
    expect(first.how).toBe('started');
    expect(second).toMatchObject({ how: 'joined', jobId: first.jobId, workflowId: first.workflowId });
    expect(await second.result()).toEqual(await first.result());
    expect(rig.simulator.jobs().filter(({ bucketUrl }) => bucketUrl === input.bucketUrl)).toHaveLength(1);
  });

  it('makes one export of many starts at the same moment', async () => {
    const input = rig.input({ image: 'dataDisk' });
    const started = await Promise.all(Array.from({ length: 8 }, () => start(input)));
    expect(new Set(started.map(({ jobId }) => jobId)).size).toBe(1);
    expect(rig.simulator.jobs().filter(({ bucketUrl }) => bucketUrl === input.bucketUrl)).toHaveLength(1);
  });

  it('is refused as DestinationBusy for another image or another format, which names what runs', async () => {
    const input = rig.input({ image: 'encrypted' });
    await start(input);
    const { bucketUrl } = input;
    const otherFormat = start(rig.input({ image: 'encrypted', bucketUrl, fileFormat: 'vhd' }));
    await expect(otherFormat).rejects.toMatchObject({
      code: 'DestinationBusy',
      message: expect.stringContaining(input.imageId),
      details: { running: { imageId: input.imageId, fileFormat: 'qcow2' } },
    });
    expect(await codeOf(start(rig.input({ image: 'linux', bucketUrl })))).toBe('DestinationBusy');
    expect(await codeOf(start(rig.input({ image: 'encrypted', bucketUrl, isQuickExport: true })))).toBe(
      'DestinationBusy',
    );
  });

  it('gives the earlier result after a success, and DestinationExists for another image or format', async () => {
    const input = rig.input({ image: 'windowsFromFile' });
    const first = await (await start(input)).result();
    const again = await start(input);
    expect(again).toMatchObject({ how: 'alreadySucceeded', jobId: first.jobId });
    expect(await again.result()).toEqual(first);
    const { bucketUrl } = input;
    expect(await codeOf(start(rig.input({ image: 'windowsFromFile', bucketUrl, fileFormat: 'vmdk' })))).toBe(
      'DestinationExists',
    );
    expect(await codeOf(start(rig.input({ image: 'linux', bucketUrl })))).toBe('DestinationExists');
  });

  it('may be tried again after a refusal', async () => {
    const { bucketUrl } = rig.input();
    expect(await codeOf(start(rig.input({ image: 'iso', bucketUrl })))).toBe('ExportNotAllowed');
    expect((await start(rig.input({ image: 'exactly128GiB', bucketUrl }))).how).toBe('started');
  });

  it('after a cancel never exports twice, and says what the earlier run left in the cloud', async () => {
    const input = rig.input({ image: 'large', isQuickExport: true, options: { whenImageBusy: 'fail' } });
    const { workflowId, jobId } = await start(input);
    await rig.client.workflow.getHandle(workflowId).cancel();
    await untilStatus(rig.client, workflowId, ({ outcome }) => outcome === 'canceled');
    await expect(start(input)).rejects.toMatchObject({
      code: 'SubmitRejected',
      message: expect.stringMatching(new RegExp(`IMG\\.0148.*ended as canceled and left job ${jobId}`)),
    });
    rig.simulator.clock.advance(10_000);
    expect(await codeOf(start(input))).toBe('DestinationExists');
    expect(rig.simulator.jobs().filter(({ bucketUrl }) => bucketUrl === input.bucketUrl)).toHaveLength(1);
  });
});

describe('a start that cannot work says so within seconds', () => {
  it('when no worker polls the task queue', async () => {
    const attempt = startExport(rig.client, rig.input(), { taskQueue: 'nobody-is-here' });
    await expect(attempt).rejects.toMatchObject({
      code: 'NoWorker',
      message: expect.stringContaining('nobody-is-here'),
    });
  }, 10_000);

  it('when no Temporal server answers', async () => {
    process.env.TEMPORAL_ADDRESS = '127.0.0.1:1';
    try {
      expect(await codeOf(connectClient())).toBe('TemporalUnreachable');
    } finally {
      delete process.env.TEMPORAL_ADDRESS;
    }
  }, 10_000);

  it('when the Temporal server is gone after it was there', async () => {
    const connection = Connection.lazy({ address: '127.0.0.1:1' });
    const client = new Client({ connection });
    expect(await codeOf(startExport(client, rig.input()))).toBe('TemporalUnreachable');
    await connection.close();
  }, 20_000);

  it('when the credentials are wrong, after at most two refused signatures', async () => {
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
  }, 20_000);
});
