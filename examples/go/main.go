// Runs a worker, gives it one order for each image, and prints how each ended as a line of JSON.
package main

import (
	"context"
	"encoding/json"
	"log"
	"log/slog"
	"os"

	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
)

const taskQueue = "go-parents"

func main() {
	words := os.Args[1:]
	if len(words) == 0 || len(words)%2 != 0 {
		log.Fatal("Usage: go run . IMAGE_ID BUCKET:KEY [IMAGE_ID BUCKET:KEY ...]")
	}
	exportTaskQueue := os.Getenv("IMS_EXPORT_TASK_QUEUE")
	if exportTaskQueue == "" {
		exportTaskQueue = "ims-export"
	}
	// Empty means localhost:7233 and the namespace default.
	temporal, err := client.Dial(client.Options{
		HostPort:  os.Getenv("TEMPORAL_ADDRESS"),
		Namespace: os.Getenv("TEMPORAL_NAMESPACE"),
		// By default the SDK logs to stdout, between the outcomes.
		Logger: temporallog.NewStructuredLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))),
	})
	if err != nil {
		log.Fatalln("No Temporal server answers:", err)
	}
	defer temporal.Close()

	parents := worker.New(temporal, taskQueue, worker.Options{})
	parents.RegisterWorkflow(ArchiveImage)
	if err := parents.Start(); err != nil {
		log.Fatalln("The worker does not start:", err)
	}
	defer parents.Stop()

	var runs []client.WorkflowRun
	for ; len(words) > 0; words = words[2:] {
		order := Order{ImageID: words[0], BucketURL: words[1], ExportTaskQueue: exportTaskQueue}
		options := client.StartWorkflowOptions{TaskQueue: taskQueue}
		run, err := temporal.ExecuteWorkflow(context.Background(), options, ArchiveImage, order)
		if err != nil {
			log.Fatalln("The order was not taken:", err)
		}
		runs = append(runs, run)
	}
	lines := json.NewEncoder(os.Stdout)
	for _, run := range runs {
		var outcome Outcome
		if err := run.Get(context.Background(), &outcome); err != nil {
			log.Fatalln("The order failed:", err)
		}
		if err := lines.Encode(outcome); err != nil {
			log.Fatal(err)
		}
	}
}
