import { describe, expect, it } from 'vitest';
import { PREFLIGHT_RULES, type PreflightFacts, preflight } from '../../../src/activities/preflight';
import { DENIED, facts, image } from '../../rigs/preflight-facts';

const GIB = 1024n ** 3n;
const TIB = 1024n * GIB;
const quick = { isQuickExport: true };
const key = (objectKey: string) => ({ input: { bucketUrl: `ims-image:${objectKey}` } });
const bytes = (size: bigint) => ({ image: image('linux', { __image_size: String(size) }) });
const madeFrom = (...parents: string[]) => ({ images: parents.map((parent) => image(parent)), brokenAt: null });
const unknownOrigin = { images: [], brokenAt: 'its ancestor 7 is deleted or not visible' };
const bucket = (changes: object) => ({
  kind: 'read' as const,
  value: { storageClass: 'STANDARD', location: 'cn-north-4', date: null, ...changes },
});
const bucketRefused = (code: string, status: number) => ({
  kind: 'refused' as const,
  code,
  text: `${status} ${code}`,
});

type Changes = NonNullable<Parameters<typeof facts>[0]>;

/** What each rule refuses, lets through, and cannot check. Of each the first is also asked as `warn` and `off`. */
const CASES: {
  [rule: string]: { refuses: [string, Changes][]; passes: [string, Changes][]; notChecked: [string, Changes][] };
} = {
  imageExists: {
    refuses: [['an image that is not shown', { image: null }]],
    passes: [['an image', {}]],
    notChecked: [],
  },
  privateImage: {
    refuses: [
      ['a public image', { image: image('public') }],
      ['a shared image', { image: image('shared') }],
      ['a Marketplace image', { image: image('market') }],
      ['an image of another project', { image: image('linux', { owner: 'somebody-else' }) }],
      ['an image of another project without a type', { image: image('linux', { owner: 'x', __imagetype: null }) }],
    ],
    passes: [
      ['a private image', {}],
      ['an image with an owner and no type', { image: image('linux', { __imagetype: null }) }],
      ['an image with a type and no owner', { image: image('linux', { owner: null }) }],
    ],
    notChecked: [
      ['an image without type and owner', { image: image('linux', { owner: '', __imagetype: '' }) }],
      ['a missing image', { image: null }],
    ],
  },
  imageActive: {
    refuses: ['queued', 'saving', 'deleted', 'killed'].map((status) => [
      `the status ${status}`,
      { image: image('linux', { status }) },
    ]),
    passes: [['the status active', {}]],
    notChecked: [['an image without a status', { image: image('linux', { status: undefined }) }]],
  },
  notWholeEcs: {
    refuses: [
      ['the whole-image mark "true"', { image: image('fullEcs') }],
      ['the whole-image mark "True"', { image: image('linux', { __whole_image: 'True' }) }],
    ],
    passes: [
      ['an image without the attribute', {}],
      ['the whole-image mark "false"', { image: image('linux', { __whole_image: 'false' }) }],
    ],
    notChecked: [['a missing image', { image: null }]],
  },
  notIso: {
    refuses: [
      ['the kind IsoImage', { image: image('linux', { virtual_env_type: 'IsoImage' }) }],
      ['the disk format iso', { image: image('linux', { disk_format: 'ISO' }) }],
    ],
    passes: [
      ['an image that is not an ISO', {}],
      ['an image with a disk format and no kind', { image: image('linux', { virtual_env_type: null }) }],
    ],
    notChecked: [
      [
        'an image without kind and disk format',
        { image: image('linux', { virtual_env_type: null, disk_format: null }) },
      ],
    ],
  },
  quickExportNotEncrypted: {
    refuses: [['a quick export of an encrypted image', { image: image('encrypted'), input: quick }]],
    passes: [
      ['a conversion of an encrypted image', { image: image('encrypted') }],
      ['a quick export of an image that is not encrypted', { input: quick }],
      ['an empty encryption key', { image: image('linux', { __system__cmkid: '' }), input: quick }],
    ],
    notChecked: [['a missing image', { image: null, input: quick }]],
  },
  licensedLineage: {
    refuses: [
      [
        'Windows made from the public image',
        { image: image('windowsFromPublic'), ancestors: madeFrom('windowsPublic') },
      ],
      [
        'the grandchild of a Windows public image',
        { image: image('windowsFromDerived'), ancestors: madeFrom('windowsFromPublic', 'windowsPublic') },
      ],
      ['SUSE made from the public image', { image: image('suseFromPublic'), ancestors: madeFrom('susePublic') }],
      ['a Windows public image', { image: image('windowsPublic') }],
      [
        'a platform spelled with spaces',
        {
          image: image('linux'),
          ancestors: { images: [image('windowsPublic', { __platform: 'Win dows' })], brokenAt: null },
        },
      ],
    ],
    passes: [
      ['Windows from an own file', { image: image('windowsFromFile') }],
      ['an image of CentOS', { image: image('large'), ancestors: madeFrom('public') }],
      [
        'openSUSE, which is not SUSE',
        { ancestors: { images: [image('susePublic', { __platform: 'OpenSUSE' })], brokenAt: null } },
      ],
      ['an image of CentOS of unknown origin', { image: image('large'), ancestors: unknownOrigin }],
    ],
    notChecked: [
      ['Windows of unknown origin', { image: image('windowsFromPublic'), ancestors: unknownOrigin }],
      [
        'an unknown platform of unknown origin',
        { image: image('large', { __platform: '' }), ancestors: unknownOrigin },
      ],
    ],
  },
  regionalLineage: {
    refuses: [
      ['Ubuntu', { ancestors: { images: [image('public', { __platform: 'Ubuntu' })], brokenAt: null } }],
      ['Red Hat', { ancestors: { images: [image('public', { __platform: 'Red Hat' })], brokenAt: null } }],
      ['RedHat', { ancestors: { images: [image('public', { __platform: 'RedHat' })], brokenAt: null } }],
      ['Oracle Linux', { ancestors: { images: [image('public', { __platform: 'Oracle Linux' })], brokenAt: null } }],
    ],
    passes: [['CentOS', { image: image('large'), ancestors: madeFrom('public') }]],
    notChecked: [
      ['Ubuntu of unknown origin', { image: image('large', { __platform: 'Ubuntu' }), ancestors: unknownOrigin }],
    ],
  },
  notFromBackup: {
    refuses: [
      ['a backup id', { image: image('linux', { __backup_id: 'b-1' }) }],
      ['a backup as origin', { image: image('linux', { __data_origin: 'server_backup,b-1' }) }],
    ],
    passes: [
      ['a file as origin', {}],
      ['an empty backup id', { image: image('linux', { __backup_id: '' }) }],
    ],
    notChecked: [['a missing image', { image: null }]],
  },
  notFromMarketplace: {
    refuses: [
      ['a product code', { image: image('fromMarketplaceEcs') }],
      ['a Marketplace image', { image: image('market') }],
      [
        'a product code of the parent only',
        { image: image('fromMarketplaceEcs', { __productcode: '' }), ancestors: madeFrom('market') },
      ],
      [
        'a parent with the type of a Marketplace image and no product code',
        {
          ancestors: { images: [image('market', { __productcode: null })], brokenAt: unknownOrigin.brokenAt },
        },
      ],
    ],
    passes: [
      ['an image from a file', {}],
      ['a data disk of unknown origin', { image: image('dataDisk'), ancestors: unknownOrigin }],
    ],
    notChecked: [['a system disk of unknown origin', { image: image('large'), ancestors: unknownOrigin }]],
  },
  notFromChargedImage: {
    refuses: [['an account code', { image: image('charged') }]],
    passes: [['an image without an account code', {}]],
    notChecked: [['a missing image', { image: null }]],
  },
  sizeLimit: {
    refuses: [
      ['1 TiB', bytes(TIB)],
      ['a size beyond what a number holds', bytes(10n ** 24n)],
      ['1 TiB by quick export', { ...bytes(TIB), input: quick }],
    ],
    passes: [['a byte less than 1 TiB', { ...bytes(TIB - 1n), input: quick }]],
    notChecked: [
      ['an image without a size', { image: image('linux', { __image_size: '' }) }],
      ['an image whose size is not a number', { image: image('linux', { __image_size: '40 GB' }) }],
    ],
  },
  conversionSizeLimit: {
    refuses: [['a byte more than 128 GiB', bytes(128n * GIB + 1n)]],
    passes: [
      ['128 GiB', bytes(128n * GIB)],
      ['a byte more than 128 GiB by quick export', { ...bytes(128n * GIB + 1n), input: quick }],
    ],
    notChecked: [['an image without a size', { image: image('linux', { __image_size: null }) }]],
  },
  diskSizeLimit: {
    refuses: [
      ['a system disk of 1025 GB', { image: image('linux', { min_disk: 1025 }) }],
      ['a data disk of 2049 GB', { image: image('dataDisk', { min_disk: '2049' }) }],
    ],
    passes: [
      ['a system disk of 1024 GB', { image: image('linux', { min_disk: 1024 }) }],
      ['a data disk of 2048 GB', { image: image('dataDisk', { min_disk: 2048 }) }],
    ],
    notChecked: [['an image without a disk size', { image: image('linux', { min_disk: undefined }) }]],
  },
  objectName: {
    refuses: [
      ['a folder (IMG.0073)', key('exports/')],
      ['129 characters (IMG.0074)', key('a'.repeat(129))],
      ['a key of more than 1024 bytes (IMG.0074)', key(`${'folder/'.repeat(150)}a`)],
      ['an ampersand (IMG.0075)', key('a&b.qcow2')],
      ['a colon (IMG.0075)', key('a:b')],
      ['a letter beyond ASCII (IMG.0075)', key('镜像.qcow2')],
      ['a space in the name (IMG.0175)', key('a b.qcow2')],
      ['a space in the folder (IMG.0175)', key('a b/c.qcow2')],
      ['a space at the end (IMG.0175)', key('a.qcow2 ')],
    ],
    passes: [
      ['128 characters', key('a'.repeat(128))],
      ['all allowed characters', key('Folder_1/sub-folder/centos7.5_x-1.qcow2')],
    ],
    notChecked: [],
  },
  folderNames: {
    refuses: [
      ['a slash at the start of the key', key('/a.qcow2')],
      ['two slashes in a row', key('a//b.qcow2')],
    ],
    passes: [['folders with names', key('a/b/c.qcow2')]],
    notChecked: [],
  },
  keyExtension: {
    refuses: [
      ['.vhd for qcow2', key('a.vhd')],
      ['.ZVHD2 for qcow2', key('a/b.ZVHD2')],
    ],
    passes: [
      ['.qcow2 for qcow2', key('a.qcow2')],
      ['no extension', key('vhd')],
      ['an extension that is of no format', key('a.img')],
    ],
    notChecked: [],
  },
  bucketExists: {
    refuses: [['a missing bucket', { bucket: bucketRefused('NoSuchBucket', 404) }]],
    passes: [
      ['a bucket that exists', {}],
      ['a bucket of another region', { bucket: bucketRefused('PermanentRedirect', 301) }],
      ['a bucket temporarily redirected to another region', { bucket: bucketRefused('TemporaryRedirect', 307) }],
    ],
    notChecked: [['a bucket that may not be read', { bucket: DENIED }]],
  },
  bucketReadable: {
    refuses: [['a bucket that may not be read', { bucket: DENIED }]],
    passes: [
      ['a readable bucket', {}],
      ['a missing bucket', { bucket: bucketRefused('NoSuchBucket', 404) }],
      ['a bucket of another region', { bucket: bucketRefused('PermanentRedirect', 301) }],
      ['a bucket temporarily redirected to another region', { bucket: bucketRefused('TemporaryRedirect', 307) }],
    ],
    notChecked: [],
  },
  bucketStorageClass: {
    refuses: ['WARM', 'COLD', 'DEEP_ARCHIVE', 'STANDARD_IA', 'GLACIER'].map((storageClass) => [
      storageClass,
      { bucket: bucket({ storageClass }) },
    ]),
    passes: [['STANDARD', {}]],
    notChecked: [
      ['a bucket whose answer lacks the value', { bucket: bucket({ storageClass: null }) }],
      ['a bucket that may not be read', { bucket: DENIED }],
      ['a missing bucket', { bucket: bucketRefused('NoSuchBucket', 404) }],
    ],
  },
  bucketRegion: {
    refuses: [
      ['a bucket of another region', { bucket: bucket({ location: 'cn-south-1' }) }],
      ['a bucket redirected to another region', { bucket: bucketRefused('PermanentRedirect', 301) }],
      ['a bucket temporarily redirected to another region', { bucket: bucketRefused('TemporaryRedirect', 307) }],
    ],
    passes: [['a bucket in the region of the image', {}]],
    notChecked: [
      ['a bucket whose answer lacks the value', { bucket: bucket({ location: null }) }],
      ['a bucket that may not be read', { bucket: DENIED }],
    ],
  },
  destinationFree: {
    refuses: [
      [
        'a key that is taken',
        {
          destination: {
            kind: 'read',
            value: {
              object: { size: 7, etag: 'e', lastModified: '2026-01-01T00:00:00.000Z', storageClass: 'STANDARD' },
              date: null,
            },
          },
        },
      ],
    ],
    passes: [['a key that is free', {}]],
    notChecked: [['a key that may not be read', { destination: DENIED }]],
  },
};

/** What a rule says at a severity, with every other rule turned off. */
function verdict(rule: string, changes: Changes, severity?: 'error' | 'warn' | 'off') {
  const off = Object.fromEntries(PREFLIGHT_RULES.map(({ id }) => [id, 'off']));
  const own = PREFLIGHT_RULES.find(({ id }) => id === rule)?.severity;
  const { refusals, warnings } = preflight(
    facts({ ...changes, options: { rules: { ...off, [rule]: severity ?? own } } }),
  );
  return { refusals: refusals.map((refusal) => refusal.rule), warnings };
}

const rows = (kind: 'refuses' | 'passes' | 'notChecked') =>
  Object.entries(CASES).flatMap(([rule, cases]) =>
    cases[kind].map(([what, changes]) => [rule, what, changes] as const),
  );

describe('preflight rule', () => {
  it('table has cases for each rule and each verdict', () => {
    expect(Object.keys(CASES)).toEqual(PREFLIGHT_RULES.map(({ id }) => id));
    for (const { refuses, passes } of Object.values(CASES)) {
      expect(refuses.length).toBeGreaterThan(0);
      expect(passes.length).toBeGreaterThan(0);
    }
  });

  it.each(rows('refuses'))('%s rejects %s', (rule, _what, changes) => {
    expect(verdict(rule, changes, 'error')).toEqual({ refusals: [rule], warnings: [] });
  });

  it.each(rows('refuses'))('%s with severity warn only warns about %s', (rule, _what, changes) => {
    expect(verdict(rule, changes, 'warn')).toEqual({
      refusals: [],
      warnings: [expect.stringMatching(new RegExp(`^Rule ${rule}: .+\\. Found .+\\.$`))],
    });
  });

  it.each(rows('refuses'))('%s with severity off is silent about %s', (rule, _what, changes) => {
    expect(verdict(rule, changes, 'off')).toEqual({ refusals: [], warnings: [] });
  });

  it.each(rows('passes'))('%s accepts %s', (rule, _what, changes) => {
    expect(verdict(rule, changes, 'error')).toEqual({ refusals: [], warnings: [] });
  });

  it.each(rows('notChecked'))('%s warns that it could not check %s', (rule, _what, changes) => {
    expect(verdict(rule, changes, 'error')).toEqual({
      refusals: [],
      warnings: [expect.stringMatching(new RegExp(`^Rule ${rule} was not checked: .+\\.$`))],
    });
    expect(verdict(rule, changes, 'off').warnings).toEqual([]);
  });

  it('messages start with a capital, end as a sentence and say what to do', () => {
    for (const [rule, what, changes] of rows('refuses')) {
      const given: PreflightFacts = facts({ ...changes, options: { rules: { [rule]: 'error' } } });
      const refusal = preflight(given).refusals.find((found) => found.rule === rule);
      expect(refusal?.message, `${rule}: ${what}`).toMatch(/^[A-Z].{20,}\.$/s);
      expect(refusal?.found, `${rule}: ${what}`).not.toMatch(/undefined|null|\[object/);
    }
  });
});

describe('the preflight rules together', () => {
  it('accept an image from a file with a free destination in a Standard bucket of the region', () => {
    expect(preflight(facts())).toMatchObject({ refusals: [], warnings: [] });
  });

  it('report every refusal, not only the first', () => {
    const given = facts({ image: image('iso', { status: 'queued' }), bucket: bucket({ storageClass: 'COLD' }) });
    expect(preflight(given).refusals.map(({ rule }) => rule)).toEqual(['imageActive', 'notIso', 'bucketStorageClass']);
  });

  it('report a missing fact once for all the rules that need it', () => {
    const { warnings } = preflight(facts({ bucket: DENIED }));
    expect(warnings).toEqual([
      expect.stringContaining('Rule bucketReadable: Account default cannot read the bucket ims-image.'),
      'Rules bucketExists, bucketStorageClass and bucketRegion were not checked: the bucket could not be read (403 AccessDenied).',
    ]);
  });

  it('are silent about a missing image when options.rules turns imageExists off', () => {
    const { refusals, warnings } = preflight(facts({ image: null, options: { rules: { imageExists: 'off' } } }));
    expect(refusals).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/^Rules .+ were not checked: the image was not found\.$/)]);
  });

  it('fail as DestinationExists only when the taken destination is the only refusal', () => {
    const taken = CASES.destinationFree?.refuses[0]?.[1] ?? {};
    expect(preflight(facts(taken)).failureType).toBe('DestinationExists');
    const both = facts({ ...taken, image: image('iso') });
    expect(preflight(both).failureType).toBe('ExportNotAllowed');
    expect(preflight(both, [...PREFLIGHT_RULES].reverse()).failureType).toBe('ExportNotAllowed');
  });
});
