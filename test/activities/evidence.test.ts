import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';
import { heartbeatFailure, heartbeatProgress } from '../../src/activities/evidence';

it('F43 what an attempt has seen stays in the heartbeat beside what it fails with', async () => {
  const failed = { code: 'HTTP_503', message: 'away', httpStatus: 503, requestId: null, operation: 'GetObject' };
  const environment = new MockActivityEnvironment({ heartbeatDetails: { seen: { 'no object': 1 } } });
  const heartbeats: unknown[] = [];
  environment.on('heartbeat', (details: unknown) => heartbeats.push(details));
  await environment.run(async () => {
    heartbeatProgress({ object: { size: 1 } });
    heartbeatFailure(failed);
  });
  expect(heartbeats.at(-1)).toEqual({ object: { size: 1 }, seen: { 'no object': 1 }, failed });
});
