import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../src/testing';
import { beginExport, callIms, callObs, control, showJob } from '../rigs/simulator-requests';

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.close());

const journal = async () => JSON.parse((await control(simulator.info, 'GET', '/requests')).text);

it('the simulator journal has every request to a service in order, with its outcome', async () => {
  simulator.clock.set(Date.UTC(2026, 0, 1));
  const jobId = await beginExport(simulator.info);
  await showJob(simulator.info, jobId);
  await callObs(simulator.info, 'HEAD', '/ims-image/exports/none');
  await expect(beginExport(simulator.info)).rejects.toThrow('IMG.0148');

  const submit = `/v1/cloudimages/${simulator.info.images.linux}/file`;
  const at = '2026-01-01T00:00:00.000Z';
  expect(await journal()).toEqual([
    { at, service: 'ims', method: 'POST', path: submit, status: 200, note: `job ${jobId}` },
    {
      at,
      service: 'ims',
      method: 'GET',
      path: `/v1/${simulator.info.projectId}/jobs/${jobId}`,
      status: 200,
      note: 'INIT 0',
    },
    { at, service: 'obs', method: 'HEAD', path: '/ims-image/exports/none', status: 404, note: 'NoSuchKey' },
    { at, service: 'ims', method: 'POST', path: submit, status: 400, note: 'IMG.0148' },
  ]);
});

it('the simulator journal says which fault a request met, and that a dropped one got no status', async () => {
  simulator.faults.add({ service: 'ims', action: { dropAfter: true } });
  await expect(beginExport(simulator.info)).rejects.toThrow();
  const [entry] = await journal();
  expect(entry).toMatchObject({ status: null, note: expect.stringContaining('dropAfter') });
});

it('the simulator journal does not contain the control API', async () => {
  expect((await control(simulator.info, 'GET', '/jobs')).status).toBe(200);
  expect((await control(simulator.info, 'GET', '/nonesuch')).status).toBe(404);
  expect(await journal()).toEqual([]);
});

it('the simulator journal contains no secret: no header, no query, no key', async () => {
  await callIms(simulator.info, 'GET', '/v2/cloudimages?name=secret-of-a-query');
  await callObs(simulator.info, 'GET', '/ims-image?X-Amz-Signature=secret-of-a-query', { resource: '/ims-image' });
  const text = JSON.stringify(await journal());
  for (const secret of [simulator.info.secretKey, simulator.info.iamPassword, 'secret-of-a-query', 'Signature']) {
    expect(text).not.toContain(secret);
  }
});
