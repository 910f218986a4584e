const { randomUUID } = require('node:crypto');
const { Client, Connection } = require('@temporalio/client');
const { NativeConnection, Worker } = require('@temporalio/worker');
const { accountsFromEnvironment, ImsExportPlugin } = require('temporal-ims-export');
const { readExport } = require('temporal-ims-export/client');
const { exportWorkflowId } = require('temporal-ims-export/contract');
const { environmentOf } = require('temporal-ims-export/testing');
const activities = require('./activities');

/** Exports an image as a child of this project's workflow, beside another workflow of it. */
exports.archiveOneImage = async (address, { info }) => {
  const taskQueue = `javascript-${randomUUID()}`;
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: require.resolve('./workflows'),
    activities,
    plugins: [new ImsExportPlugin({ accounts: accountsFromEnvironment(environmentOf(info)) })],
  });
  const client = new Client({ connection: await Connection.connect({ address }) });
  const input = {
    imageId: info.images.linux,
    bucketUrl: `${info.bucket}:${taskQueue}.qcow2`,
    fileFormat: 'qcow2',
    options: { minInterval: 200, maxInterval: '1s' },
  };
  try {
    return await worker.runUntil(async () => {
      const [archived, reminded] = await Promise.all([
        client.workflow.execute('archiveImage', { taskQueue, workflowId: randomUUID(), args: [input] }),
        client.workflow.execute('remind', { taskQueue, workflowId: randomUUID(), args: ['rotate the keys'] }),
      ]);
      const { status } = await readExport(client, exportWorkflowId(input.bucketUrl));
      return { archived, reminded, phase: status?.phase };
    });
  } finally {
    await Promise.all([connection.close(), client.connection.close()]);
  }
};
