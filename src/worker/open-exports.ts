/**
 * How many exports are open, for the metric `ims_export_open`.
 *
 * Only Temporal knows: workers come and go, and none holds all exports of its queue. Each worker asks it, and all show the
 * same number.
 *
 * @module
 */
import type { Client } from '@temporalio/client';
import type { Logger } from '@temporalio/common';
import { EXPORT_IMAGE_WORKFLOW } from '../contract';
import { type Meter, setGauge } from '../metrics';

export interface OpenExportsOptions {
  client: Client;
  taskQueue: string;
  /** With the labels of the worker. */
  meter: Meter;
  logger: Logger;
  /** @default 30 s: a count is one call of Temporal's visibility */
  everyMs?: number;
}

const EVERY_MS = 30_000;
const ANSWER_WITHIN_MS = 10_000;

/** Counts now and then, until it is stopped. A count that fails leaves the number, and its age, as they are. */
export function countOpenExports(options: OpenExportsOptions): { stop(): void } {
  const { everyMs = EVERY_MS, logger } = options;
  let isFailing = false;
  const count = () =>
    countOnce(options).then(
      () => {
        isFailing = false;
      },
      (error: unknown) => {
        // Once for an outage of Temporal, which other lines report as well.
        if (!isFailing) logger.warn('Open exports could not be counted', { reason: String(error) });
        isFailing = true;
      },
    );
  void count();
  const timer = setInterval(count, everyMs).unref();
  return { stop: () => clearInterval(timer) };
}

async function countOnce({ client, taskQueue, meter }: OpenExportsOptions): Promise<void> {
  // One that is paused in Temporal is open too. Servers that cannot pause refuse a query by that status.
  const query = `WorkflowType = "${EXPORT_IMAGE_WORKFLOW}" AND CloseTime IS NULL AND TaskQueue = ${quoted(taskQueue)}`;
  const { count } = await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => client.workflow.count(query));
  setGauge(meter, 'ims_export_open', {}, count);
  setGauge(meter, 'ims_export_open_counted_at_seconds', {}, Math.floor(Date.now() / 1000));
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;
}
