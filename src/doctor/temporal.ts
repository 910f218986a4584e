import type { Client } from '@temporalio/client';
import { connectClient, requireNamespace, temporalOfEnvironment } from '../client/connect';
import { ExportError } from '../client/errors';
import { readSearchAttributes } from '../client/search-attributes';
import { shortCall } from '../client/temporal-calls';
import { awaitWorkers, type TaskKind } from '../client/workers';
import { type Check, check, type Finding, notChecked, ok, problem } from './check';

export interface TemporalPlace {
  env: NodeJS.ProcessEnv;
  taskQueue: string;
}

/** The server, its namespace, the workers on the task queue, and the search attributes. */
export async function checkTemporal({ env, taskQueue }: TemporalPlace): Promise<Check[]> {
  let client: Client | undefined;
  const server = await check('Temporal', null, 'temporal', async () => {
    const configuration = readConfiguration(env);
    if ('state' in configuration) return configuration;
    try {
      client = await connectClient(env);
    } catch (error) {
      return told(error, `Its address is ${configuration.source}.`);
    }
    return ok(`server ${await versionOf(client)} at ${configuration.address} (${configuration.source})`);
  });
  try {
    return [server, ...(await checkNamespace(client, taskQueue))];
  } finally {
    await client?.connection.close();
  }
}

function readConfiguration(env: NodeJS.ProcessEnv): Finding | { address: string; source: string } {
  try {
    const { address, connectionOptions } = temporalOfEnvironment(env);
    if (env.TEMPORAL_ADDRESS) return { address, source: 'by TEMPORAL_ADDRESS' };
    const profile = `by the profile ${env.TEMPORAL_PROFILE || 'default'} of ${env.TEMPORAL_CONFIG_FILE || 'temporal.toml'}`;
    return { address, source: connectionOptions.address === undefined ? 'the default' : profile };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return problem('configuration', message, 'Correct TEMPORAL_PROFILE or the file, or set TEMPORAL_ADDRESS alone.');
  }
}

async function checkNamespace(client: Client | undefined, taskQueue: string): Promise<Check[]> {
  const namespace = client?.options.namespace ?? null;
  const asked = await check('namespace', namespace, 'temporal', async () => {
    if (client === undefined) return notChecked('Temporal was not reached');
    try {
      return (await requireNamespace(client))
        ? ok('is there')
        : notChecked('the server does not tell us whether it is there');
    } catch (error) {
      return told(error, await otherNamespaces(client));
    }
  });
  const reachable = asked.state === 'problem' ? undefined : client;
  const why = client === undefined ? 'Temporal was not reached' : 'there is no such namespace';
  const [workflows, activities, attributes] = await Promise.all([
    checkWorkers(reachable, taskQueue, 'workflows', why),
    checkWorkers(reachable, taskQueue, 'activities', why),
    checkSearchAttributes(reachable, why),
  ]);
  return [asked, workflows, activities, attributes];
}

function checkWorkers(client: Client | undefined, taskQueue: string, kind: TaskKind, why: string): Promise<Check> {
  return check(`worker (${kind})`, taskQueue, 'temporal', async () => {
    if (client === undefined) return notChecked(why);
    const workers = await awaitWorkers(client, taskQueue, kind);
    if (workers.length > 0)
      return ok(`polled by ${workers.length === 1 ? '' : `${workers.length}: `}${listOf(workers)}`);
    return problem(
      'temporal',
      `no worker takes ${kind} from it in the namespace ${client.options.namespace}`,
      kind === 'workflows'
        ? 'Start one with `ims-export worker`, or name the queue that yours polls in IMS_EXPORT_TASK_QUEUE.'
        : 'Start one with `ims-export worker`. Where exports name another queue in the option activityTaskQueue, check that one: --task-queue.',
    );
  });
}

function checkSearchAttributes(client: Client | undefined, why: string): Promise<Check> {
  return check('search attributes', client?.options.namespace ?? null, 'temporal', async () => {
    if (client === undefined) return notChecked(why);
    const reports = await readSearchAttributes(client).catch((error: Error) => error);
    if (reports instanceof Error) return notChecked(`the server does not tell them (${reports.message})`);
    const wrong = reports.filter(({ registered, registeredAs }) => !registered && registeredAs !== null);
    if (wrong.length > 0) {
      const list = wrong.map(({ name, type, registeredAs }) => `${name} as ${registeredAs} where ${type} is needed`);
      return problem(
        'temporal',
        `registered ${list.join(', ')}`,
        '`ims-export search-attributes` says how to mend it.',
      );
    }
    const missing = reports.filter(({ registered }) => !registered);
    if (missing.length === 0) return ok('all registered');
    return ok(
      `${missing.length === reports.length ? 'none' : 'not all'} registered, which only the option searchAttributes needs (\`ims-export search-attributes --register\`)`,
    );
  });
}

async function versionOf(client: Client): Promise<string> {
  const info = await shortCall(client, () => client.workflowService.getSystemInfo({})).catch(() => undefined);
  return info?.serverVersion || 'of unknown version';
}

/** A mistyped namespace is recognised beside the right one. */
async function otherNamespaces(client: Client): Promise<string> {
  const answer = await shortCall(client, () => client.workflowService.listNamespaces({ pageSize: 20 })).catch(
    () => null,
  );
  const names = (answer?.namespaces ?? []).flatMap(({ namespaceInfo }) => namespaceInfo?.name ?? []);
  const known = names.filter((name) => name !== 'temporal-system');
  return known.length === 0 ? '' : `It has ${known.join(', ')}.`;
}

/** The words of the client say what happened and then what to do. */
function told(error: unknown, more: string): Finding {
  if (!(error instanceof ExportError)) throw error;
  const [found = '', ...next] = error.message.split(/(?<=\.) (?=[A-Z])/);
  return problem('temporal', found.replace(/\.$/, ''), [more, ...next].filter(Boolean).join(' '));
}

function listOf(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}
