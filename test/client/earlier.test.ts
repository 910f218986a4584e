import { afterAll, beforeAll, expect, it } from 'vitest';
import { earlierOf } from '../../src/client/earlier';
import { EXPORT_IMAGE_WORKFLOW } from '../../src/contract';
import { isUnreachable } from '../../src/temporal/unreachable';
import { type GrpcProxy, startGrpcProxy } from '../rigs/grpc-proxy';
import { namespaceOfThisFile } from '../rigs/namespace';
import { connectClient } from '../rigs/temporal';

const temporal = namespaceOfThisFile();
let proxy: GrpcProxy;
beforeAll(async () => {
  proxy = await startGrpcProxy(temporal.server.address);
});
afterAll(() => proxy.close());

it('an earlier run is read within the time that its caller has, as the handler of Nexus has little', async () => {
  const client = await connectClient({ ...temporal.server, address: proxy.address });
  try {
    proxy.answer('GetWorkflowExecutionHistory', 'never');
    const succeeded = {
      ...{ workflowId: 'ims-export:ims-image:a', runId: 'f8d5c3a0-0000-4000-8000-000000000000' },
      ...{ type: EXPORT_IMAGE_WORKFLOW, closeTime: new Date(), memo: { outcome: 'succeeded' } as const },
    };
    const startedAtMs = performance.now();
    const reading = client.withDeadline(Date.now() + 500, () => earlierOf(client, succeeded));
    expect(isUnreachable(await reading.catch((error: unknown) => error))).toBe(true);
    expect(performance.now() - startedAtMs).toBeLessThan(4_000);
  } finally {
    await client.connection.close();
  }
});
