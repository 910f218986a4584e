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
  for (const { name, type, registered, registeredAs } of reports) {
    const other = registeredAs === null ? 'missing' : `registered as ${registeredAs}: exports cannot use it`;
    console.log(`${name.padEnd(20)} ${type.padEnd(8)} ${registered ? 'registered' : other}`);
  }
  const isComplete = reports.every(({ registered }) => registered);
  console.log(
    isComplete
      ? `The namespace ${client.options.namespace} has them all: exports may set searchAttributes (\`--option searchAttributes=true\`).`
      : `Add --register to register those that the namespace ${client.options.namespace} lacks.`,
  );
}
