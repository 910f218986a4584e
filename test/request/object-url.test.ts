import { describe, expect, it } from 'vitest';
import { parseBatchInput } from '../../src/request/batch';
import { parseExportInput } from '../../src/request/export';

const IMAGE = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';

describe('the URL of an object in the place of a destination', () => {
  const RIGHT = "'ims-image:exports/a.qcow2', in the form '<bucket>:<object key>'";
  it.each([
    ['obs://ims-image/exports/a.qcow2', RIGHT],
    ['s3://ims-image/exports/a.qcow2', RIGHT],
    ['https://ims-image.obs.cn-north-4.myhuaweicloud.com/exports/a.qcow2', RIGHT],
    ['https://ims-image.obs.eu-de.otc.t-systems.com:443/exports/a.qcow2?versionId=1', RIGHT],
    ['https://obs.cn-north-4.myhuaweicloud.com/ims-image/exports/a.qcow2', RIGHT],
    ['HTTPS://my.obs.bucket.obs.localhost/a%20b', "'my.obs.bucket:a b', in the form '<bucket>:<object key>'"],
    ['obs://ims-image', "'ims-image:<object key>', in the form '<bucket>:<object key>'"],
    ['https://example.org/ims-image/a', "'<bucket>:<object key>', not a URL"],
    ['obs://B/a', "'<bucket>:<object key>', not a URL"],
  ])('is answered with the right form: %s', (url, right) => {
    const format = { imageId: IMAGE, fileFormat: 'qcow2' };
    const said = `is ${JSON.stringify(url)}; expected ${right}`;
    expect(() => parseExportInput({ ...format, bucketUrl: url })).toThrow(said);
    expect(() => parseBatchInput({ images: [{ ...format, bucketUrl: url }] })).toThrow(said);
    expect(() => parseBatchInput({ images: [{ imageId: IMAGE }], to: url })).toThrow(said);
  });

  it('is no URL where a colon stands alone', () => {
    expect(parseExportInput({ imageId: IMAGE, fileFormat: 'qcow2', bucketUrl: 'obs:/a//b' })).toMatchObject({
      bucket: 'obs',
    });
  });
});
