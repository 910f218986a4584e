import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { accountsFromEnvironment, ImsExportPlugin } from 'temporal-ims-export';
import { readExport } from 'temporal-ims-export/client';
import { type ExportImageInput, exportWorkflowId } from 'temporal-ims-export/contract';
import { environmentOf, type Simulator } from 'temporal-ims-export/testing';
import * as activities from './activities';
import { archiveImage, remind } from './workflows';

/** What the workflows of this project came to. */
export interface Outcome {
  archived: string;
  reminded: string;
  phase: string | undefined;
}

/** Exports an image as a child of this project's workflow, beside another workflow of it. */
export async function archiveOneImage(address: string, { info }: Simulator): Promise<Outcome> {
  const taskQueue = `cjs-node16-${randomUUID()}`;
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: require.resolve('./workflows'),
    activities,
    plugins: [new ImsExportPlugin({ accounts: accountsFromEnvironment(environmentOf(info)) })],
  });
  const client = new Client({ connection: await Connection.connect({ address }) });
  const input: ExportImageInput = {
    imageId: info.images.linux ?? '',
    bucketUrl: `${info.bucket}:${taskQueue}.qcow2`,
    fileFormat: 'qcow2',
    options: { minInterval: 200, maxInterval: '1s' },
  };
  const start = { taskQueue, workflowId: randomUUID() };
  try {
    return await worker.runUntil(async () => {
      const [archived, reminded] = await Promise.all([
        client.workflow.execute(archiveImage, { ...start, args: [input] }),
        client.workflow.execute(remind, { ...start, workflowId: randomUUID(), args: ['rotate the keys'] }),
      ]);
      const { status } = await readExport(client, exportWorkflowId(input.bucketUrl));
      return { archived, reminded, phase: status?.phase };
    });
  } finally {
    await Promise.all([connection.close(), client.connection.close()]);
  }
}
