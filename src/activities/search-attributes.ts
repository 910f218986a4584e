import { Context } from '@temporalio/activity';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes';
import { SEARCH_ATTRIBUTES } from '../contract';

/** What Temporal knows of the search attributes that an export upserts. */
export type Registration =
  | { kind: 'known'; namespace: string; missing: string[] }
  /** A server that does not list them, or not for this worker. */
  | { kind: 'notTold'; reason: string };

const CALL_LIMIT_MS = 5_000;

/** Which of the search attributes are not registered in the namespace of this activity, or by another type. */
export async function readRegistration(): Promise<Registration> {
  try {
    const { client } = Context.current();
    const { namespace } = client.options;
    const { customAttributes } = await client.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
      client.connection.operatorService.listSearchAttributes({ namespace }),
    );
    const missing = Object.entries(SEARCH_ATTRIBUTES)
      .filter(([name, type]) => customAttributes?.[name] !== encodeSearchAttributeIndexedValueType(type))
      .map(([name, type]) => `${name} (${type})`);
    return { kind: 'known', namespace, missing };
  } catch (error) {
    return { kind: 'notTold', reason: error instanceof Error ? error.message : String(error) };
  }
}
