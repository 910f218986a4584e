import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevServer } from '../../src/dev-server';
import { accountFromEnvironment } from '../../src/huaweicloud';
import { createExportWorker } from '../../src/worker';
import { bundleOnce, connectWorker, startTestServer } from '../rigs/temporal';

const account = accountFromEnvironment({
  HUAWEICLOUD_SDK_AK: 'access-key',
  HUAWEICLOUD_SDK_SK: 'secret-key',
  IMS_EXPORT_REGION: 'cn-north-4',
});

let server: DevServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

describe('a worker of createExportWorker', () => {
  it('has the export activities beside those of its user', async () => {
    const connection = await connectWorker(server);
    const { worker, run } = await createExportWorker({
      connection,
      accounts: [account],
      worker: { workflowBundle: await bundleOnce(), activities: { sendMail: async () => 'sent' } },
    });
    expect([...worker.options.activities.keys()].sort()).toEqual([
      'imsDiscardObject',
      'imsListImages',
      'imsLookAtExports',
      'imsPlanBatch',
      'imsPollJob',
      'imsReconcileSubmit',
      'imsSubmitExport',
      'imsValidateExport',
      'imsVerifyObject',
      'sendMail',
    ]);
    const running = run();
    worker.shutdown();
    await running;
    await connection.close();
  });

  it('has a longer shutdown grace time than a POST may take', async () => {
    const connection = await connectWorker(server);
    const { worker, run } = await createExportWorker({
      connection,
      accounts: [account],
      worker: { workflowBundle: await bundleOnce() },
    });
    expect(worker.options.shutdownGraceTimeMs).toBeGreaterThan(4 * 60_000);
    const running = run();
    worker.shutdown();
    await running;
    await connection.close();
  });
});
