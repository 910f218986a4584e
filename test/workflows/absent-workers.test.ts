import { ActivityFailure, ApplicationFailure, RetryState, TimeoutFailure, TimeoutType } from '@temporalio/common';
import { expect, it } from 'vitest';
import type { CloudErrorInfo } from '../../src/contract';
import { wasNotAnswered } from '../../src/workflows/absent-workers';
import { activityError } from '../../src/workflows/activity-stubs';

const timeout = (lastHeartbeatDetails?: unknown) =>
  new TimeoutFailure('activity timeout', lastHeartbeatDetails, TimeoutType.SCHEDULE_TO_CLOSE);
const ofActivity = (cause: Error) =>
  new ActivityFailure('Activity task failed', 'imsPollJob', '1', RetryState.TIMEOUT, 'worker', cause);
const failed: CloudErrorInfo = {
  code: 'HTTP_503',
  message: 'The cloud is away.',
  httpStatus: 503,
  requestId: null,
  operation: 'GetObject',
};

it.each([
  ['it was not taken', timeout()],
  ['the worker that took it was lost', timeout({ object: {} })],
  ['it was to read again, and nobody did', timeout({ seen: { 'no object': 1 } })],
])('nobody answered an activity when %s', (_what, cause) => {
  expect(wasNotAnswered(ofActivity(cause))).toBe(true);
});

it.each([
  ['met an error of the cloud before its time was over', timeout({ failed })],
  ['failed', ApplicationFailure.create({ type: 'TypeError' })],
])('somebody answered an activity that %s', (_what, cause) => {
  expect(wasNotAnswered(ofActivity(cause))).toBe(false);
});

it('the error of an activity whose time was over is the one that its last attempt met', () => {
  expect(activityError(ofActivity(timeout({ seen: {}, failed })), 'HeadObject')).toEqual(failed);
  expect(activityError(ofActivity(timeout()), 'HeadObject').code).toBe('ACTIVITY_TIMEOUT_SCHEDULE_TO_CLOSE');
});
