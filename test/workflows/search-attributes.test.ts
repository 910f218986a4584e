import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSearchAttributes, registerSearchAttributes } from '../../src/client';
import { SEARCH_ATTRIBUTES } from '../../src/contract';
import { eventually, ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig } from '../rigs/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ simulator: { jobSeconds: 3_600 } });
});
afterAll(() => rig.close());

const SHOWN = { ...ON_REQUEST, searchAttributes: true };

it('an export with unregistered search attributes is rejected before the submit, and says how to register them', async () => {
  const one = new OneExport(rig, { options: SHOWN });
  await one.start();
  expect(await one.failure()).toMatchObject({
    type: 'InvalidExportRequest',
    details: [expect.objectContaining({ field: 'options.searchAttributes' })],
    message: expect.stringMatching(/ImsExportPhase.*ims-export search-attributes --register/),
  });
  expect(one.posts()).toHaveLength(0);
});

it('registering the search attributes a second time changes nothing', async () => {
  expect((await readSearchAttributes(rig.client)).map(({ registered }) => registered)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
  const registered = await registerSearchAttributes(rig.client);
  expect(registered).toEqual(
    Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => ({ name, type, registered: true, registeredAs: type })),
  );
  expect(await registerSearchAttributes(rig.client)).toEqual(registered);
});

it('search attributes follow the phase, the percentage in steps of ten, and the attention', async () => {
  const one = new OneExport(rig, { options: SHOWN });
  const jobId = await one.asleep();
  const shows = async (wanted: { [name: string]: unknown }) => {
    const { searchAttributes } = await one.handle.describe();
    const shown = Object.fromEntries(Object.entries(searchAttributes).map(([name, values]) => [name, values?.[0]]));
    return Object.entries(wanted).every(([name, value]) => shown[name] === value) ? shown : undefined;
  };
  const bucket = one.bucketUrl.split(':')[0];
  await eventually('the first attributes', () =>
    shows({
      ImsExportPhase: 'exporting',
      ImsExportImageId: one.imageId,
      ImsExportBucket: bucket,
      ImsExportAttention: undefined,
    }),
  );
  one.changeJob(jobId, { percent: 0.37 });
  await one.poll();
  await eventually('37 % as 30', () => shows({ ImsExportPercent: 30 }));
  one.changeJob(jobId, { percent: 0.39 });
  await one.poll();
  one.pollsFail(jobId, { status: 403, body: { error_code: 'APIGW.0302', error_msg: 'not allowed' } });
  await one.poll();
  await eventually('parked', () => shows({ ImsExportPhase: 'parked', ImsExportAttention: 'parked' }));
  await one.poll();
  await eventually('not parked any more', () => shows({ ImsExportPhase: 'exporting', ImsExportAttention: undefined }));
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.poll();
  await one.result();
  await eventually('the end', () =>
    shows({ ImsExportPhase: 'ended', ImsExportPercent: 100, ImsExportAttention: undefined }),
  );

  const { events } = await one.handle.fetchHistory();
  const upserts = (events ?? []).filter((event) => event.upsertWorkflowSearchAttributesEventAttributes).length;
  // submitting, exporting, 30 %, parked, exporting again, verifying with 100 %, ended
  expect(upserts).toBeLessThanOrEqual(8);
});

it('an export is listed by its search attributes', async () => {
  const one = new OneExport(rig, { options: SHOWN });
  await one.asleep();
  const query = `ImsExportImageId = '${one.imageId}' AND ImsExportPhase = 'exporting'`;
  await eventually('the list shows it', async () => {
    for await (const { workflowId } of rig.client.workflow.list({ query })) return workflowId;
    return undefined;
  });
  await one.handle.cancel();
});

it('a search attribute of another type rejects the export, and is not registered over', async () => {
  const mistyped = await startRig({ server: { searchAttributes: { ImsExportPercent: 'Keyword' } } });
  try {
    const reports = await registerSearchAttributes(mistyped.client);
    expect(reports.find(({ name }) => name === 'ImsExportPercent')).toEqual({
      name: 'ImsExportPercent',
      type: 'INT',
      registered: false,
      registeredAs: 'KEYWORD',
    });
    const one = new OneExport(mistyped, { options: SHOWN });
    await one.start();
    expect(await one.failure()).toMatchObject({
      type: 'InvalidExportRequest',
      message: expect.stringContaining('ImsExportPercent (INT)'),
    });
    expect(one.posts()).toHaveLength(0);
  } finally {
    await mistyped.close();
  }
});
