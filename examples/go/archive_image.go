// A workflow of one's own, in Go, that needs an image in OBS before it goes on.
package main

import (
	"errors"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

type Order struct {
	ImageID string
	// Destination, <bucket>:<object key>.
	BucketURL string
	// Where the worker of temporal-ims-export polls: this worker has no export workflow.
	ExportTaskQueue string
}

type Outcome struct {
	// archived, busy, unknown or failed
	State   string         `json:"state"`
	Object  map[string]any `json:"object,omitempty"`
	RunsAs  string         `json:"runsAs,omitempty"`
	JobID   string         `json:"jobId,omitempty"`
	Reason  string         `json:"reason,omitempty"`
	Type    string         `json:"type,omitempty"`
	Message string         `json:"message,omitempty"`
	Details map[string]any `json:"details,omitempty"`
}

func ArchiveImage(ctx workflow.Context, order Order) (*Outcome, error) {
	object, err := exportImage(ctx, order)
	var failure *temporal.ApplicationError
	switch {
	case err == nil:
		// What the business does with its image comes here.
		return &Outcome{State: "archived", Object: object}, nil
	case temporal.IsWorkflowExecutionAlreadyStartedError(err):
		return &Outcome{State: "busy", RunsAs: exportWorkflowID(order)}, nil
	case !errors.As(err, &failure):
		// Canceled, or terminated from outside.
		return nil, err
	case failure.Type() == "ExportOutcomeUnknown":
		// Only the details that are decided by.
		var details struct {
			JobID  string `json:"jobId"`
			Reason string `json:"reason"`
		}
		if err := failure.Details(&details); err != nil {
			return nil, err
		}
		return &Outcome{State: "unknown", JobID: details.JobID, Reason: details.Reason}, nil
	default:
		var details map[string]any
		if err := failure.Details(&details); err != nil {
			return nil, err
		}
		return &Outcome{State: "failed", Type: failure.Type(), Message: failure.Message(), Details: details}, nil
	}
}

// exportImage starts the export by its type name and waits for the object. Input and result are plain JSON.
func exportImage(ctx workflow.Context, order Order) (map[string]any, error) {
	// Go cancels a child with its context: in one of its own the export goes on when this workflow is canceled.
	ownContext, _ := workflow.NewDisconnectedContext(ctx)
	export := workflow.ExecuteChildWorkflow(
		workflow.WithChildOptions(ownContext, workflow.ChildWorkflowOptions{
			// One destination, one tracker: every caller of this destination makes the same id.
			WorkflowID: exportWorkflowID(order),
			TaskQueue:  order.ExportTaskQueue,
			// The export stays tracked when this workflow ends first.
			ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
			StaticSummary:     "Export image " + order.ImageID,
		}),
		"exportImageWorkflow",
		map[string]any{"imageId": order.ImageID, "bucketUrl": order.BucketURL, "fileFormat": "qcow2"},
	)
	// Ends with an error when this workflow is canceled.
	if err := workflow.Await(ctx, export.IsReady); err != nil {
		return nil, err
	}
	var result struct {
		Object map[string]any `json:"object"`
	}
	err := export.Get(ctx, &result)
	return result.Object, err
}

func exportWorkflowID(order Order) string {
	return "ims-export:" + order.BucketURL
}
