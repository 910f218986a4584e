import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createExportActivities } from '../../src/activities';
import type { ExportActivities } from '../../src/contract';
import { accountFromEnvironment, createCloudClient } from '../../src/huaweicloud';
import { environmentOf, type Simulator, type SimulatorOptions, startSimulator } from '../../src/testing';

/** The activities against a simulator of their own, over real HTTP, without a Temporal server. */
export interface ActivityRig {
  simulator: Simulator;
  run<Name extends keyof ExportActivities>(
    name: Name,
    ...args: Parameters<ExportActivities[Name]>
  ): Promise<Awaited<ReturnType<ExportActivities[Name]>>>;
  /** How many POSTs of an export reached the simulator. */
  posts(): number;
  close(): Promise<void>;
}

export async function startActivityRig(options: SimulatorOptions = {}): Promise<ActivityRig> {
  const simulator = await startSimulator(options);
  const account = accountFromEnvironment(environmentOf(simulator.info));
  const client = createCloudClient(account);
  const activities = createExportActivities({ accounts: new Map([['default', { region: account.region, client }]]) });
  return {
    simulator,
    run: (name, ...args) => {
      const activity = activities[name] as (...given: unknown[]) => Promise<never>;
      // Temporal warns of every activity that fails; here many are meant to.
      const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
      return environment.run(activity, ...args);
    },
    posts: () => simulator.requests().filter(({ method, path }) => method === 'POST' && path.endsWith('/file')).length,
    close: async () => {
      await client.close();
      await simulator.close();
    },
  };
}
