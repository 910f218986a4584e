import type { Client } from '@temporalio/client';
import { isLoopback } from '../network/local-addresses';
import { temporalOfEnvironment } from '../temporal/place';

const SHORT_MS = 500;
/** Temporal's dev server has its Web UI this many ports above. */
const UI_OFFSET = 1_000;

interface StartedRun {
  workflowId: string;
  runId: string;
}

/**
 * The line with the page of a run in Temporal's Web UI; none where that is not known: Temporal Cloud has one for all, a dev server on this
 * machine is asked, and any other is named by IMS_EXPORT_WEB_UI.
 */
export async function webUiLines(
  { options: { namespace } }: Pick<Client, 'options'>,
  run: StartedRun,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string[]> {
  const base = env.IMS_EXPORT_WEB_UI || (await webUiOf(temporalOfEnvironment(env).address));
  return base === null ? [] : [`  Web UI   ${pageOfRun(base, namespace, run)}`];
}

export function pageOfRun(base: string, namespace: string, { workflowId, runId }: StartedRun): string {
  return `${base.replace(/\/+$/, '')}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}`;
}

/** @param address `host:port` */
export async function webUiOf(address: string): Promise<string | null> {
  const { hostname, port } = new URL(`tcp://${address}`);
  if (/\.(tmprl\.cloud|api\.temporal\.io)$/.test(hostname)) return 'https://cloud.temporal.io';
  if (!isLoopback(hostname)) return null;
  const base = `http://${hostname}:${Number(port) + UI_OFFSET}`;
  return (await isWebUi(base)) ? base : null;
}

/** Another program may listen there. */
async function isWebUi(base: string): Promise<boolean> {
  try {
    const answer = await fetch(`${base}/api/v1/settings`, { signal: AbortSignal.timeout(SHORT_MS) });
    return answer.ok && 'DefaultNamespace' in Object(await answer.json());
  } catch {
    return false;
  }
}
