/** One worker for both: the orders and their exports. It needs the credentials of the cloud, as `ims-export worker` does. */
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { accountsFromEnvironment, createExportWorker } from 'temporal-ims-export';
import * as activities from './activities';

async function main(): Promise<void> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions);
  const { run } = await createExportWorker({
    connection,
    namespace,
    taskQueue: 'orders',
    accounts: accountsFromEnvironment(process.env),
    worker: { workflowsPath: require.resolve('./workflows'), activities },
  });
  await run();
  await connection.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
