/**
 * The token of an operation: what a cancel needs to know, since it brings nothing else.
 *
 * @module
 */

export interface OperationToken {
  /** Namespace of the export. */
  namespace: string;
  workflowId: string;
  /** First run of the export that was started or joined; a later export to the same destination is another one. */
  firstRunId: string;
  /** The caller's input said so. */
  cancelExport: boolean;
}

/** The type of a token that stands for a workflow, by the format that Temporal's SDKs share. */
const WORKFLOW_RUN = 1;

/** A token of a workflow in Temporal's format, with two more fields. */
export function encodeOperationToken({ namespace, workflowId, firstRunId, cancelExport }: OperationToken): string {
  const token = { t: WORKFLOW_RUN, ns: namespace, wid: workflowId, rid: firstRunId, cancelExport };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** Undefined when it is not a token of this service. */
export function decodeOperationToken(text: string): OperationToken | undefined {
  const { t, ns: namespace, wid: workflowId, rid: firstRunId, cancelExport } = fieldsOf(text);
  const isComplete = t === WORKFLOW_RUN && typeof cancelExport === 'boolean';
  if (!isComplete || typeof namespace !== 'string') return undefined;
  if (typeof workflowId !== 'string' || typeof firstRunId !== 'string') return undefined;
  return { namespace, workflowId, firstRunId, cancelExport };
}

function fieldsOf(text: string): { [field: string]: unknown } {
  try {
    return Object(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    return {};
  }
}
