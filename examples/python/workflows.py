"""A workflow of one's own, in Python, that needs an image in OBS before it goes on."""

from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError, ChildWorkflowError, WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowCancellationType, ParentClosePolicy


@dataclass
class Order:
    image_id: str
    bucket_url: str
    """Destination, `<bucket>:<object key>`."""
    export_task_queue: str = "ims-export"
    """Where the worker of temporal-ims-export polls: this worker has no export workflow."""


@workflow.defn
class ArchiveImage:
    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        try:
            exported = await self.export(order)
        except WorkflowAlreadyStartedError as error:
            return {"state": "busy", "runsAs": error.workflow_id}
        except ChildWorkflowError as error:
            failure = error.cause
            if not isinstance(failure, ApplicationError):
                # Canceled, or terminated from outside.
                raise
            details = failure.details[0]
            if failure.type == "ExportOutcomeUnknown":
                return {"state": "unknown", "jobId": details["jobId"], "reason": details["reason"]}
            return {"state": "failed", "type": failure.type, "message": failure.message, "details": details}
        # What the business does with its image comes here.
        return {"state": "archived", "object": exported["object"]}

    async def export(self, order: Order) -> dict[str, Any]:
        """Starts the export by its type name. Input and result are plain JSON."""
        return await workflow.execute_child_workflow(
            "exportImageWorkflow",
            {"imageId": order.image_id, "bucketUrl": order.bucket_url, "fileFormat": "qcow2"},
            # One destination, one tracker: every caller of this destination makes the same id.
            id=f"ims-export:{order.bucket_url}",
            task_queue=order.export_task_queue,
            # The export stays tracked when this workflow ends first, or is canceled.
            parent_close_policy=ParentClosePolicy.ABANDON,
            cancellation_type=ChildWorkflowCancellationType.ABANDON,
            static_summary=f"Export image {order.image_id}",
        )
