import { Context } from '@temporalio/activity';
import { isGrpcServiceError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes';
import { SEARCH_ATTRIBUTES } from '../contract';
import { messageOf } from '../export/quoting';
import { textOf } from '../temporal/unreachable';

/** What Temporal knows of the search attributes that an export upserts. */
export type Registration =
  | { kind: 'known'; namespace: string; missing: string[] }
  /** Temporal does not list them, and takes no query by them. */
  | { kind: 'refused'; reason: string };

const CALL_LIMIT_MS = 5_000;

/**
 * Which of the search attributes are not registered in the namespace of this activity, or by another type.
 *
 * A server that does not list them to this worker still takes or refuses a query by them, as it takes or refuses an upsert.
 *
 * @throws ApplicationFailure TemporalUnavailable, retryable, while it cannot be asked
 */
export async function readRegistration(): Promise<Registration> {
  const { client } = Context.current();
  const { namespace } = client.options;
  try {
    const { customAttributes } = await bounded(() =>
      client.connection.operatorService.listSearchAttributes({ namespace }),
    );
    const missing = Object.entries(SEARCH_ATTRIBUTES)
      .filter(([name, type]) => customAttributes?.[name] !== encodeSearchAttributeIndexedValueType(type))
      .map(([name, type]) => `${name} (${type})`);
    return { kind: 'known', namespace, missing };
  } catch (notListed) {
    return await readByQuery(namespace, messageOf(textOf(notListed)));
  }
}

/** Refused by a server that has no attribute of the name, or has it by another type. */
const QUERY = Object.entries(SEARCH_ATTRIBUTES)
  .map(([name, type]) => `${name} ${type === 'INT' ? '= 1' : "STARTS_WITH 'x'"}`)
  .join(' AND ');

async function readByQuery(namespace: string, notListed: string): Promise<Registration> {
  const { client } = Context.current();
  try {
    await bounded(() => client.workflowService.countWorkflowExecutions({ namespace, query: QUERY }));
    return { kind: 'known', namespace, missing: [] };
  } catch (error) {
    const said = messageOf(textOf(error));
    const reason = `Temporal does not list them (${notListed}) and refuses a query by them (${said})`;
    if (isGrpcServiceError(error) && CLEAR_REFUSALS.has(error.code)) return { kind: 'refused', reason };
    throw ApplicationFailure.create({
      type: 'TemporalUnavailable',
      message: `Could not read whether the search attributes are registered in ${namespace}: ${said}`,
    });
  }
}

/** Codes of gRPC that a later call would be answered with too: INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, UNIMPLEMENTED. */
const CLEAR_REFUSALS: ReadonlySet<number> = new Set([3, 5, 7, 12]);

function bounded<T>(call: () => Promise<T>): Promise<T> {
  return Context.current().client.withDeadline(Date.now() + CALL_LIMIT_MS, call);
}
