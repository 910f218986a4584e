/** Gives an order for each image, and prints how each ended as a line of JSON. */
import { randomUUID } from 'node:crypto';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Order, publishImage } from './workflows';

async function main(orders: Order[]): Promise<void> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await Connection.connect(connectionOptions);
  const client = new Client({ connection, namespace });
  const outcomes = orders.map((order) =>
    client.workflow.execute<typeof publishImage>('publishImage', {
      workflowId: `publish-${randomUUID()}`,
      taskQueue: 'orders',
      args: [order],
    }),
  );
  for (const outcome of outcomes) console.log(JSON.stringify(await outcome));
  await connection.close();
}

const words = process.argv.slice(2);
if (words.length === 0 || words.length % 2 !== 0) {
  console.error('Usage: npm run publish-image -- IMAGE_ID BUCKET:KEY [IMAGE_ID BUCKET:KEY ...]');
  process.exit(2);
}
const orders = words.flatMap((word, index) =>
  index % 2 === 0 ? [{ imageId: word, bucketUrl: words[index + 1] ?? '' }] : [],
);
main(orders).catch((error: unknown) => {
  console.error(error instanceof WorkflowFailedError ? error.cause?.message : error);
  process.exit(1);
});
