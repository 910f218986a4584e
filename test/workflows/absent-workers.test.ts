import { ActivityFailure, ApplicationFailure, RetryState, TimeoutFailure, TimeoutType } from '@temporalio/common';
import { expect, it } from 'vitest';
import { wasNotAnswered } from '../../src/workflows/absent-workers';

const timeout = (cause?: Error) =>
  Object.assign(new TimeoutFailure('activity timeout', undefined, TimeoutType.SCHEDULE_TO_CLOSE), { cause });
const ofActivity = (cause: Error) =>
  new ActivityFailure('Activity task failed', 'imsPollJob', '1', RetryState.TIMEOUT, 'worker', cause);

it.each([
  ['it was not taken', timeout()],
  ['the worker that took it was lost', timeout(timeout())],
])('nobody answered an activity when %s', (_what, cause) => {
  expect(wasNotAnswered(ofActivity(cause))).toBe(true);
});

it.each([
  ['met an error of the cloud', timeout(ApplicationFailure.create({ type: 'CloudError', details: [{}] }))],
  ['has found something once, and was to read again', timeout(ApplicationFailure.create({ type: 'ReadAgain' }))],
  ['met an error of the worker', timeout(timeout(ApplicationFailure.create({ type: 'TypeError' })))],
  ['failed', ApplicationFailure.create({ type: 'TypeError' })],
])('somebody answered an activity that %s', (_what, cause) => {
  expect(wasNotAnswered(ofActivity(cause))).toBe(false);
});
