import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow';
import { msToTs } from '@temporalio/common/lib/time';
import {
  type BatchStatus,
  EXPORT_IMAGE_WORKFLOW,
  EXPORT_IMAGES_WORKFLOW,
  type ExportMemo,
  type ExportStatus,
} from '../../src/contract';

/** A workflow as Temporal and its worker would answer for it. */
export interface StubWorkflow {
  id: string;
  kind?: 'export' | 'batch';
  /** As in Temporal's `WorkflowExecutionStatus`. */
  state: 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELED' | 'TERMINATED';
  startedAt: string;
  closedAt?: string;
  memo?: ExportMemo | object;
  /** What its worker answers a query with; no worker where it is absent. */
  status?: ExportStatus | BatchStatus;
  /** What it returns, or what its client throws. */
  result?: object;
}

const STATES = ['', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELED', 'TERMINATED'];

/**
 * A client of a Temporal that knows these workflows: for what a command prints, where every character counts. What Temporal
 * really answers is for the tests with a server.
 */
export function stubTemporal(...workflows: StubWorkflow[]): Client {
  const rawOf = ({ id, kind = 'export', state, startedAt, closedAt, memo = {} }: StubWorkflow) => ({
    execution: { workflowId: id, runId: 'run' },
    type: { name: kind === 'batch' ? EXPORT_IMAGES_WORKFLOW : EXPORT_IMAGE_WORKFLOW },
    status: STATES.indexOf(state),
    startTime: msToTs(Date.parse(startedAt)),
    closeTime: closedAt && msToTs(Date.parse(closedAt)),
    memo: {
      fields: Object.fromEntries(
        Object.entries(memo).map(([name, value]) => [name, defaultPayloadConverter.toPayload(value)]),
      ),
    },
  });
  const find = (id: string) => {
    const found = workflows.find((one) => one.id === id);
    if (found === undefined) throw new WorkflowNotFoundError('no', id, undefined);
    return found;
  };
  return {
    withDeadline: (_at: number, call: () => unknown) => call(),
    options: { namespace: 'default', loadedDataConverter: loadDataConverter() },
    workflowService: {
      listWorkflowExecutions: async () => ({ executions: workflows.map(rawOf) }),
      describeWorkflowExecution: async ({ execution }: { execution: { workflowId: string } }) => ({
        workflowExecutionInfo: rawOf(find(execution.workflowId)),
      }),
    },
    workflow: {
      getHandle: (id: string) => ({
        query: async () => {
          const { status } = find(id);
          if (status === undefined) throw Object.assign(new Error('4 DEADLINE_EXCEEDED'), NO_WORKER);
          return status;
        },
        result: async () => {
          const { result } = find(id);
          if (result instanceof Error) throw result;
          return result;
        },
      }),
    },
  } as unknown as Client;
}

/** As gRPC reports a query that no worker takes. */
const NO_WORKER = { code: 4, details: 'Deadline exceeded', metadata: {} };
