import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../src/testing';
import { EXPORT_REJECTIONS } from '../../../src/testing/ims/export-rejections';
import { callIms, exportImage } from '../../rigs/simulator-requests';

let simulator: Simulator;
const codes = new Set<string>();
beforeAll(async () => {
  simulator = await startSimulator({ jobSeconds: 3_600 });
});
afterAll(() => simulator.close());

async function refusal(image: string, body: object | string): Promise<unknown> {
  const { status, json, headers } = await exportImage(simulator.info, simulator.info.images[image] ?? image, body);
  if (status === 200) return 'accepted';
  expect(headers['content-type']).toContain('application/json');
  expect(headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
  expect(Object.keys(json.error).sort()).toEqual(['code', 'message']);
  codes.add(json.error.code);
  return `${status} ${json.error.code}`;
}

const conversion = (bucketUrl: string) => ({ bucket_url: bucketUrl, file_format: 'qcow2' });
const quick = (bucketUrl: string) => ({ bucket_url: bucketUrl, is_quick_export: true });

describe('the simulator rejects an export request', () => {
  it.each([
    ['no body', '', 'IMG.0007'],
    ['a body that is not JSON', '{"bucket_url"', 'IMG.0001'],
    ['a body that is a list', '[]', 'IMG.0001'],
    ['a number for a bucket', { bucket_url: 1, file_format: 'qcow2' }, 'IMG.0001'],
    ['a text for is_quick_export', { ...conversion('ims-image:a'), is_quick_export: 'true' }, 'IMG.0001'],
    ['no bucket_url', {}, 'IMG.0068'],
    ['an empty bucket', conversion(':a.qcow2'), 'IMG.0068'],
    ['capitals in the bucket', conversion('Ims-Image:a.qcow2'), 'IMG.0109'],
    ['a bucket like an IP address', conversion('10.0.0.1:a.qcow2'), 'IMG.0109'],
    ['no colon', conversion('ims-image'), 'IMG.0073'],
    ['an empty file name', conversion('ims-image:'), 'IMG.0073'],
    ['a folder', conversion('ims-image:exports/'), 'IMG.0073'],
    ['a file name of 129 characters', conversion(`ims-image:${'a'.repeat(129)}`), 'IMG.0074'],
    ['an invalid character', conversion('ims-image:a&b.qcow2'), 'IMG.0075'],
    ['a space in the file name', conversion('ims-image:a b.qcow2'), 'IMG.0175'],
    ['a space in the folder', conversion('ims-image:a b/c.qcow2'), 'IMG.0175'],
    ['an unknown format', { bucket_url: 'ims-image:a', file_format: 'raw' }, 'IMG.0072'],
    ['zvhd2 by conversion', { bucket_url: 'ims-image:a', file_format: 'zvhd2' }, 'IMG.0072'],
    ['no format', { bucket_url: 'ims-image:a' }, 'IMG.0001'],
    ['an empty format', { bucket_url: 'ims-image:a', file_format: '' }, 'IMG.0001'],
    ['a format with quick export', { ...quick('ims-image:a'), file_format: 'zvhd' }, 'IMG.0001'],
  ])('with %s', async (_story, body, code) => {
    expect(await refusal('linux', body)).toBe(`400 ${code}`);
  });
});

describe('the simulator rejects an export of the image', () => {
  it.each([
    ['00000000-0000-0000-0000-000000000000', 'IMG.0027'],
    ['public', 'IMG.0077'],
    ['windowsPublic', 'IMG.0077'],
    ['susePublic', 'IMG.0077'],
    ['market', 'IMG.0078'],
    ['fromMarketplaceEcs', 'IMG.0078'],
    ['shared', 'IMG.0047'],
    ['queued', 'IMG.0046'],
    ['iso', 'IMG.0167'],
    ['fullEcs', 'IMG.0128'],
    ['fromBackup', 'IMG.0080'],
    ['charged', 'IMG.0079'],
    ['windowsFromPublic', 'IMG.0071'],
    ['windowsFromDerived', 'IMG.0071'],
    ['suseFromPublic', 'IMG.0071'],
    ['tooLarge', 'IMG.0059'],
    ['large', 'IMG.0160'],
    ['huge', 'IMG.0160'],
  ])('%s with %s', async (image, code) => {
    expect(await refusal(image, conversion('ims-image:never.qcow2'))).toBe(`400 ${code}`);
  });

  it('encrypted, by quick export only', async () => {
    expect(await refusal('encrypted', quick('ims-image:encrypted.zvhd2'))).toBe('400 IMG.0105');
    expect(await refusal('encrypted', conversion('ims-image:encrypted.qcow2'))).toBe('accepted');
  });
});

describe('the simulator accepts an export', () => {
  it.each(['windowsFromFile', 'exactly128GiB', 'dataDisk'])('of the image %s by conversion', async (image) => {
    expect(await refusal(image, conversion(`ims-image:${image}.qcow2`))).toBe('accepted');
  });

  it.each(['large', 'huge'])('of the image %s by quick export', async (image) => {
    expect(await refusal(image, quick(`ims-image:${image}.zvhd2`))).toBe('accepted');
  });

  it('by quick export with an empty or null file_format, as the Go SDK sends it', async () => {
    const { id } = simulator.addImage('linux');
    const other = simulator.addImage('linux');
    expect(await refusal(id, { ...quick('ims-image:go/a.zvhd2'), file_format: '' })).toBe('accepted');
    expect(await refusal(other.id, { ...quick('ims-image:go/b.zvhd2'), file_format: null })).toBe('accepted');
  });

  it('through the v2.1 API', async () => {
    const { id } = simulator.addImage('linux');
    const body = JSON.stringify(conversion('ims-image:safe/mode.qcow2'));
    const answer = await callIms(simulator.info, 'POST', `/v2.1/cloudimages/${id}/file`, { body });
    expect([answer.status, Object.keys(answer.json)]).toEqual([200, ['job_id']]);
  });
});

describe('the simulator rejects an export to', () => {
  it.each([
    ['nonesuch', 'IMG.0069'],
    ['ims-image-denied', 'IMG.0069'],
    ['ims-image-cold', 'IMG.0069'],
    ['ims-image-elsewhere', 'IMG.0058'],
  ])('the bucket %s with %s', async (bucket, code) => {
    expect(await refusal('linux', conversion(`${bucket}:a.qcow2`))).toBe(`400 ${code}`);
  });

  it('an existing object', async () => {
    simulator.putObject('taken.qcow2', 'anything');
    expect(await refusal('linux', conversion('ims-image:taken.qcow2'))).toBe('400 IMG.0070');
  });

  it('any destination while the image is being exported', async () => {
    const { id } = simulator.addImage('linux');
    expect(await refusal(id, conversion('ims-image:busy/1.qcow2'))).toBe('accepted');
    expect(await refusal(id, conversion('ims-image:busy/2.qcow2'))).toBe('400 IMG.0148');
  });
});

it('the rejections tested here cover every error code of the simulator', () => {
  expect([...codes].sort()).toEqual([...new Set(EXPORT_REJECTIONS.map(({ code }) => code))].sort());
});
