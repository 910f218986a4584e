import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { batch } from '../../src/cli/batch';
import { start } from '../../src/cli/start';
import { exportBatchWorkflowId, exportWorkflowId } from '../../src/contract';
import { printedBy } from '../rigs/command-here';
import { type Rig, startRig } from '../rigs/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ simulator: { jobSeconds: 3_600 } });
});
afterAll(() => rig?.close());
afterEach(() => void vi.restoreAllMocks());

/** From now on, no read of a workflow is answered. */
function goAway(): void {
  const away = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: '', metadata: { get: () => [] } });
  vi.spyOn(rig.client.workflowService, 'describeWorkflowExecution').mockRejectedValue(away);
}

/** Temporal is away as soon as the job of an export is accepted. */
function goAwayOnceAccepted(): void {
  const startUpdate = rig.client.workflow.startUpdateWithStart.bind(rig.client.workflow);
  vi.spyOn(rig.client.workflow, 'startUpdateWithStart').mockImplementation((async (
    ...args: Parameters<typeof startUpdate>
  ) => {
    const handle = await startUpdate(...args);
    const result = handle.result.bind(handle);
    handle.result = async () => {
      const jobId = await result();
      goAway();
      return jobId;
    };
    return handle;
  }) as never);
}

/** Flags of a start whose object key ends as another format does, which is a warning. */
function flagsOf(image: string, key: string, flags: { json?: boolean } = {}) {
  const { info } = rig.simulator;
  const to = `${info.bucket}:started/${key}`;
  return { image: info.images[image] ?? '', to, format: 'qcow2', taskQueue: rig.taskQueue, ...flags };
}

describe('an export that was started', () => {
  it('is reported with its job, although Temporal does not answer afterwards', async () => {
    const flags = flagsOf('linux', 'text.vhd');
    goAwayOnceAccepted();
    const { stdout } = await printedBy(() => start(rig.client, flags));
    const job = rig.simulator.jobs().find(({ bucketUrl }) => bucketUrl === flags.to);
    const id = exportWorkflowId(flags.to);
    expect(stdout).toBe(`Started export ${id}\n  job      ${job?.jobId}\n  next     \`ims-export watch ${id}\`\n`);
  });

  it('is reported in JSON too, although Temporal does not answer afterwards', async () => {
    goAwayOnceAccepted();
    const { stdout } = await printedBy(() => start(rig.client, flagsOf('windowsFromFile', 'away.vhd', { json: true })));
    expect(JSON.parse(stdout)).toMatchObject({ how: 'started', jobId: expect.any(String), warnings: [] });
  });

  it('is reported in JSON with its warnings', async () => {
    const { stdout } = await printedBy(() => start(rig.client, flagsOf('dataDisk', 'warned.vhd', { json: true })));
    expect(JSON.parse(stdout)).toMatchObject({ how: 'started', warnings: [expect.stringContaining('.vhd')] });
  });
});

it.each([false, true])(
  'a batch that was started is reported, although Temporal does not answer afterwards: JSON %s',
  async (json) => {
    const folder = await mkdtemp(join(tmpdir(), 'ims-export-started-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'batch.json');
    const { image, to } = flagsOf('linux', `batch-${json}.qcow2`);
    await writeFile(file, JSON.stringify({ images: [{ imageId: image, fileFormat: 'qcow2' }], to, dryRun: true }));
    const service = rig.client.workflowService;
    const describeRun = service.describeWorkflowExecution.bind(service);
    const getHandle = rig.client.workflow.getHandle.bind(rig.client.workflow);
    vi.spyOn(rig.client.workflow, 'getHandle').mockImplementation(((...args: Parameters<typeof getHandle>) => {
      const handle = getHandle(...args);
      const query = handle.query.bind(handle) as (name: string) => Promise<{ dryRun?: boolean | null }>;
      const asked = async (name: string) => {
        const status = await query(name);
        if (status.dryRun != null) goAway();
        return status;
      };
      return Object.assign(handle, { query: asked });
    }) as never);
    // The last read of a start sees that the batch is planned, by the one or the other.
    vi.spyOn(service, 'describeWorkflowExecution').mockImplementation((async (request: object) => {
      const description = await describeRun(request);
      if (description.workflowExecutionInfo?.memo?.fields?.total) goAway();
      return description;
    }) as never);
    const name = `started-${json}`;
    const { stdout } = await printedBy(() => batch(rig.client, { name, json, taskQueue: rig.taskQueue }, file));
    const id = exportBatchWorkflowId(name);
    if (json) expect(JSON.parse(stdout)).toMatchObject({ workflowId: id, how: 'started', total: null });
    else expect(stdout).toBe(`Started batch ${id}\n  images   not known yet\n  next     \`ims-export watch ${id}\`\n`);
  },
);
