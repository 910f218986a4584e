/**
 * The activities of a batch as the workflow calls them, each with its time limits.
 *
 * @module
 */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { BatchActivities } from '../../contract';
import { SUBMIT_BUDGET_MS } from '../activity-stubs';

/** Reads the images, page by page. The activity itself gives up when the cloud has been away for half an hour. */
export const { imsPlanBatch } = proxyActivities<BatchActivities>({
  startToCloseTimeout: '10m',
  scheduleToCloseTimeout: SUBMIT_BUDGET_MS,
  heartbeatTimeout: '60s',
  retry: { initialInterval: '2s', maximumInterval: '30s' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/** Reads of Temporal. Without an answer the next check is enough. */
export const { imsLookAtExports } = proxyActivities<BatchActivities>({
  startToCloseTimeout: '2m',
  scheduleToCloseTimeout: '5m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '20s' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});
