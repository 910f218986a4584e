import type { Client } from '@temporalio/client';
import { readSearchAttributes, registerSearchAttributes } from '../client';
import { type OutputOptions, printJson } from './output';

export interface SearchAttributesFlags extends OutputOptions {
  register?: boolean;
}

/** `ims-export search-attributes`. */
export async function searchAttributes(client: Client, { register, json }: SearchAttributesFlags): Promise<void> {
  const reports = await (register ? registerSearchAttributes(client) : readSearchAttributes(client));
  if (json) return printJson(reports);
  for (const { name, type, registered } of reports) {
    console.log(`${name.padEnd(20)} ${type.padEnd(8)} ${registered ? 'registered' : 'missing'}`);
  }
  const isComplete = reports.every(({ registered }) => registered);
  console.log(
    isComplete
      ? `The namespace ${client.options.namespace} has them all: exports may set searchAttributes (\`--option searchAttributes=true\`).`
      : `Add --register to register those that the namespace ${client.options.namespace} lacks.`,
  );
}
