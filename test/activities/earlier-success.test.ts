import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { encodeMapToPayloads } from '@temporalio/common/lib/internal-non-workflow';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compare, lastLeftJob } from '../../src/activities/earlier-success';
import type { Reading } from '../../src/activities/preflight/facts';
import { EXPORT_IMAGE_WORKFLOW, type ExportImageResult, type ExportMemo, exportWorkflowId } from '../../src/contract';
import type { ObjectInfo } from '../../src/huaweicloud';
import { parseExportInput } from '../../src/request/export';
import { connectClient, sharedTestServer } from '../rigs/temporal';

const JOB = 'a'.repeat(32);
const asked = { imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64', bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' };
const request = parseExportInput(asked);
const object = { size: 7, etag: 'e', lastModified: '2026-01-01T00:00:00.000Z', format: 'qcow2' } as const;
const result = { ...asked, jobId: JOB, object, finishedAt: '2026-01-01T00:00:01.000Z' } as unknown as ExportImageResult;
const there = (found: Partial<ObjectInfo> | null): Reading<{ object: ObjectInfo | null }> => ({
  kind: 'read',
  value: { object: found && { ...object, storageClass: 'STANDARD', ...found } },
});
const denied = { kind: 'refused', code: 'AccessDenied', text: '403 AccessDenied' } as const;

describe('the object of an earlier success', () => {
  it('is the same by ETag and size alone, and else another one, or none', () => {
    expect(compare(request, result, there({}))).toEqual({
      kind: 'same',
      result: { ...result, verification: { state: 'verified' } },
    });
    expect(compare(request, result, there({ etag: 'f' }))).toEqual({ kind: 'changed' });
    expect(compare(request, result, there({ size: 8 }))).toEqual({ kind: 'changed' });
    expect(compare(request, result, there(null))).toEqual({ kind: 'gone' });
    expect(compare(request, null, there({}))).toEqual({ kind: 'nothing' });
  });

  it('is vouched for by its date where it cannot be read, now or then', () => {
    const reason = expect.stringMatching(/^as of 2026-01-01T00:00:01\.000Z: .*403 AccessDenied/);
    expect(compare(request, result, denied)).toMatchObject({
      kind: 'unreadable',
      result: { object, verification: { state: 'skipped', reason } },
    });
    expect(compare(request, { ...result, object: null }, there({}))).toMatchObject({ kind: 'unreadable' });
    expect(compare(request, { ...result, object: null }, there(null))).toEqual({ kind: 'gone' });
    const moved = { ...denied, code: 'PermanentRedirect' } as const;
    expect(compare(request, result, moved)).toEqual({ kind: 'nothing' });
  });

  it('is no answer for another image, format or job, and refuses those only while it is there', () => {
    const others = [
      { ...asked, imageId: '00000000-1bc3-4c3f-893e-3e471fd16e64' },
      { ...asked, fileFormat: 'vhd' },
      { ...asked, attach: { jobId: 'b'.repeat(32) } },
    ].map((other) => parseExportInput(other));
    for (const other of others) {
      expect(compare(other, result, there({}))).toEqual({ kind: 'sameOfOther', result });
      for (const found of [there(null), there({ etag: 'f' }), denied]) {
        expect(compare(other, result, found)).toEqual({ kind: 'nothing' });
      }
    }
    expect(compare(parseExportInput({ ...asked, attach: { jobId: JOB } }), result, there({}))).toMatchObject({
      kind: 'same',
    });
  });
});

describe('the job that earlier runs have left', () => {
  const NEXT_JOB = 'b'.repeat(32);
  const left = { imageId: asked.imageId, jobId: JOB };
  const over = { outcome: 'failed', remoteJob: 'ended' } as const;
  let client: Client;
  beforeAll(async () => {
    client = await connectClient(await sharedTestServer());
  });
  afterAll(() => client?.connection.close());

  const requestOfItsOwn = () => parseExportInput({ ...asked, bucketUrl: `ims-image:${randomUUID()}` });
  type Request = ReturnType<typeof requestOfItsOwn>;
  /** No worker takes it; it has its memo from the start. */
  const start = ({ bucketUrl }: Request, memo: ExportMemo, taskQueue: string = randomUUID()) =>
    client.workflow.start(EXPORT_IMAGE_WORKFLOW, {
      workflowId: exportWorkflowId(bucketUrl),
      taskQueue,
      memo: { ...memo },
    });
  const terminated = async (of: Request, memo: ExportMemo) => await (await start(of, memo)).terminate();

  /** As a worker would, but whatever the workflow is. */
  async function continuedAsNew(of: Request, memo: ExportMemo, next: ExportMemo): Promise<void> {
    const { namespace, loadedDataConverter } = client.options;
    const taskQueue = randomUUID();
    const { workflowId } = await start(of, memo, taskQueue);
    const { taskToken } = await client.withDeadline(Date.now() + 10_000, () =>
      client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: { name: taskQueue } }),
    );
    const context = { type: 'workflow', namespace, workflowId } as const;
    const fields = await encodeMapToPayloads<string>(loadedDataConverter, { ...next }, context);
    await client.workflowService.respondWorkflowTaskCompleted({
      namespace,
      taskToken,
      commands: [
        {
          // CONTINUE_AS_NEW_WORKFLOW_EXECUTION
          commandType: 10,
          continueAsNewWorkflowExecutionCommandAttributes: {
            workflowType: { name: EXPORT_IMAGE_WORKFLOW },
            taskQueue: { name: taskQueue },
            memo: { fields },
          },
        },
      ],
    });
  }

  /** @param runs that have ended: the list of Temporal has them a moment later */
  async function leftBy(of: Request, runs: number) {
    const query = `WorkflowId = '${exportWorkflowId(of.bucketUrl)}' AND ExecutionStatus != 'Running'`;
    while ((await client.workflow.count(query)).count < runs) await new Promise((resolve) => setTimeout(resolve, 50));
    return await new MockActivityEnvironment({}, { client }).run(() => lastLeftJob(of));
  }

  it('is that of a run that was terminated', async () => {
    const of = requestOfItsOwn();
    await terminated(of, left);
    expect(await leftBy(of, 1)).toMatchObject({ outcome: null, jobId: JOB });
  });

  it('is none where a later run saw that job end', async () => {
    const of = requestOfItsOwn();
    await terminated(of, left);
    await terminated(of, { ...left, ...over });
    expect(await leftBy(of, 2)).toBeNull();
  });

  it('is none of a run that went on in another one', async () => {
    const of = requestOfItsOwn();
    await continuedAsNew(of, left, { ...left, jobId: NEXT_JOB, ...over });
    await client.workflow.getHandle(exportWorkflowId(of.bucketUrl)).terminate();
    expect(await leftBy(of, 2)).toBeNull();
  });
});
