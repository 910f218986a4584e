import { channel } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createExportActivities } from '../../src/activities';
import { EXPORT_IMAGE_WORKFLOW, exportWorkflowId } from '../../src/contract';
import { accountFromEnvironment, type CloudAccount } from '../../src/huaweicloud';
import { EXPORT_WORKER_OPTIONS, ImsExportPlugin, type ImsExportPluginOptions } from '../../src/plugin';
import { environmentOf } from '../../src/testing';
import { recordedHistories } from '../rigs/recorded-histories';
import { type Rig, startRig } from '../rigs/rig';
import { ofRun } from '../rigs/strict-codec';
import { bundleOnce, connectWorker, installQuietRuntime, WORKFLOWS_IN_THIS_THREAD } from '../rigs/temporal';

const NAMES = [
  'imsDiscardObject',
  'imsListImages',
  'imsLookAtExports',
  'imsPlanBatch',
  'imsPollJob',
  'imsReconcileSubmit',
  'imsSubmitExport',
  'imsValidateExport',
  'imsVerifyObject',
];

const account = accountFromEnvironment({
  HUAWEICLOUD_SDK_AK: 'access-key',
  HUAWEICLOUD_SDK_SK: 'secret-key',
  IMS_EXPORT_REGION: 'cn-north-4',
});

function plugin(options: Partial<ImsExportPluginOptions> = {}): ImsExportPlugin {
  return new ImsExportPlugin({ accounts: [account], ...options });
}

describe('ImsExportPlugin on the options of a worker', () => {
  const options: WorkerOptions = { taskQueue: 'images', workflowsPath: '/own/workflows.js' };

  it('adds the export activities to those of the worker', () => {
    const { activities } = plugin().configureWorker({ ...options, activities: { sendMail: async () => 'sent' } });
    expect(Object.keys(activities ?? {}).sort()).toEqual([...NAMES, 'sendMail']);
  });

  it('rejects an activity of the worker with one of its names', () => {
    const activities = { imsPollJob: async () => 'mine', sendMail: async () => 'sent' };
    expect(() => plugin().configureWorker({ ...options, activities })).toThrow(
      'The worker has imsPollJob among its own activities, which are names of ImsExportPlugin.',
    );
  });

  it('rejects export activities that the worker already has', () => {
    const activities = createExportActivities({ accounts: new Map() });
    expect(() => plugin().configureWorker({ ...options, activities })).toThrow(
      'one ImsExportPlugin, with all accounts',
    );
    const first = plugin().configureWorker(options);
    expect(() => plugin().configureWorker(first)).toThrow('one ImsExportPlugin, with all accounts');
  });

  it('sets the worker options that an export needs, unless the worker sets them', () => {
    const settings = { shutdownGraceTime: '5m', maxHeartbeatThrottleInterval: '1s' };
    expect(EXPORT_WORKER_OPTIONS).toEqual(settings);
    expect(plugin().configureWorker(options)).toMatchObject(settings);
    const own = { shutdownGraceTime: '20m', maxHeartbeatThrottleInterval: 500 };
    expect(plugin().configureWorker({ ...options, ...own })).toMatchObject(own);
  });

  it('changes nothing when it is applied twice', () => {
    const ours = plugin({ workflows: 'whenAbsent' });
    const once = ours.configureWorker({ taskQueue: 'images', activities: { sendMail: async () => 'sent' } });
    expect(ours.configureWorker(once)).toEqual(once);
  });

  it.each<[string, ImsExportPluginOptions['workflows'], Partial<WorkerOptions>, string | undefined]>([
    ['of the worker are kept', 'whenAbsent', { workflowsPath: '/own/workflows.js' }, '/own/workflows.js'],
    ['in a bundle are kept', 'whenAbsent', { workflowBundle: { codePath: '/own/bundle.js' } }, undefined],
    ['are those of the plugin with whenAbsent', 'whenAbsent', {}, join(__dirname, '../../src/workflows')],
    ['are not added by default, for workers of activities only', undefined, {}, undefined],
  ])('workflows %s', (_what, workflows, own, workflowsPath) => {
    const configured = plugin({ workflows }).configureWorker({ taskQueue: 'images', ...own });
    expect(configured.workflowsPath).toBe(workflowsPath);
    expect(configured.workflowBundle).toEqual(own.workflowBundle);
  });

  it('rejects invalid plugin options', () => {
    expect(() => plugin({ accounts: [] })).toThrow('accounts must hold at least one');
    expect(() => new ImsExportPlugin({} as ImsExportPluginOptions)).toThrow('accounts must hold at least one');
    expect(() => plugin({ accounts: [account, account] })).toThrow('Two accounts are called default');
    expect(() => plugin({ workflows: 'always' as never })).toThrow(`workflows is "always"; it can be 'whenAbsent'`);
  });
});

describe('a replay with ImsExportPlugin', () => {
  const succeeded = recordedHistories().find(({ name }) => name === 'succeeded');

  it('uses the workflows of the plugin when it has none', async () => {
    installQuietRuntime();
    const ours = plugin({ workflows: 'whenAbsent' });
    await Worker.runReplayHistory({ plugins: [ours] }, JSON.parse(succeeded?.json ?? ''), succeeded?.workflowId);
  });

  it('keeps its own workflows', async () => {
    installQuietRuntime();
    const options = { workflowBundle: await bundleOnce(), plugins: [plugin({ workflows: 'whenAbsent' })] };
    await Worker.runReplayHistory(options, JSON.parse(succeeded?.json ?? ''), succeeded?.workflowId);
  });
});

describe('workers with ImsExportPlugin', () => {
  /** Connections of clients of the cloud in this process that are open. */
  const open = new Set<Socket>();
  let opened = 0;
  const connected = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    opened += 1;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  };

  let rig: Rig;
  let connection: NativeConnection;
  let queues = 0;
  beforeAll(async () => {
    rig = await startRig({ simulator: { jobSeconds: 0.2 } });
    connection = await connectWorker(rig.server);
    channel('undici:client:connected').subscribe(connected);
  });
  afterAll(async () => {
    channel('undici:client:connected').unsubscribe(connected);
    await connection.close();
    await rig.close();
  });

  /** The account of the simulator; `asked` counts how often its credentials were wanted. */
  function simulated(): { accounts: CloudAccount[]; asked: () => number } {
    const configured = accountFromEnvironment(environmentOf(rig.simulator.info));
    let asked = 0;
    const get = () => {
      asked += 1;
      return configured.credentials.get();
    };
    return { accounts: [{ ...configured, credentials: { get } }], asked: () => asked };
  }

  async function createWorker(options: Partial<WorkerOptions>): Promise<Worker> {
    queues += 1;
    return Worker.create({
      connection,
      namespace: rig.server.namespace,
      taskQueue: `plugin-${queues}`,
      workflowBundle: await bundleOnce(),
      ...ofRun(),
      ...WORKFLOWS_IN_THIS_THREAD,
      ...options,
    });
  }

  function exportOn({ options: { taskQueue } }: Worker): Promise<unknown> {
    const input = rig.input();
    const workflowId = exportWorkflowId(input.bucketUrl);
    return rig.client.workflow.execute(EXPORT_IMAGE_WORKFLOW, { taskQueue, workflowId, args: [input] });
  }

  /** Sooner than undici gives up connections that nobody uses. */
  const allClosed = () => vi.waitUntil(() => open.size === 0, { timeout: 3_000 });

  const SUCCEEDED = { verdict: 'succeeded', verification: { state: 'verified' } };

  it('share its cloud connections: opened for the first, closed with the last, opened again later', async () => {
    const { accounts, asked } = simulated();
    const plugins = [new ImsExportPlugin({ accounts })];
    const [first, second, later] = await Promise.all([1, 2, 3].map(() => createWorker({ plugins })));
    if (first === undefined || second === undefined || later === undefined) throw new Error('three were created');
    expect(asked()).toBe(0);
    expect(opened).toBe(0);

    const secondEnds = second.run();
    expect(await first.runUntil(exportOn(first))).toMatchObject(SUCCEEDED);
    expect(opened).toBeGreaterThan(0);
    expect(await exportOn(second)).toMatchObject(SUCCEEDED);
    second.shutdown();
    await secondEnds;
    await allClosed();

    expect(await later.runUntil(exportOn(later))).toMatchObject(SUCCEEDED);
    await allClosed();
  });

  it('can have the plugin by their connection', async () => {
    const ours = new ImsExportPlugin({ accounts: simulated().accounts });
    const { address } = rig.server;
    const withPlugin = await NativeConnection.connect({ address, plugins: [ours] });
    const worker = await createWorker({ connection: withPlugin, plugins: [ours] });
    expect(await worker.runUntil(exportOn(worker))).toMatchObject(SUCCEEDED);
    await allClosed();
    await withPlugin.close();
  });

  it('leave the Temporal Runtime to the application', async () => {
    const install = vi.spyOn(Runtime, 'install');
    const worker = await createWorker({ plugins: [plugin()] });
    await worker.runUntil(Promise.resolve());
    expect(install).not.toHaveBeenCalled();
  });

  it('report an account without credentials at their start, and close their connection', async () => {
    const missing = (name: string): CloudAccount => ({
      ...account,
      name,
      credentials: { get: () => Promise.reject(new Error('HUAWEICLOUD_SDK_AK is not set')) },
    });
    const ours = new ImsExportPlugin({
      accounts: [missing('default'), { ...account, name: 'partner' }, missing('archive')],
    });
    const withPlugin = await connectWorker(rig.server);
    const worker = await createWorker({ connection: withPlugin, plugins: [ours] });
    const error = await worker.run().catch((failed: Error) => failed);
    expect((error as Error).message).toMatch(
      /^Account default: .*HUAWEICLOUD_SDK_AK is not set.*\nAccount archive: .*HUAWEICLOUD_SDK_AK is not set/,
    );
    await withPlugin.close();
    await expect(ours.open()).rejects.toThrow('Account archive: ');
  });

  it('report an account without credentials from open(), before they are created', async () => {
    const { accounts, asked } = simulated();
    const release = await new ImsExportPlugin({ accounts }).open();
    expect(asked()).toBe(1);
    await release();
    await release();
  });
});
