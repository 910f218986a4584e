import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as activities from '../../examples/parent-workflow/activities';
import type { Outcome } from '../../examples/parent-workflow/workflows';
import { exportWorkflowId } from '../../src/contract';
import { itInLongForm, LONG_FORM } from '../rigs/long-form';
import { pythonPackages } from '../rigs/python-packages';
import { type Rig, startRig } from '../rigs/rig';
import { bundleOnce } from '../rigs/temporal';
import { isInstalled, type OrderProcess, outcomesOf, run } from './order-process';
import { ordersOf, type TestOrder } from './orders';

const repository = resolve(__dirname, '../..');
const examples = join(repository, 'examples');

/** Where the example is installed, it has an SDK of its own; two in one bundle do not know each other's scopes. */
const ownSdk = (...modules: string[]) => Object.fromEntries(modules.map((name) => [name, require.resolve(name)]));

let rig: Rig;
/** What the person on call was told. */
const calls: string[] = [];
beforeAll(async () => {
  const workflowsPath = join(examples, 'parent-workflow/workflows.ts');
  const replace = {
    'temporal-ims-export/workflows': join(repository, 'src/workflows/index.ts'),
    ...ownSdk('@temporalio/workflow', '@temporalio/workflow/lib/worker-interface.js'),
  };
  rig = await startRig({
    simulator: { jobSeconds: 3600 },
    bundle: await bundleOnce({ workflowsPath, replace }),
    activities: { ...activities, tellOnCall: async (message: string) => void calls.push(message) },
  });
});
afterAll(() => rig?.close());

it('the TypeScript examples import the package by its name, so that they work when copied', () => {
  const names = readdirSync(examples, { recursive: true, encoding: 'utf8' });
  const sources = names.filter((name) => name.endsWith('.ts') && !name.includes('node_modules'));
  expect(sources).toContain(join('schedule', 'nightly-export.ts'));
  const imported = sources.flatMap((name) => readFileSync(join(examples, name), 'utf8').match(/from '[^']+'/g) ?? []);
  expect(imported.filter((from) => from.startsWith("from '../"))).toEqual([]);
});

describe('examples/parent-workflow', () => {
  /** How the order ends, be it by a result or by a failure. */
  async function publish({ imageId, bucketUrl, part }: TestOrder): Promise<Outcome | Error | undefined> {
    const workflowId = `publish-${randomUUID()}`;
    const options = { workflowId, taskQueue: rig.taskQueue, args: [{ imageId, bucketUrl }] };
    const order = await rig.client.workflow.start('publishImage', options);
    const [outcome] = await Promise.all([
      order
        .result()
        .catch((error: unknown) => (error instanceof WorkflowFailedError ? error.cause : Promise.reject(error))),
      part(),
    ]);
    return outcome;
  }

  itInLongForm('continues with its own step after a success, and distinguishes every other outcome', async () => {
    const { succeeds, fails, endsUnknown, isRefused, isBusy } = await ordersOf(rig);
    const [success, failure, unknown, refusal, busy] = await Promise.all(
      [succeeds, fails, endsUnknown, isRefused, isBusy].map(publish),
    );
    expect(success).toEqual({
      state: 'published',
      entry: expect.stringMatching(/^ims-image:orders.* \([1-9]\d* bytes\)$/),
    });
    expect(failure).toMatchObject({ type: 'ExportFailed', details: [{ code: 'IMG.0061' }] });
    expect(unknown).toEqual({ state: 'unknown', jobId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(refusal).toMatchObject({ type: 'ExportNotAllowed', details: [{ rule: 'notIso' }] });
    expect(busy).toEqual({ state: 'busy', runsAs: exportWorkflowId(isBusy.bucketUrl) });
    expect(calls.sort()).toEqual([
      `The cloud failed to export image ${fails.imageId}: IMG.0061`,
      expect.stringMatching(/^The outcome of exporting image .* is unknown: the job had not ended at the deadline/),
    ]);
  });
});

/** How an example in another language is run, or why it is not. */
type Runnable = OrderProcess | { missing: string };

async function python(): Promise<Runnable> {
  const cwd = join(examples, 'python');
  const [, name = '', version = ''] = /^(\w+)==(\S+)$/m.exec(readFileSync(join(cwd, 'requirements.txt'), 'utf8')) ?? [];
  const packages = await pythonPackages(name, version);
  if ('missing' in packages) return packages;
  return {
    command: 'python3',
    args: ['main.py'],
    cwd,
    env: { PYTHONPATH: packages.path, PYTHONDONTWRITEBYTECODE: '1' },
  };
}

async function go(): Promise<Runnable> {
  if (!LONG_FORM) return { missing: 'to compile it takes a while: `npm run examples` does' };
  if (!(await isInstalled('go', 'version'))) return { missing: 'go is not on PATH' };
  const cwd = join(examples, 'go');
  const executable = join(repository, '.cache/examples/archive-image');
  await run({ command: 'go', args: ['vet', './...'], cwd });
  await run({ command: 'go', args: ['build', '-o', executable, '.'], cwd });
  return { command: executable, args: [], cwd };
}

describe.each([
  ['examples/python', python],
  ['examples/go', go],
])('%s', (_, prepare) => {
  let example: Runnable;
  beforeAll(async () => {
    example = await prepare();
  }, 600_000);
  beforeEach(({ skip }) => {
    if ('missing' in example) skip(example.missing);
  });

  it('starts exports by type name with plain JSON, and distinguishes outcomes by failure type and details', async () => {
    if ('missing' in example) return;
    const { succeeds, fails, endsUnknown, isRefused, isBusy } = await ordersOf(rig);
    const orders = [succeeds, fails, endsUnknown, isRefused, isBusy];
    const [outcomes] = await Promise.all([
      outcomesOf({
        ...example,
        args: [...example.args, ...orders.flatMap(({ imageId, bucketUrl }) => [imageId, bucketUrl])],
        env: {
          ...example.env,
          TEMPORAL_ADDRESS: rig.server.address,
          TEMPORAL_NAMESPACE: rig.server.namespace,
          IMS_EXPORT_TASK_QUEUE: rig.taskQueue,
        },
      }),
      ...orders.map(({ part }) => part()),
    ]);
    expect(outcomes).toEqual([
      { state: 'archived', object: expect.objectContaining({ size: expect.any(Number), format: 'qcow2' }) },
      {
        state: 'failed',
        type: 'ExportFailed',
        message: expect.stringContaining('IMG.0061'),
        details: expect.objectContaining({ code: 'IMG.0061', imageId: fails.imageId, bucketUrl: fails.bucketUrl }),
      },
      { state: 'unknown', reason: 'deadline', jobId: expect.stringMatching(/^[0-9a-f]{32}$/) },
      {
        state: 'failed',
        type: 'ExportNotAllowed',
        message: expect.stringContaining('ISO images cannot be exported'),
        details: expect.objectContaining({ rule: 'notIso' }),
      },
      { state: 'busy', runsAs: exportWorkflowId(isBusy.bucketUrl) },
    ]);
  }, 180_000);
});
