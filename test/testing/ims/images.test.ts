import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../src/testing';
import { callIms, control, send } from '../../rigs/simulator-requests';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

async function names(query: string): Promise<string[]> {
  const { json } = await callIms(simulator.info, 'GET', `/v2/cloudimages?${query}`);
  return json.images.map((image) => image.name);
}

it('the simulated image list finds one image by its id, with sizes and flags as strings', async () => {
  const { json } = await callIms(simulator.info, 'GET', `/v2/cloudimages?id=${simulator.info.images.linux}`);
  expect(json.images).toHaveLength(1);
  expect(json.images[0]).toMatchObject({
    id: simulator.info.images.linux,
    status: 'active',
    owner: simulator.info.projectId,
    __imagetype: 'private',
    __image_size: '10737418240',
    __isregistered: 'true',
    min_disk: 10,
    protected: false,
  });
});

it('the simulated image list is empty for an unknown image id', async () => {
  expect(await names('id=00000000-0000-0000-0000-000000000000')).toEqual([]);
});

it('the simulated image list filters by type, status, operating system and name', async () => {
  expect(await names('__imagetype=gold&__platform=Windows')).toEqual(['Windows Server 2022 Standard 64bit']);
  expect(await names('status=queued')).toEqual(['still-uploading']);
  expect(await names('__imagetype=private&__os_type=Other')).toEqual(['data-disk']);
  expect(await names('name=centos7_5&enterprise_project_id=0')).toEqual(['centos7_5']);
  expect(await names('tag=nobody.has')).toEqual([]);
});

it('the simulated image list pages by limit and marker', async () => {
  const all = await names('__imagetype=private');
  const { json } = await callIms(simulator.info, 'GET', '/v2/cloudimages?__imagetype=private&limit=3');
  const last = json.images[2]?.id;
  const rest = await names(`__imagetype=private&marker=${last}`);
  expect([...json.images.map((image) => image.name), ...rest]).toEqual(all);
});

it('the simulated image list rejects an unknown image type with the published error', async () => {
  const { status, json } = await callIms(simulator.info, 'GET', '/v2/cloudimages?__imagetype=golden');
  expect(status).toBe(400);
  expect(json).toEqual({ error: { message: 'The imagetype is invalid.', code: 'IMG.0024' } });
});

it('the simulated OpenStack API shows one image unwrapped, or 404', async () => {
  const { json } = await callIms(simulator.info, 'GET', `/v2/images/${simulator.info.images.iso}`);
  expect(json).toMatchObject({ id: simulator.info.images.iso, virtual_env_type: 'IsoImage', disk_format: 'iso' });
  expect((await callIms(simulator.info, 'GET', '/v2/images/nonesuch')).status).toBe(404);
});

it('the simulated image list has images added by a test with their attributes', async () => {
  const image = simulator.addImage('linux', { name: 'without-a-size', __image_size: undefined });
  const { json } = await callIms(simulator.info, 'GET', `/v2/cloudimages?id=${image.id}`);
  expect(json.images[0]?.name).toBe('without-a-size');
  expect(json.images[0]).not.toHaveProperty('__image_size');
});

it('the simulator lists its API versions to OpenStack clients, and knows no other API', async () => {
  const versions = await send(simulator.info.imsEndpoint, 'GET', '/');
  expect(versions.json.versions[0]).toMatchObject({ status: 'CURRENT' });
  const unknown = await callIms(simulator.info, 'GET', '/v1/nonesuch');
  expect([unknown.status, unknown.json.error_code]).toEqual([404, 'APIGW.0101']);
});

it('the simulated image list pages through 1,203 images of one name', async () => {
  const catalogue = simulator.info.images;
  const attributes = { name: 'golden', tags: ['batch'] };
  const added = await control(simulator.info, 'POST', '/images', { like: 'linux', count: 1_203, attributes });
  const ids: string[] = JSON.parse(added.text).map(({ id }: { id: string }) => id);
  for (const query of ['name=golden', 'tag=batch', 'name=golden&sort_key=name&limit=100']) {
    const seen: string[] = [];
    for (let marker = ''; ; marker = `&marker=${seen.at(-1)}`) {
      const { json } = await callIms(simulator.info, 'GET', `/v2/cloudimages?${query}${marker}`);
      if (json.images.length === 0) break;
      expect(json.images.length).toBeLessThanOrEqual(500);
      seen.push(...json.images.map((image) => image.id));
    }
    expect(seen).toHaveLength(1_203);
    expect(new Set(seen)).toEqual(new Set(ids));
  }
  expect(simulator.info.images).toEqual(catalogue);
});

it('an image added to the simulator with a catalogue name does not replace the catalogue image', async () => {
  const { linux } = simulator.info.images;
  const { id } = simulator.addImage('iso', { name: 'linux' });
  expect(id).not.toBe(linux);
  expect(simulator.info.images.linux).toBe(linux);
  expect(simulator.addImage('linux')).toMatchObject({
    disk_format: 'zvhd2',
    name: expect.stringMatching(/^centos7_5-/),
  });
});

it('the simulator rejects a second image with the same id, and invalid image names', async () => {
  const { id } = simulator.addImage('linux', { id: '11111111-2222-4333-8444-555555555555' });
  for (const [count, fixed] of [
    [1, id],
    [2, '11111111-2222-4333-8444-666666666666'],
  ] as const) {
    const body = { like: 'linux', count, attributes: { id: fixed } };
    const refused = await control(simulator.info, 'POST', '/images', body);
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining(`the ID ${fixed}`)]);
  }
  for (const like of ['nonesuch', 'constructor', '__proto__']) {
    const refused = await control(simulator.info, 'POST', '/images', { like });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining(`no image ${like}; there are linux`)]);
    expect((await callIms(simulator.info, 'GET', `/v2/images/${like}`)).status).toBe(404);
  }
});
