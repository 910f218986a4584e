import { CancellationScope, condition } from '@temporalio/workflow';
import { cancelExports } from './children';
import { publish } from './publishing';
import { type Batch, settle, tallyOf } from './state';

/**
 * Passes a cancel on to every export that runs, and waits until each of them has ended: at once where it detaches, when its
 * job has ended where it drains. Silent ones are checked, so that the wait always ends.
 */
export function cancelAll(batch: Batch): Promise<void> {
  return CancellationScope.nonCancellable(async () => {
    batch.canceling = true;
    await condition(() => batch.starting.size === 0);
    for (const [position, item] of batch.items.entries()) {
      if (item.at !== 'pending') continue;
      const { imageId, bucketUrl } = item.planned;
      settle(batch, position, { imageId, bucketUrl, verdict: 'notStarted' });
    }
    publish(batch);
    await cancelExports(batch);
    // Their next check is earlier now.
    batch.checkNow = true;
    while (tallyOf(batch).ended < batch.items.length) {
      batch.wake = false;
      publish(batch);
      await condition(() => batch.wake);
    }
  });
}
