"""Runs a worker, gives it one order for each image, and prints how each ended as a line of JSON."""

import asyncio
import json
import os
import sys
import uuid

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker

from workflows import ArchiveImage, Order

TASK_QUEUE = "python-parents"


async def main(orders: list[Order]) -> None:
    # The server that TEMPORAL_ADDRESS and the like name; localhost:7233 without them.
    config = ClientConfig.load_client_connect_config()
    client = await Client.connect(**{"target_host": "localhost:7233", **config})
    async with Worker(client, task_queue=TASK_QUEUE, workflows=[ArchiveImage]):
        outcomes = [
            client.execute_workflow(ArchiveImage.run, order, id=f"archive-{uuid.uuid4()}", task_queue=TASK_QUEUE)
            for order in orders
        ]
        for outcome in await asyncio.gather(*outcomes):
            print(json.dumps(outcome))


if __name__ == "__main__":
    words = sys.argv[1:]
    if not words or len(words) % 2:
        sys.exit("Usage: python main.py IMAGE_ID BUCKET:KEY [IMAGE_ID BUCKET:KEY ...]")
    queue = os.environ.get("IMS_EXPORT_TASK_QUEUE", "ims-export")
    pairs = zip(words[::2], words[1::2])
    asyncio.run(main([Order(image_id, bucket_url, queue) for image_id, bucket_url in pairs]))
    # A script as short as this one can abort at its end, by the SDK's native threads (temporalio/sdk-python#300).
    sys.stdout.flush()
    os._exit(0)
