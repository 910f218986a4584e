/**
 * The doctor: what on this machine, in Temporal and in the cloud keeps exports from running, and what to do about it.
 * It asks by the code that worker, client and activities use, and changes nothing.
 *
 * @module
 */
import { DEFAULT_TASK_QUEUE } from '../contract';
import { type Check, PROBLEM_KINDS, type ProblemKind } from './check';
import { checkCloud } from './cloud';
import { checkMachine } from './machine';
import { checkTemporal } from './temporal';

export type { Check, ProblemKind } from './check';

export interface DiagnoseOptions {
  /** @default process.env */
  env?: NodeJS.ProcessEnv;
  /** @default IMS_EXPORT_TASK_QUEUE, else 'ims-export' */
  taskQueue?: string;
  /** Only this one of the environment's accounts. */
  account?: string;
  /** @default the bucket of IMS_EXPORT_BUCKET, if any */
  buckets?: readonly string[];
  /** The clock of this machine, milliseconds since the epoch. @default Date.now */
  now?: () => number;
}

export interface Diagnosis {
  /** True when no check found a problem. What could not be checked is none. */
  ok: boolean;
  /** What to fix first: `configuration`, then `credentials`, `temporal` and `cloud`; null without a problem. */
  fixFirst: ProblemKind | null;
  checks: Check[];
}

/**
 * Checks the installation, Temporal with its workers, and, where the environment has them, accounts and buckets. Takes
 * seconds, and throws nothing: whatever goes wrong is a finding.
 *
 * An access key is tried once. No secret is in what it returns.
 *
 * @example
 * ```ts
 * const { ok, checks } = await diagnose({ buckets: ['ims-image'] });
 * if (!ok) console.error(checks.filter(({ state }) => state === 'problem'));
 * ```
 */
export async function diagnose(options: DiagnoseOptions = {}): Promise<Diagnosis> {
  const { env = process.env, account, now = Date.now } = options;
  const taskQueue = options.taskQueue ?? (env.IMS_EXPORT_TASK_QUEUE || DEFAULT_TASK_QUEUE);
  const buckets = options.buckets ?? (env.IMS_EXPORT_BUCKET ? [env.IMS_EXPORT_BUCKET] : []);
  const groups = await Promise.all([
    checkMachine({ env }),
    checkTemporal({ env, taskQueue }),
    checkCloud({ env, account, buckets, now }),
  ]);
  const checks = groups.flat();
  const kinds = new Set(checks.flatMap((one) => (one.state === 'problem' ? [one.kind] : [])));
  return { ok: kinds.size === 0, fixFirst: PROBLEM_KINDS.find((kind) => kinds.has(kind)) ?? null, checks };
}
