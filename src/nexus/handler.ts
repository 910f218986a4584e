/**
 * The worker's side of the Nexus service `ims-export`.
 *
 * @module
 */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { getClient, log, operationInfo } from '@temporalio/nexus';
import {
  type CancelOperationContext,
  HandlerError,
  HandlerStartOperationResult,
  type OperationContext,
  type OperationHandler,
  type ServiceHandler,
  type StartOperationContext,
  serviceHandler,
} from 'nexus-rpc';
import { type ExportImageInput, type ExportImageResult, exportWorkflowId } from '../contract';
import { invalidField } from '../export/failures';
import { type ExportOperationInput, imsExportService } from '../nexus';
import { parseExportStart } from '../request/export';
import { toNexusError } from './errors';
import { startOrJoin } from './join';
import { decodeOperationToken, encodeOperationToken } from './operation-token';

export interface ExportNexusServiceOptions {
  /** Where the exports run that this service starts. The worker's own task queue when absent. */
  taskQueue?: string;
}

/**
 * The Nexus service of exports, for `Worker.create({ nexusServices })`. The ready worker has it already.
 *
 * Callers of the same image, format and destination share one export; another image or format at a destination in use
 * fails as `DestinationBusy`, as with `startExport` of the client.
 *
 * @example
 * ```ts
 * const worker = await Worker.create({ ...options, nexusServices: [exportNexusService()] });
 * ```
 */
export function exportNexusService(
  options: ExportNexusServiceOptions = {},
): ServiceHandler<typeof imsExportService.operations> {
  return serviceHandler(imsExportService, { exportImage: new ExportImageHandler(options) });
}

class ExportImageHandler implements OperationHandler<ExportOperationInput, ExportImageResult> {
  constructor(private readonly options: ExportNexusServiceOptions) {}

  /** Returns once the export is started or joined; Temporal reports its end to the caller. */
  async start(
    context: StartOperationContext,
    input: ExportOperationInput,
  ): Promise<HandlerStartOperationResult<ExportImageResult>> {
    const { bucketUrl } = Object(input) as { bucketUrl?: unknown };
    const workflowId = exportWorkflowId(String(bucketUrl));
    try {
      const { exportInput, cancelExport } = splitInput(input);
      const request = parseExportStart(exportInput);
      const client = getClient();
      const firstRunId = await inTime(context, client, () =>
        startOrJoin({ context, client, taskQueue: this.options.taskQueue }, exportInput, request),
      );
      const { namespace } = operationInfo();
      return HandlerStartOperationResult.async(
        encodeOperationToken({ namespace, workflowId, firstRunId, cancelExport }),
      );
    } catch (error) {
      throw toNexusError(error, workflowId);
    }
  }

  /** Several callers wait for one export, so the cancel of one ends it only where that one asked for it at its start. */
  async cancel(context: CancelOperationContext, token: string): Promise<void> {
    const operation = decodeOperationToken(token);
    if (operation === undefined) throw new HandlerError('BAD_REQUEST', 'The token is not one of this service.');
    const { workflowId, firstRunId, cancelExport } = operation;
    if (!cancelExport) {
      log.info('A caller stopped waiting for an export, which continues', { workflowId });
      return;
    }
    const client = getClient();
    try {
      await inTime(context, client, () =>
        client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId: firstRunId }).cancel(),
      );
    } catch (error) {
      // It has ended, and there is nothing left to cancel.
      if (!(error instanceof WorkflowNotFoundError)) throw toNexusError(error, workflowId);
    }
  }
}

/**
 * The switch is this service's own; the rest is what the workflow is started with. An export can report its end only to
 * workflows of its own namespace, to which a caller has no access, and must not get any by this.
 */
function splitInput(input: ExportOperationInput): { exportInput: ExportImageInput; cancelExport: boolean } {
  // Anything can come over the wire: what is no object is left to the check of the input.
  if (typeof input !== 'object' || input === null) return { exportInput: input, cancelExport: false };
  const { cancelExport, ...exportInput } = input as { [field in keyof ExportOperationInput]?: unknown };
  if (exportInput.notify != null) {
    throw invalidField('notify', exportInput.notify, 'nothing: the caller of the operation gets its result');
  }
  if (cancelExport != null && typeof cancelExport !== 'boolean') {
    throw invalidField('cancelExport', cancelExport, 'true or false');
  }
  return { exportInput: exportInput as ExportImageInput, cancelExport: cancelExport ?? false };
}

/** Nexus gives a handler about ten seconds; what is left of them is for the answer's way back. */
const MAX_MS = 8_000;
const WAY_BACK_MS = 1_000;

function inTime<T>({ requestDeadline }: OperationContext, client: Client, calls: () => Promise<T>): Promise<T> {
  const latestMs = (requestDeadline?.getTime() ?? Number.POSITIVE_INFINITY) - WAY_BACK_MS;
  return client.withDeadline(Math.min(Date.now() + MAX_MS, latestMs), calls);
}
