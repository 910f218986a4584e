import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportNotAllowedDetails } from '../../src/contract';
import { type ActivityRig, startActivityRig } from './activity-rig';

let rig: ActivityRig;
beforeAll(async () => {
  rig = await startActivityRig();
});
afterAll(() => rig.close());

/** The verdict of preflight: `exportable`, or the id of the rule that refuses. */
async function verdict(image: string, choice: object, { bucket = '', options = {} } = {}): Promise<string> {
  const { images, bucket: usual } = rig.simulator.info;
  const input = { imageId: images[image], bucketUrl: `${usual}${bucket}:rules/${image}`, ...choice, options };
  try {
    await rig.run('imsValidateExport', input);
    return 'exportable';
  } catch (error) {
    expect(error).toBeInstanceOf(ApplicationFailure);
    const { type, details, nonRetryable, message } = error as ApplicationFailure;
    expect({ type, nonRetryable }).toEqual({ type: 'ExportNotAllowed', nonRetryable: true });
    const [{ rule, found, refusals }] = details as [ExportNotAllowedDetails];
    expect(message).toContain(`[${rule}: ${found}]`);
    expect(found).not.toBe('');
    return refusals.map((refusal) => refusal.rule).join(' ');
  }
}

const qcow2 = { fileFormat: 'qcow2' };
const quick = { isQuickExport: true };

describe('the nine rules of the export API, over the catalogue of the simulator', () => {
  it.each([
    ['linux', qcow2, 'exportable', 'a private image from a file, 10 GiB'],
    ['linux', quick, 'exportable', 'the same, quick'],
    ['exactly128GiB', qcow2, 'exportable', 'the largest that is converted'],
    ['large', quick, 'exportable', '200 GiB, quick'],
    ['large', qcow2, 'conversionSizeLimit', '5: above 128 GiB only by quick export'],
    ['huge', quick, 'exportable', '0.95 TiB, quick'],
    ['huge', qcow2, 'conversionSizeLimit', '5: above 128 GiB only by quick export'],
    ['tooLarge', quick, 'sizeLimit', '5: under 1 TiB'],
    ['tooLarge', qcow2, 'sizeLimit conversionSizeLimit', '5: both limits'],
    ['dataDisk', qcow2, 'exportable', 'a data disk'],
    ['public', qcow2, 'privateImage', '2: private images only'],
    ['shared', qcow2, 'privateImage', "2: one's own images only"],
    ['market', qcow2, 'privateImage notFromMarketplace', '2 and 9: a marketplace image'],
    ['queued', qcow2, 'imageActive', '2: in normal state'],
    ['windowsPublic', qcow2, 'privateImage licensedLineage', '2 and 3: Windows public image'],
    ['windowsFromPublic', qcow2, 'licensedLineage', '3: made from a Windows public image'],
    ['windowsFromDerived', qcow2, 'licensedLineage', '3: its grandparent is a Windows public image'],
    ['suseFromPublic', qcow2, 'licensedLineage', '3: made from a SUSE public image'],
    ['windowsFromFile', qcow2, 'exportable', "3: Windows from a file of one's own"],
    ['fullEcs', qcow2, 'notWholeEcs', '4: no full-ECS images'],
    ['iso', qcow2, 'notIso', '4: no ISO images'],
    ['encrypted', qcow2, 'exportable', '6: an encrypted image, converted'],
    ['encrypted', quick, 'quickExportNotEncrypted', '6: no quick export of encrypted images'],
    ['fromBackup', qcow2, 'notFromBackup', '8: not from a backup'],
    ['fromMarketplaceEcs', qcow2, 'notFromMarketplace', '9: not from an ECS of a marketplace image'],
  ])('%s with %o: %s (%s)', async (image, choice, expected, _why) => {
    expect(await verdict(image, choice)).toBe(expected);
  });

  it.each(['qcow2', 'vhd', 'zvhd', 'vmdk'])('7: %s is a format', async (fileFormat) => {
    expect(await verdict('linux', { fileFormat })).toBe('exportable');
  });

  it.each([
    ['-cold', 'bucketStorageClass', '1: standard storage only'],
    ['-elsewhere', 'bucketRegion', '1: in the region of the image'],
    ['-nowhere', 'bucketExists', 'there is no such bucket'],
  ])('a bucket %s is refused by %s (%s)', async (bucket, expected) => {
    expect(await verdict('linux', qcow2, { bucket })).toBe(expected);
  });

  it('only warns of a bucket that may not be read, since the cloud decides', async () => {
    const { images, bucket } = rig.simulator.info;
    const input = { imageId: images.linux, bucketUrl: `${bucket}-denied:a.qcow2`, ...qcow2 };
    const { warnings, destinationFreeAt } = await rig.run('imsValidateExport', input);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('could not be read');
    expect(destinationFreeAt).toBeNull();
  });

  it('only warns of what a call turns down to warn, and is silent where it is off', async () => {
    const { images, bucket } = rig.simulator.info;
    const input = { imageId: images.iso, bucketUrl: `${bucket}:rules/iso`, ...qcow2 };
    const warned = await rig.run('imsValidateExport', { ...input, options: { rules: { notIso: 'warn' } } });
    expect(warned.warnings).toEqual(['Rule notIso: ISO images cannot be exported. Found virtual_env_type=IsoImage.']);
    const silent = await rig.run('imsValidateExport', { ...input, options: { rules: { notIso: 'off' } } });
    expect(silent.warnings).toEqual([]);
  });

  it('sends nothing to the cloud but reads', () => {
    expect(rig.posts()).toBe(0);
    expect(new Set(rig.simulator.requests().map(({ method }) => method))).toEqual(new Set(['GET', 'HEAD']));
  });
});
