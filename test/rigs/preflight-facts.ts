import { parseExportInput } from '../../src/activities';
import type { PreflightFacts } from '../../src/activities/preflight';
import type { Image } from '../../src/huaweicloud';
import { IMAGE_LIST } from '../../src/huaweicloud/ims/image';
import { makeCatalogue } from '../../src/testing/catalogue';

export const PROJECT = '0605767f8f00d5762ff9c001c70e7359';
export const REGION = 'cn-north-4';

let made = 0;
const newId = () => `00000000-0000-4000-8000-${String(++made).padStart(12, '0')}`;

/** The images of the simulator as ListImages would answer them, without a simulator. */
export const CATALOGUE = makeCatalogue({ projectId: PROJECT, newId });

/** An image as the client reads it from a row of ListImages; `changes` replace what the row tells. */
export function image(like: string, changes: { [attribute: string]: unknown } = {}): Image {
  const { images } = IMAGE_LIST.parse({ images: [{ ...CATALOGUE[like], ...changes }] });
  const [only] = images;
  if (only === undefined) throw new Error(`no image ${like}`);
  return only;
}

/** Facts that no rule has anything against, but for `changes`. */
export function facts({
  input = {},
  options = {},
  ...changes
}: Partial<Omit<PreflightFacts, 'request'>> & { input?: object; options?: object } = {}): PreflightFacts {
  const subject = changes.image === undefined ? image('linux') : changes.image;
  return {
    request: parseExportInput({
      imageId: subject?.id ?? newId(),
      bucketUrl: 'ims-image:exports/disk.qcow2',
      ...('isQuickExport' in input ? {} : { fileFormat: 'qcow2' }),
      ...input,
      options,
    }),
    region: REGION,
    projectId: PROJECT,
    ancestors: { images: [], brokenAt: null },
    bucket: { kind: 'read', value: { storageClass: 'STANDARD', location: REGION, date: null } },
    destination: { kind: 'read', value: { object: null, date: '2026-02-01T00:00:00.000Z' } },
    ...changes,
    image: subject,
  };
}

export const DENIED = { kind: 'refused', code: 'AccessDenied', text: '403 AccessDenied' } as const;
