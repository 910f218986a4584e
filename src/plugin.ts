/**
 * Exports as a plugin: what a Temporal worker of your own needs to run them beside whatever else it does.
 *
 * @module
 */
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SimplePlugin } from '@temporalio/plugin';
import type { ReplayWorkerOptions, Worker, WorkerOptions } from '@temporalio/worker';
import { createExportActivities } from './activities';
import type { CloudAccount } from './huaweicloud';
import { AccountClouds, type Release } from './plugin/account-clouds';

export type { Release } from './plugin/account-clouds';

export interface ImsExportPluginOptions {
  /** The accounts that inputs may name; one of them should be called `default`. */
  accounts: readonly CloudAccount[];
  /**
   * Gives a worker that has no workflow code the export workflow. One that has `workflowsPath` or `workflowBundle` keeps
   * it: re-export `temporal-ims-export/workflows` there. Absent: activities only.
   */
  workflows?: 'whenAbsent';
}

/**
 * The settings of a worker that {@link ImsExportPlugin} makes where the worker has none of its own. For a worker that takes
 * `createExportActivities` without the plugin. An export ends as it should without them, too; with them it loses no time.
 *
 * @example
 * ```ts
 * const activities = createExportActivities({ accounts });
 * await Worker.create({ ...EXPORT_WORKER_OPTIONS, taskQueue, workflowsPath, activities });
 * ```
 */
export const EXPORT_WORKER_OPTIONS = {
  /** Longer than a submit may take, so that a shutdown lets the answer to a POST come in before it cancels anything. */
  shutdownGraceTime: '5m',
  /** A submit heartbeats its job id, which should not wait behind the heartbeat before. */
  maxHeartbeatThrottleInterval: '1s',
} as const satisfies Partial<WorkerOptions>;

/**
 * Adds the activities of an export to a worker, and the two settings that they need where the worker has none of its own:
 * {@link EXPORT_WORKER_OPTIONS}. The connections to the cloud are opened
 * when the first worker of the plugin runs, and closed with the last one. It never touches the Runtime, nor workflow code
 * that the worker has.
 *
 * Give it to each worker, or to the `NativeConnection` that several of them share.
 *
 * @example
 * ```ts
 * const worker = await Worker.create({
 *   connection,
 *   taskQueue: 'images',
 *   workflowsPath: require.resolve('./workflows'),
 *   plugins: [new ImsExportPlugin({ accounts: accountsFromEnvironment(process.env) })],
 * });
 * await worker.run();
 * ```
 */
export class ImsExportPlugin extends SimplePlugin {
  readonly #clouds: AccountClouds;
  readonly #addsWorkflows: boolean;
  readonly #running = new WeakSet<Worker>();

  /** @throws Error when there is no account, two of one name, or another value of `workflows` */
  constructor({ accounts = [], workflows }: ImsExportPluginOptions) {
    if (workflows !== undefined && workflows !== 'whenAbsent')
      throw new Error(`workflows is ${JSON.stringify(workflows)}; it can be 'whenAbsent', or be left out.`);
    const clouds = new AccountClouds(accounts);
    const activities = createExportActivities({ accounts: clouds.clouds });
    super({
      name: 'temporal-ims-export.ImsExportPlugin',
      activities: (own = {}) => beside(own, activities),
    });
    this.#clouds = clouds;
    this.#addsWorkflows = workflows === 'whenAbsent';
  }

  /** @throws Error when the worker has an activity of its own by the name of one of an export */
  override configureWorker(options: WorkerOptions): WorkerOptions {
    return super.configureWorker({
      ...this.#withWorkflows(options),
      shutdownGraceTime: options.shutdownGraceTime ?? EXPORT_WORKER_OPTIONS.shutdownGraceTime,
      maxHeartbeatThrottleInterval:
        options.maxHeartbeatThrottleInterval ?? EXPORT_WORKER_OPTIONS.maxHeartbeatThrottleInterval,
    });
  }

  override configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    return super.configureReplayWorker(this.#withWorkflows(options));
  }

  /** @throws Error when an account has no credentials: such a worker would take exports that another one could run */
  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    // Given to the connection and to the worker, a plugin is asked twice.
    if (this.#running.has(worker)) return super.runWorker(worker, next);
    this.#running.add(worker);
    const release = this.#clouds.hold();
    let hasEnded = false;
    let refusal: Error | undefined;
    // The worker does not wait for the check: until it runs, a shutdown() would throw, and runUntil() would forget its own.
    const ended = super.runWorker(worker, next).finally(() => {
      hasEnded = true;
    });
    this.#clouds.checked.catch(async (error: Error) => {
      refusal = error;
      // Other plugins may do something else first.
      while (!hasEnded && worker.getState() === 'INITIALIZED') await nextTurn();
      if (worker.getState() === 'RUNNING') worker.shutdown();
    });
    try {
      await ended;
    } catch (error) {
      throw refusal ?? error;
    } finally {
      await release();
    }
    if (refusal !== undefined) throw refusal;
  }

  /**
   * Opens the connections to the cloud before a worker does, and checks that every account has credentials: to know it
   * before `Worker.create`. They stay open, also when no worker runs, until the function that it returns is called.
   *
   * @throws Error that names every account without credentials, from where they were to come, why not, and what to do
   */
  async open(): Promise<Release> {
    const release = this.#clouds.hold();
    try {
      await this.#clouds.checked;
    } catch (error) {
      await release();
      throw error;
    }
    return release;
  }

  #withWorkflows<T extends Pick<WorkerOptions, 'workflowsPath' | 'workflowBundle'>>(options: T): T {
    const hasNone = options.workflowsPath === undefined && options.workflowBundle === undefined;
    return this.#addsWorkflows && hasNone ? { ...options, workflowsPath: join(__dirname, 'workflows') } : options;
  }
}

/** Ours beside those of the worker, which may have them by an earlier turn of the same plugin. */
function beside(own: object, activities: object): object {
  const taken = Object.entries(activities)
    .filter(([name, activity]) => Object.hasOwn(own, name) && own[name as keyof typeof own] !== activity)
    .map(([name]) => name);
  if (taken.length === 0) return { ...own, ...activities };
  throw new Error(
    `The worker has ${taken.join(', ')} among its own activities, which are names of ImsExportPlugin. Rename yours; and give a worker either one ImsExportPlugin, with all accounts, or createExportActivities.`,
  );
}
