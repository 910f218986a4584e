/**
 * The images of the simulated project: one for each thing that an export can meet.
 *
 * Field names, types and values are those of ListImages (huaweicloudDocs/ims, "查询镜像列表"): attributes that begin with
 * `__` are strings, even booleans and sizes, and unset ones are missing or empty.
 *
 * @module
 */

/** An image as ListImages answers it. */
export interface Image {
  id: string;
  name: string;
  status: 'queued' | 'saving' | 'deleted' | 'killed' | 'active';
  /** The project that owns it. */
  owner: string;
  __imagetype: 'gold' | 'private' | 'shared' | 'market';
  __platform: string;
  min_disk: number;
  created_at: string;
  updated_at: string;
  tags: string[];
  [attribute: string]: string | number | boolean | null | string[] | undefined;
}

export const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const TIB = 1024 ** 4;

/** Whole MiB, as a disk has. */
function tebibytes(count: number): number {
  return Math.floor((count * TIB) / MIB) * MIB;
}

interface Blueprint {
  name: string;
  /** Bytes: both what is stored and what the disk holds. */
  size: number;
  imagetype?: Image['__imagetype'];
  platform?: string;
  osType?: 'Linux' | 'Windows' | 'Other';
  /** Name in this catalogue of the image it was made from. */
  parent?: string;
  attributes?: { [attribute: string]: string | number | boolean };
}

const BLUEPRINTS: { [name: string]: Blueprint } = {
  linux: {
    name: 'centos7_5',
    size: 10 * GIB,
    attributes: { __data_origin: 'file,ims-image:upload/centos7_5.qcow2', __root_origin: 'file' },
  },
  large: { name: 'warehouse-200g', size: 200 * GIB, parent: 'public', attributes: ecsOrigin('b0c8a5b1') },
  huge: { name: 'archive-950g', size: tebibytes(0.95), parent: 'public', attributes: ecsOrigin('b0c8a5b2') },
  tooLarge: { name: 'archive-1200g', size: tebibytes(1.2), parent: 'public', attributes: ecsOrigin('b0c8a5b3') },
  /** The largest that is exported without quick export: 128 GiB, and not a byte more. */
  exactly128GiB: { name: 'limit-128g', size: 128 * GIB, parent: 'public', attributes: ecsOrigin('b0c8a5b4') },
  dataDisk: {
    name: 'data-disk',
    size: 100 * GIB,
    osType: 'Other',
    platform: 'Other',
    attributes: { virtual_env_type: 'DataImage', __data_origin: 'volume,6c2a0f54-7d0f-4f6c-8df7-0e0c4c5b0a11' },
  },
  public: { name: 'CentOS 7.5 64bit', size: 40 * GIB, imagetype: 'gold' },
  windowsPublic: {
    name: 'Windows Server 2022 Standard 64bit',
    size: 40 * GIB,
    imagetype: 'gold',
    platform: 'Windows',
    osType: 'Windows',
  },
  susePublic: { name: 'SUSE Linux Enterprise Server 15 SP5', size: 40 * GIB, imagetype: 'gold', platform: 'SUSE' },
  market: {
    name: 'Hardened Web Server',
    size: 40 * GIB,
    imagetype: 'market',
    attributes: { __productcode: 'OFFI001' },
  },
  windowsFromPublic: {
    name: 'windows-from-public',
    size: 40 * GIB,
    platform: 'Windows',
    osType: 'Windows',
    parent: 'windowsPublic',
    attributes: ecsOrigin('b0c8a5b5'),
  },
  /** Its parent is private; only its grandparent is a Windows public image. */
  windowsFromDerived: {
    name: 'windows-from-derived',
    size: 40 * GIB,
    platform: 'Windows',
    osType: 'Windows',
    parent: 'windowsFromPublic',
    attributes: ecsOrigin('b0c8a5b6'),
  },
  suseFromPublic: {
    name: 'suse-from-public',
    size: 40 * GIB,
    platform: 'SUSE',
    parent: 'susePublic',
    attributes: ecsOrigin('b0c8a5b7'),
  },
  windowsFromFile: {
    name: 'windows-from-file',
    size: 40 * GIB,
    platform: 'Windows',
    osType: 'Windows',
    attributes: { __data_origin: 'file,ims-image:upload/windows.vhd', __root_origin: 'file' },
  },
  fullEcs: {
    name: 'full-ecs',
    size: 80 * GIB,
    attributes: { __whole_image: 'true', __data_origin: 'instance,5d0b7c2e-0f5f-4d5c-a6a4-2a3b8d1f9c10' },
  },
  iso: {
    name: 'installer-iso',
    size: 4 * GIB,
    attributes: { virtual_env_type: 'IsoImage', disk_format: 'iso', __root_origin: 'file' },
  },
  encrypted: {
    name: 'encrypted',
    size: 40 * GIB,
    parent: 'public',
    attributes: { __system__cmkid: 'e1b6c5c9-3a37-4a4b-9f2f-6a9f3b7a0d55', ...ecsOrigin('b0c8a5b8') },
  },
  fromBackup: {
    name: 'from-backup',
    size: 40 * GIB,
    attributes: {
      __backup_id: '1c5f2d4a-87c8-4a4e-8a55-70b6a5a3e0f2',
      __data_origin: 'server_backup,1c5f2d4a-87c8-4a4e-8a55-70b6a5a3e0f2',
    },
  },
  fromMarketplaceEcs: {
    name: 'from-marketplace-ecs',
    size: 40 * GIB,
    parent: 'market',
    attributes: { __productcode: 'OFFI001', ...ecsOrigin('b0c8a5b9') },
  },
  /** Made from an image that is charged for (`__account_code`), without a marketplace product code. */
  charged: {
    name: 'charged',
    size: 40 * GIB,
    parent: 'public',
    attributes: { __account_code: 'hws.resource.type.image', ...ecsOrigin('b0c8a5ba') },
  },
  shared: { name: 'shared-by-partner', size: 40 * GIB, imagetype: 'shared' },
  queued: { name: 'still-uploading', size: 40 * GIB, attributes: { status: 'queued' } },
};

function ecsOrigin(prefix: string): { __data_origin: string } {
  return { __data_origin: `instance,${prefix}-4c1e-4d57-9d3b-1f6a2e7c9d00` };
}

/** Whether images of the catalogue are found under this name. */
export function isInCatalogue(name: string): boolean {
  return Object.hasOwn(BLUEPRINTS, name);
}

/** Makes the images, with IDs of their own. */
export function makeCatalogue({ projectId, newId }: { projectId: string; newId: () => string }): {
  [name: string]: Image;
} {
  const ids = new Map(Object.keys(BLUEPRINTS).map((name) => [name, newId()]));
  return Object.fromEntries(
    Object.entries(BLUEPRINTS).map(([name, blueprint]) => [
      name,
      makeImage(blueprint, { id: ids.get(name) ?? '', parentId: ids.get(blueprint.parent ?? '') ?? '', projectId }),
    ]),
  );
}

/** The project that owns public and shared images. */
const OTHER_PROJECT = '1bed856811654c1cb661a6ca845ebc77';

function makeImage(
  blueprint: Blueprint,
  { id, parentId, projectId }: { id: string; parentId: string; projectId: string },
): Image {
  const imagetype = blueprint.imagetype ?? 'private';
  const platform = blueprint.platform ?? 'CentOS';
  const registered = '2026-01-15T08:30:00Z';
  return {
    id,
    name: blueprint.name,
    status: 'active',
    owner: imagetype === 'private' ? projectId : OTHER_PROJECT,
    visibility: VISIBILITY[imagetype],
    protected: imagetype === 'gold',
    __imagetype: imagetype,
    __os_type: blueprint.osType ?? 'Linux',
    __platform: platform,
    __os_version: platform === 'CentOS' ? 'CentOS 7.5 64bit' : `${platform} 64bit`,
    __os_bit: '64',
    __isregistered: 'true',
    __image_source_type: 'uds',
    __image_size: String(blueprint.size),
    __originalimagename: parentId,
    __data_origin: '',
    __backup_id: '',
    __productcode: '',
    __support_kvm: 'true',
    __lazyloading: 'true',
    virtual_env_type: 'FusionCompute',
    disk_format: 'zvhd2',
    container_format: 'bare',
    hw_firmware_type: 'bios',
    min_disk: Math.ceil(blueprint.size / GIB),
    min_ram: 0,
    max_ram: '',
    size: 0,
    virtual_size: null,
    checksum: 'd41d8cd98f00b204e9800998ecf8427e',
    enterprise_project_id: '0',
    tags: [],
    created_at: registered,
    updated_at: registered,
    active_at: registered,
    schema: '/v2/schemas/image',
    self: `/v2/images/${id}`,
    file: `/v2/images/${id}/file`,
    ...blueprint.attributes,
  };
}

const VISIBILITY = { gold: 'public', private: 'private', shared: 'shared', market: 'public' } as const;

/** Bytes of an image; null when the cloud does not say. */
export function imageSize(image: Image): number | null {
  const size = Number(image.__image_size);
  return Number.isFinite(size) && size > 0 ? size : null;
}
