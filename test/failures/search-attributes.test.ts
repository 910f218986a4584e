import type { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { registerSearchAttributes } from '../../src/client';
import { type GrpcProxy, startGrpcProxy } from '../rigs/grpc-proxy';
import { attemptsOf, eventsOf } from '../rigs/history';
import { eventually, ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig } from '../rigs/rig';

const [INVALID_ARGUMENT, PERMISSION_DENIED, UNIMPLEMENTED, UNAVAILABLE] = [3, 7, 12, 14];
const LIST = 'ListSearchAttributes';
const COUNT = 'CountWorkflowExecutions';

let proxy: GrpcProxy;
async function startProxiedRig(options: Parameters<typeof startRig>[0] = {}): Promise<Rig> {
  return await startRig({
    simulator: { jobSeconds: 3_600 },
    workerConnectsTo: async ({ address, namespace }) => {
      proxy = await startGrpcProxy(address);
      return { address: proxy.address, namespace };
    },
    ...options,
  });
}

let rig: Rig;
beforeAll(async () => {
  rig = await startProxiedRig();
});
afterEach(() => {
  for (const method of [LIST, COUNT]) proxy.answer(method, null);
});
afterAll(async () => {
  await rig.close();
  await proxy.close();
});

const SHOWN = { ...ON_REQUEST, searchAttributes: true };

/** But for that of Temporal itself, which makes one of each patch. */
async function upsertsOf(one: OneExport): Promise<number> {
  const events = eventsOf(await one.handle.fetchHistory());
  const upserted = events.flatMap(({ upsertWorkflowSearchAttributesEventAttributes: attributes }) =>
    attributes ? [Object.keys(attributes.searchAttributes?.indexedFields ?? {})] : [],
  );
  return upserted.filter((names) => names.some((name) => name !== 'TemporalChangeVersion')).length;
}

/** It neither hangs nor shows anything, and a cancel ends it. */
async function expectTurnedOff(one: OneExport): Promise<void> {
  const { options, warnings } = await one.until(({ outcome }) => outcome === null);
  expect(options).toMatchObject({ searchAttributes: false });
  expect(warnings).toEqual([expect.stringMatching(/^This export runs without search attributes: .*--register/)]);
  expect(await upsertsOf(one)).toBe(0);
  await one.handle.cancel();
  const end = await one.handle.result().catch((error: unknown) => error);
  expect((end as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
}

it.each<[string, { [method: string]: number }]>([
  ['the server does not list them to the worker, and has none of them', { [LIST]: PERMISSION_DENIED }],
  ['the server neither lists nor counts for the worker', { [LIST]: UNIMPLEMENTED, [COUNT]: PERMISSION_DENIED }],
  ['the server refuses the query by them', { [LIST]: UNIMPLEMENTED, [COUNT]: INVALID_ARGUMENT }],
])('F47 the search attributes are turned off with a warning when %s', async (_why, answers) => {
  for (const [method, code] of Object.entries(answers)) proxy.answer(method, code);
  const one = new OneExport(rig, { options: SHOWN });
  await one.asleep();
  await expectTurnedOff(one);
});

it('F47 the validation waits for a server that cannot be asked, and upserts nothing before it answers', async () => {
  for (const method of [LIST, COUNT]) proxy.answer(method, UNAVAILABLE);
  const one = new OneExport(rig, { options: SHOWN });
  await one.start();
  await eventually('the validation is tried again', async () => {
    const [validation] = (await one.handle.describe()).raw.pendingActivities ?? [];
    return (validation?.attempt ?? 0) > 1 ? validation : undefined;
  });
  expect(one.posts()).toEqual([]);
  expect(await upsertsOf(one)).toBe(0);
  proxy.answer(COUNT, null);
  await one.until(({ nextPollAt }) => nextPollAt !== null);
  await expectTurnedOff(one);
});

it('F47 registered search attributes are upserted although the server does not list them to the worker', async () => {
  await registerSearchAttributes(rig.client);
  proxy.answer(LIST, PERMISSION_DENIED);
  const one = new OneExport(rig, { options: SHOWN });
  await one.asleep();
  expect((await one.until(({ outcome }) => outcome === null)).warnings).toEqual([]);
  expect(await upsertsOf(one)).toBeGreaterThan(0);
  expect(attemptsOf('imsValidateExport', eventsOf(await one.handle.fetchHistory()))).toEqual([1]);
});

it.each<{ [name: string]: string }>([{ ImsExportPercent: 'Keyword' }, { ImsExportBucket: 'Text' }])(
  'F47 a search attribute of another type turns them off: %j',
  async (searchAttributes) => {
    const usual = proxy;
    const mistyped = await startProxiedRig({ server: { searchAttributes } });
    const other = proxy;
    try {
      await registerSearchAttributes(mistyped.client);
      other.answer(LIST, PERMISSION_DENIED);
      const one = new OneExport(mistyped, { options: SHOWN });
      await one.asleep();
      await expectTurnedOff(one);
    } finally {
      await mistyped.close();
      await other.close();
      proxy = usual;
    }
  },
);
