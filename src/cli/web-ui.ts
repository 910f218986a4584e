import type { Client } from '@temporalio/client';
import { temporalOfEnvironment } from '../temporal/place';

const SHORT_MS = 500;
/** Temporal's dev server has its Web UI this many ports above. */
const UI_OFFSET = 1_000;

/**
 * The page of a run in Temporal's Web UI; null where that is not known: Temporal Cloud has one for all, a dev server on this
 * machine is asked, and any other is named by IMS_EXPORT_WEB_UI.
 */
export async function webUiLink(
  { options: { namespace } }: Pick<Client, 'options'>,
  { workflowId, runId }: { workflowId: string; runId: string },
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | null> {
  const base = env.IMS_EXPORT_WEB_UI || (await webUiOf(temporalOfEnvironment(env).address));
  if (base === null) return null;
  return [base.replace(/\/+$/, ''), 'namespaces', namespace, 'workflows', encodeURIComponent(workflowId), runId].join(
    '/',
  );
}

/** @param address `host:port` */
export async function webUiOf(address: string): Promise<string | null> {
  const { hostname, port } = new URL(`tcp://${address}`);
  if (/\.(tmprl\.cloud|api\.temporal\.io)$/.test(hostname)) return 'https://cloud.temporal.io';
  if (!/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname)) return null;
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
