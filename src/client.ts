/**
 * Starting, reading and steering exports over Temporal.
 *
 * Run directly, it exports one image and waits for the result:
 * `npm run client -- --image ID --to BUCKET:KEY (--format FORMAT | --quick)`.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { connectClient } from './client/connect';
import { followExport } from './client/follow';
import { startExport } from './client/start';
import { DEFAULT_TASK_QUEUE, type ExportImageInput } from './contract';
import { print, printJson, printToStderr } from './terminal/output';

export { attachExport } from './client/attach';
export {
  type BatchReport,
  batchResult,
  cancelBatch,
  followBatch,
  isBatch,
  pauseBatch,
  readBatch,
  resumeBatch,
  retuneBatch,
  type StartBatchOptions,
  type StartedBatch,
  startBatch,
} from './client/batch';
export { connectClient } from './client/connect';
export { ExportError, type ExportErrorCode } from './client/errors';
export { type ExportReport, followExport, listExports, readExport } from './client/follow';
export { exportResult } from './client/result';
export { type ScheduleBatchOptions, type ScheduledBatch, scheduleBatch } from './client/schedule';
export {
  readSearchAttributes,
  registerSearchAttributes,
  type SearchAttributeReport,
} from './client/search-attributes';
export { type StartedExport, type StartOptions, startExport } from './client/start';
export { cancelExport, pausePolling, pollNow, resolveSubmission, resumePolling, retuneExport } from './client/steer';
export { ProxyConfigurationError } from './network/proxies';
export { TemporalConfigurationError } from './temporal/configuration-error';
export { DataConverterError } from './temporal/data-converter';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      image: { type: 'string' },
      to: { type: 'string' },
      format: { type: 'string' },
      quick: { type: 'boolean' },
    },
  });
  // startExport reports what is missing or wrong, field by field.
  const chosen = values.quick ? { isQuickExport: true } : { fileFormat: values.format };
  const input = { imageId: values.image, bucketUrl: values.to, ...chosen } as ExportImageInput;
  const client = await connectClient();
  try {
    const taskQueue = process.env.IMS_EXPORT_TASK_QUEUE || DEFAULT_TASK_QUEUE;
    print('Waiting until the cloud has accepted the export …');
    const onWaiting = (why: string) => printToStderr(`waiting: ${why}`);
    const { workflowId, jobId, result } = await startExport(client, input, { taskQueue, onWaiting });
    print(`${workflowId} runs as job ${jobId}`);
    for await (const { status } of followExport(client, workflowId)) {
      if (status !== null) print(`${status.phase} ${status.jobStatus} ${status.progress}`);
    }
    printJson(await result());
  } finally {
    await client.connection.close();
  }
}

if (typeof require !== 'undefined' && require.main === module) {
  main().catch((error: unknown) => {
    printToStderr(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
}
