import { z } from 'zod';
import { CLOUD_TEXT as text } from '../cloud-text';

/**
 * A row of ListImages (IMS API, "Querying Images"), as far as the constraints of an export need it. The cloud leaves attributes out, sends
 * them as null or as an empty string; all of that is null here, and means *not given*.
 */
export interface Image {
  id: string;
  name: string | null;
  /** queued, saving, deleted, killed, active. Lower case. */
  status: string | null;
  /** gold (public), private, shared, market. Lower case. */
  imageType: string | null;
  /** public, private, shared. */
  visibility: string | null;
  /** Id of the project that owns the image. */
  owner: string | null;
  protected: boolean | null;
  /** Linux, Windows, Other. */
  osType: string | null;
  /** Windows, Ubuntu, SUSE, CentOS …, an open set with varying spelling. */
  platform: string | null;
  osVersion: string | null;
  /** FusionCompute, Ironic, DataImage, IsoImage. */
  virtualEnvType: string | null;
  /** The stored format: zvhd2, vhd, zvhd, raw, qcow2, iso. */
  diskFormat: string | null;
  /** `__image_size`: bytes. */
  imageSizeBytes: bigint | null;
  minDiskGb: number | null;
  /** `__whole_image`: a full-ECS image. */
  wholeImage: boolean | null;
  backupId: string | null;
  /** `server_backup,<id>`, `instance,<id>`, `volume,<id>`, `file,<bucket>:<object>` or `image,<region>,<id>`. */
  dataOrigin: string | null;
  /** `__originalimagename`: the id of the parent image. */
  originalImageId: string | null;
  /** `file` for an image that was imported from outside. */
  rootOrigin: string | null;
  /** Product of the marketplace. */
  productCode: string | null;
  /** `__account_code`: marks an image that is charged for. */
  accountCode: string | null;
  /** `__system__cmkid`: the KMS key of an encrypted image. */
  cmkId: string | null;
  /** `__is_config_init`, given by some regions only. */
  configInitialised: boolean | null;
  enterpriseProjectId: string | null;
  createdAt: string | null;
  updatedAt: string | null;
}

const lowerCase = text.transform((value) => value?.toLowerCase() ?? null);

/** Booleans of `__` attributes are the strings "true", "True", "false". */
const flag = z.unknown().transform((value) => {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return word === 'true' ? true : word === 'false' ? false : null;
});

const bytes = z.unknown().transform((value) => {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : null;
  const digits = typeof value === 'string' ? value.trim() : '';
  return /^\d{1,30}$/.test(digits) ? BigInt(digits) : null;
});

const count = z.unknown().transform((value) => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
});

const IMAGE = z
  .object({
    id: z.string().min(1),
    name: text,
    status: lowerCase,
    __imagetype: lowerCase,
    visibility: text,
    owner: text,
    protected: flag,
    __os_type: text,
    __platform: text,
    __os_version: text,
    virtual_env_type: text,
    disk_format: text,
    __image_size: bytes,
    min_disk: count,
    __whole_image: flag,
    __backup_id: text,
    __data_origin: text,
    __originalimagename: text,
    __root_origin: text,
    __productcode: text,
    __account_code: text,
    __system__cmkid: text,
    __is_config_init: flag,
    enterprise_project_id: text,
    created_at: text,
    updated_at: text,
  })
  .partial()
  .required({ id: true })
  .transform(
    (row): Image => ({
      id: row.id,
      name: row.name ?? null,
      status: row.status ?? null,
      imageType: row.__imagetype ?? null,
      visibility: row.visibility ?? null,
      owner: row.owner ?? null,
      protected: row.protected ?? null,
      osType: row.__os_type ?? null,
      platform: row.__platform ?? null,
      osVersion: row.__os_version ?? null,
      virtualEnvType: row.virtual_env_type ?? null,
      diskFormat: row.disk_format ?? null,
      imageSizeBytes: row.__image_size ?? null,
      minDiskGb: row.min_disk ?? null,
      wholeImage: row.__whole_image ?? null,
      backupId: row.__backup_id ?? null,
      dataOrigin: row.__data_origin ?? null,
      originalImageId: row.__originalimagename ?? null,
      rootOrigin: row.__root_origin ?? null,
      productCode: row.__productcode ?? null,
      accountCode: row.__account_code ?? null,
      cmkId: row.__system__cmkid ?? null,
      configInitialised: row.__is_config_init ?? null,
      enterpriseProjectId: row.enterprise_project_id ?? null,
      createdAt: row.created_at ?? null,
      updatedAt: row.updated_at ?? null,
    }),
  );

/** The body of `GET /v2/cloudimages`. The first row that is no image ends the reading. */
export const IMAGE_LIST = z.object({
  images: z.array(z.unknown()).transform((rows, context) => {
    const images: Image[] = [];
    for (const [index, row] of rows.entries()) {
      const { data } = IMAGE.safeParse(row);
      if (data === undefined) {
        context.addIssue({ code: 'custom', message: 'not an image with an id', path: [index] });
        return z.NEVER;
      }
      images.push(data);
    }
    return images;
  }),
});
