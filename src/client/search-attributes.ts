import type { Client } from '@temporalio/client';
import { SearchAttributeType } from '@temporalio/common';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes';
import { SEARCH_ATTRIBUTES } from '../contract';
import { toExportError } from './errors';
import { shortCall } from './temporal-calls';

/** A search attribute of the exports, and whether the namespace has it. */
export interface SearchAttributeReport {
  name: keyof typeof SEARCH_ATTRIBUTES;
  /** As Temporal spells it: `KEYWORD`, `INT`. */
  type: string;
  registered: boolean;
  /** The type that the namespace has it by, which may be another one; null when it has none of that name. */
  registeredAs: string | null;
}

/**
 * The search attributes that exports with `options.searchAttributes` upsert, and which of them the namespace has.
 *
 * @throws ExportError TemporalUnreachable; TemporalConfigurationError
 */
export async function readSearchAttributes(client: Client): Promise<SearchAttributeReport[]> {
  const { namespace } = client.options;
  const { customAttributes } = await reported(client, () =>
    client.connection.operatorService.listSearchAttributes({ namespace }),
  );
  const names = Object.keys(SEARCH_ATTRIBUTES) as Array<keyof typeof SEARCH_ATTRIBUTES>;
  return names.map((name) => ({
    name,
    type: SEARCH_ATTRIBUTES[name],
    registered: customAttributes?.[name] === encodeSearchAttributeIndexedValueType(SEARCH_ATTRIBUTES[name]),
    registeredAs: typeNameOf(customAttributes?.[name]),
  }));
}

/**
 * Registers those that the namespace does not have, and returns all. Temporal Cloud takes them by its own console or by
 * `tcld` instead.
 *
 * @throws ExportError TemporalUnreachable; TemporalConfigurationError
 */
export async function registerSearchAttributes(client: Client): Promise<SearchAttributeReport[]> {
  const missing = (await readSearchAttributes(client)).filter(({ registeredAs }) => registeredAs === null);
  if (missing.length > 0) {
    const searchAttributes = Object.fromEntries(
      missing.map(({ name }) => [name, encodeSearchAttributeIndexedValueType(SEARCH_ATTRIBUTES[name]) ?? 0]),
    );
    const { namespace } = client.options;
    await reported(client, () =>
      client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes }),
    );
  }
  return await readSearchAttributes(client);
}

function typeNameOf(type: number | null | undefined): string | null {
  if (type == null) return null;
  const names = Object.values(SearchAttributeType);
  return names.find((name) => encodeSearchAttributeIndexedValueType(name) === type) ?? `type ${type}`;
}

async function reported<T>(client: Client, call: () => Promise<T>): Promise<T> {
  try {
    return await shortCall(client, call);
  } catch (error) {
    throw toExportError(error, '');
  }
}
