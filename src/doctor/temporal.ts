import { fork } from 'node:child_process';
import { resolve } from 'node:path';
import type { Client } from '@temporalio/client';
import { connectClient, requireNamespace } from '../client/connect';
import { ExportError } from '../client/errors';
import { readSearchAttributes } from '../client/search-attributes';
import { shortCall } from '../client/temporal-calls';
import { awaitWorkers, startWorker, type TaskKind, workerCommand } from '../client/workers';
import { EXPORT_IMAGE_WORKFLOW } from '../contract';
import { clientEnvironment } from '../dev-server/child-environment';
import { oneLine } from '../export/quoting';
import { namesAnAccount } from '../huaweicloud';
import { ProxyConfigurationError, routeText } from '../network/proxies';
import { TemporalConfigurationError } from '../temporal/configuration-error';
import { DATA_CONVERTER, DataConverterError, dataConverterOf } from '../temporal/data-converter';
import { temporalOfEnvironment } from '../temporal/place';
import { routeOfTemporal } from '../temporal/route';
import { listRuns, readArguments, UndecodableArguments } from '../temporal/runs';
import { type Check, check, type Finding, notChecked, ok, type ProblemKind, problem, unusableProxy } from './check';
import type { NativeAttempt } from './native-attempt';

export interface TemporalPlace {
  env: NodeJS.ProcessEnv;
  taskQueue: string;
}

/** The server, its namespace, the connection of a worker, the workers on the task queue, and the search attributes. */
export async function checkTemporal({ env, taskQueue }: TemporalPlace): Promise<Check[]> {
  let client: Client | undefined;
  const configuration = readConfiguration(env);
  const converter = await checkModule(env);
  const clientEnv = converter?.state === 'problem' ? { ...env, [DATA_CONVERTER]: undefined } : env;
  const attempt = check('native connection', null, 'temporal', () => tryNativeConnection(env, configuration));
  const server = await check('Temporal', null, 'temporal', async () => {
    if ('state' in configuration) return configuration;
    try {
      client = await connectClient(clientEnv);
    } catch (error) {
      return diagnosed(error, `Its address is ${configuration.source}.`);
    }
    const { address, source, route } = configuration;
    return ok(`server ${await versionOf(client)} at ${address} (${source})${route === null ? '' : `, ${route}`}`);
  });
  try {
    const others = await checkNamespace(client, taskQueue);
    const native = reportedOnce(await attempt, [server, ...others]);
    const decoding = converter?.state === 'problem' ? converter : await checkDecoding(client, converter);
    return [
      server,
      server.state === 'ok' ? neededHere(native, env) : native,
      ...others,
      ...(decoding === undefined ? [] : [decoding]),
    ];
  } finally {
    await client?.connection.close();
  }
}

/** Undefined where none is named. */
async function checkModule(env: NodeJS.ProcessEnv): Promise<Check | undefined> {
  const module = env[DATA_CONVERTER];
  if (!module) return undefined;
  return await check(CONVERTER, module, 'configuration', async () => {
    try {
      await dataConverterOf(env);
      return ok('can be used');
    } catch (error) {
      if (!(error instanceof DataConverterError)) throw error;
      return problem('configuration', error.message.replace(/\.$/, ''), 'Correct the module, or name another one.');
    }
  });
}

const CONVERTER = 'data converter';

/**
 * Whether what the newest export was started with can be decoded here. Where no data converter is named, only a problem is
 * reported: most namespaces need none.
 */
async function checkDecoding(client: Client | undefined, module: Check | undefined): Promise<Check | undefined> {
  if (client === undefined) return module;
  const decoding = await check(CONVERTER, module?.subject ?? null, 'configuration', async () => {
    let workflowId = '';
    try {
      const exports = `WorkflowType = '${EXPORT_IMAGE_WORKFLOW}'`;
      const [newest] = await shortCall(client, () => listRuns(client, exports, 1));
      if (newest === undefined) return ok('can be used; there is no export yet to decode');
      const { runId } = newest;
      workflowId = newest.workflowId;
      await shortCall(client, () => readArguments(client, workflowId, runId));
      return ok(`decodes ${workflowId}, the newest export`);
    } catch (error) {
      if (!(error instanceof UndecodableArguments)) return notChecked('the exports of the namespace cannot be read');
      const found = `the newest export, ${workflowId}, cannot be decoded (${error.why})`;
      return problem(
        'configuration',
        found,
        `Name the data converter of the namespace: --data-converter, ${DATA_CONVERTER}.`,
      );
    }
  });
  return module === undefined && decoding.state !== 'problem' ? undefined : decoding;
}

/** Of the build, since a process of its own runs no TypeScript. */
const NATIVE_ATTEMPT = resolve(__dirname, '../../lib/doctor/native-attempt.js');
const ATTEMPT_LIMIT_MS = 18_000;

/**
 * Connects as a worker does, which trusts other certificates than a client. In a process of its own: the native core reads
 * the environment of its process, and would use the Runtime of an application that asks the doctor.
 */
export async function tryNativeConnection(env: NodeJS.ProcessEnv, configuration: Configuration): Promise<Finding> {
  if ('state' in configuration) return notChecked('the settings of Temporal cannot be read');
  const attempt = fork(NATIVE_ATTEMPT, {
    ...{ env: clientEnvironment(env), execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
    ...{ timeout: ATTEMPT_LIMIT_MS, killSignal: 'SIGKILL' },
  });
  const message = await new Promise<string | null>((settle, fail) => {
    attempt.once('error', fail);
    attempt.once('message', ({ problem }: NativeAttempt) => {
      settle(problem);
      attempt.disconnect();
    });
    attempt.once('exit', (code, signal) => fail(new Error(`the process that tries it ended with ${code ?? signal}`)));
  });
  if (message === null) return ok(`a worker of this machine reaches ${configuration.address} too`);
  return toldAs('temporal', message, `Workers of this machine need it; its address is ${configuration.source}.`);
}

/** What keeps clients out as well stands in one line. */
function reportedOnce(one: Check, others: readonly Check[]): Check {
  const same = one.state === 'problem' ? others.find(({ found }) => found === one.found) : undefined;
  if (same === undefined) return one;
  return { check: one.check, subject: one.subject, ...notChecked(`the problem of ${same.check} comes first`) };
}

/** Where no account is configured no worker runs, and clients do without this connection. */
function neededHere(native: Check, env: NodeJS.ProcessEnv): Check {
  if (native.state !== 'problem' || namesAnAccount(env)) return native;
  const why = `no account is configured here, so no worker runs here; a worker here would have this problem: ${native.found}. ${native.next}`;
  return { check: native.check, subject: native.subject, ...notChecked(why) };
}

/** `route` is null where no proxy is in question. */
export type Configuration = Finding | { address: string; source: string; route: string | null };

function readConfiguration(env: NodeJS.ProcessEnv): Configuration {
  let place: ReturnType<typeof temporalOfEnvironment>;
  try {
    place = temporalOfEnvironment(env);
  } catch (error) {
    return toldAs('configuration', oneLine((error as Error).message), '');
  }
  try {
    const { address, connectionOptions } = place;
    const route = routeText(routeOfTemporal(address, env));
    if (env.TEMPORAL_ADDRESS) return { address, source: 'by TEMPORAL_ADDRESS', route };
    const profile = `by the profile ${env.TEMPORAL_PROFILE || 'default'} of ${env.TEMPORAL_CONFIG_FILE || 'temporal.toml'}`;
    return { address, source: connectionOptions.address === undefined ? 'the default' : profile, route };
  } catch (error) {
    if (error instanceof ProxyConfigurationError) return unusableProxy(error);
    return diagnosed(error, '');
  }
}

async function checkNamespace(client: Client | undefined, taskQueue: string): Promise<Check[]> {
  const namespace = client?.options.namespace ?? null;
  const asked = await check('namespace', namespace, 'temporal', async () => {
    if (client === undefined) return notChecked('Temporal was not reached');
    try {
      return (await requireNamespace(client))
        ? ok('is there')
        : notChecked('the server does not show whether it exists');
    } catch (error) {
      return diagnosed(error, await otherNamespaces(client));
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
        ? startWorker(taskQueue)
        : `Start one with \`${workerCommand(taskQueue)}\`. If your exports set the option activityTaskQueue, check that queue: \`ims-export doctor --task-queue QUEUE\`.`,
    );
  });
}

function checkSearchAttributes(client: Client | undefined, why: string): Promise<Check> {
  return check('search attributes', client?.options.namespace ?? null, 'temporal', async () => {
    if (client === undefined) return notChecked(why);
    const reports = await readSearchAttributes(client).catch((error: Error) => error);
    if (reports instanceof Error) return notChecked(`the server does not list them (${reports.message})`);
    const wrong = reports.filter(({ registered, registeredAs }) => !registered && registeredAs !== null);
    if (wrong.length > 0) {
      const list = wrong.map(({ name, type, registeredAs }) => `${name} as ${registeredAs} where ${type} is needed`);
      return problem(
        'temporal',
        `registered ${list.join(', ')}`,
        '`ims-export search-attributes` shows how to fix it.',
      );
    }
    const missing = reports.filter(({ registered }) => !registered);
    if (missing.length === 0) return ok('all registered');
    return ok(
      `${missing.length === reports.length ? 'none' : 'not all'} registered. Only exports with the option searchAttributes need them. To register them: \`ims-export search-attributes --register\``,
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

function diagnosed(error: unknown, more: string): Finding {
  if (error instanceof TemporalConfigurationError) return toldAs('configuration', error.message, more);
  if (!(error instanceof ExportError)) throw error;
  return toldAs('temporal', error.message, more);
}

/** The words of client and worker say what happened and then what to do. */
function toldAs(kind: ProblemKind, message: string, more: string): Finding {
  const [found = '', ...next] = message.split(/(?<=\.) (?=[A-Z])/);
  return problem(kind, found.replace(/\.$/, ''), [more, ...next].filter(Boolean).join(' '));
}

function listOf(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}
