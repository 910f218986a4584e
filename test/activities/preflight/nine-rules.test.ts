import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportNotAllowedDetails } from '../../../src/contract';
import { type ActivityRig, startActivityRig } from '../../rigs/activity-rig';

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

describe('the nine rules of the export API', () => {
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
  ])('image %s with %o gives %s (%s)', async (image, choice, expected, _why) => {
    expect(await verdict(image, choice)).toBe(expected);
  });

  it.each(['qcow2', 'vhd', 'zvhd', 'vmdk'])('rule 7: %s is an allowed format', async (fileFormat) => {
    expect(await verdict('linux', { fileFormat })).toBe('exportable');
  });

  it.each([
    ['-cold', 'bucketStorageClass', '1: standard storage only'],
    ['-elsewhere', 'bucketRegion', '1: in the region of the image'],
    ['-nowhere', 'bucketExists', 'there is no such bucket'],
  ])('a bucket ims-image%s is rejected by %s (%s)', async (bucket, expected) => {
    expect(await verdict('linux', qcow2, { bucket })).toBe(expected);
  });

  it('an unreadable bucket only gives a warning, since the cloud decides', async () => {
    const { images, bucket } = rig.simulator.info;
    const input = { imageId: images.linux, bucketUrl: `${bucket}-denied:a.qcow2`, ...qcow2 };
    const { warnings, destinationFreeAt } = await rig.run('imsValidateExport', input);
    expect(warnings).toEqual([
      `Rule bucketReadable: Account default cannot read the bucket ${bucket}-denied. Give it the role OBS Tenant Administrator. Found 403 AccessDenied.`,
      'Rules bucketExists, bucketStorageClass and bucketRegion were not checked: the bucket could not be read (403 AccessDenied).',
      'Rule destinationFree was not checked: the object key could not be read (403 AccessDenied).',
    ]);
    expect(destinationFreeAt).toBeNull();
  });

  it('an image with a charged account code only gives a warning', async () => {
    const { images, bucket } = rig.simulator.info;
    const { warnings } = await rig.run('imsValidateExport', {
      imageId: images.charged,
      bucketUrl: `${bucket}:rules/charged`,
      ...qcow2,
    });
    expect(warnings).toEqual([expect.stringMatching(/^Rule notFromChargedImage: .+ Found __account_code=/)]);
  });

  it('an unreadable bucket is rejected when options.rules sets bucketReadable to error', async () => {
    const options = { rules: { bucketReadable: 'error' } };
    expect(await verdict('linux', qcow2, { bucket: '-denied', options })).toBe('bucketReadable');
  });

  it('a rule set to warn only warns, and a rule set to off is silent', async () => {
    const { images, bucket } = rig.simulator.info;
    const input = { imageId: images.iso, bucketUrl: `${bucket}:rules/iso`, ...qcow2 };
    const warned = await rig.run('imsValidateExport', { ...input, options: { rules: { notIso: 'warn' } } });
    expect(warned.warnings).toEqual([
      expect.stringMatching(/^Rule notIso: ISO images cannot be exported\..* Found virtual_env_type=IsoImage\.$/),
    ]);
    const silent = await rig.run('imsValidateExport', { ...input, options: { rules: { notIso: 'off' } } });
    expect(silent.warnings).toEqual([]);
  });

  it('a bucket in another region is recognized by the OBS redirect', async () => {
    rig.simulator.faults.add({
      service: 'obs',
      method: 'HEAD',
      path: `/${rig.simulator.info.bucket}/`,
      action: { status: 301 },
    });
    expect(await verdict('linux', qcow2)).toBe('bucketRegion');
    rig.simulator.faults.clear();
  });

  it('the validation sends only read requests to the cloud', () => {
    expect(rig.posts()).toBe(0);
    expect(new Set(rig.simulator.requests().map(({ method }) => method))).toEqual(new Set(['GET', 'HEAD']));
  });
});

describe('the image lineage that the cloud reports', () => {
  const addImage: ActivityRig['simulator']['addImage'] = (like, attributes) => rig.simulator.addImage(like, attributes);

  /** The verdict on an image, and the warnings where it is exportable. */
  async function judge(image: { id: string }, options: object = {}) {
    const input = { imageId: image.id, bucketUrl: `${rig.simulator.info.bucket}:lineage/a`, ...qcow2, options };
    try {
      return (await rig.run('imsValidateExport', input)).warnings;
    } catch (error) {
      return (error as ApplicationFailure).details?.map((detail) => (detail as ExportNotAllowedDetails).rule);
    }
  }

  it('rejects a copy within the region of an image made from a Windows public image', async () => {
    const { images, region } = rig.simulator.info;
    const copy = addImage('windowsFromPublic', {
      __originalimagename: '',
      __data_origin: `image,${region},${images.windowsFromPublic}`,
    });
    expect(await judge(copy)).toEqual(['licensedLineage']);
  });

  it('only warns about a Windows image whose parent is deleted, and lets the cloud decide', async () => {
    const orphan = addImage('windowsFromPublic', { __originalimagename: '11111111-2222-3333-4444-555555555555' });
    expect(await judge(orphan)).toEqual([
      'Rules licensedLineage and notFromMarketplace were not checked: what the image was made from is not fully known: its ancestor 11111111-2222-3333-4444-555555555555 is deleted or not visible.',
    ]);
  });

  it('ends the search when the parents form a circle', async () => {
    const first = addImage('windowsFromPublic');
    const second = addImage('windowsFromPublic', { __originalimagename: first.id });
    first.__originalimagename = second.id;
    expect(await judge(first)).toEqual([expect.stringContaining('form a circle')]);
  });

  it('gives no warning for a CentOS image on a data disk', async () => {
    expect(await judge({ id: rig.simulator.info.images.dataDisk ?? '' })).toEqual([]);
  });

  it('rejects an Ubuntu image when options.rules sets regionalLineage to error', async () => {
    const ubuntu = addImage('public', { __platform: 'Ubuntu' });
    const made = addImage('large', {
      __platform: 'Ubuntu',
      __originalimagename: ubuntu.id,
      __image_size: '1073741824',
    });
    expect(await judge(made)).toEqual([]);
    expect(await judge(made, { rules: { regionalLineage: 'error' } })).toEqual(['regionalLineage']);
  });
});
