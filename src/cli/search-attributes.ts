import type { Client } from '@temporalio/client';
import { readSearchAttributes, registerSearchAttributes, type SearchAttributeReport } from '../client';
import { command } from '../export/quoting';
import { print, printJson } from '../terminal/output';
import { ifInterrupted } from './interrupted';
import type { OutputOptions } from './output';

export interface SearchAttributesFlags extends OutputOptions {
  register?: boolean;
}

/** `ims-export search-attributes`. */
export async function searchAttributes(client: Client, { register, json }: SearchAttributesFlags): Promise<void> {
  if (register) ifInterrupted('Some of them may be registered: `ims-export search-attributes` shows them.');
  const reports = await (register ? registerSearchAttributes(client) : readSearchAttributes(client));
  if (json) return printJson(reports);
  for (const { name, type, registered, registeredAs } of reports) {
    const other = registeredAs === null ? 'missing' : `registered as ${registeredAs}: exports cannot use it`;
    print(`${name.padEnd(20)} ${type.padEnd(8)} ${registered ? 'registered' : other}`);
  }
  print(nextStep(reports, client.options.namespace));
}

/** What to do about them. */
export function nextStep(reports: readonly SearchAttributeReport[], namespace: string): string {
  const wrong = reports.filter(({ registered, registeredAs }) => !registered && registeredAs !== null);
  if (wrong.length > 0) {
    const names = wrong.flatMap(({ name }) => ['--name', name]);
    const remove = ['operator', 'search-attribute', 'remove', '--namespace', namespace, ...names];
    return `Temporal cannot change the type of a search attribute. If nothing else uses ${wrong.map(({ name }) => name).join(', ')}, remove it: \`${command('ims-export', 'temporal', ...remove)}\`. Then run \`ims-export search-attributes --register\`.`;
  }
  return reports.every(({ registered }) => registered)
    ? `The namespace ${namespace} has all of them. Exports may set searchAttributes (\`--option searchAttributes=true\`).`
    : `Add --register to register the missing ones in the namespace ${namespace}.`;
}
