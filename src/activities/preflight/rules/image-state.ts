import { notChecked, ofImage, type PreflightRule, passed, refused } from '../rule';

/** The rules on what the image is. */
export const IMAGE_STATE_RULES = [
  {
    id: 'imageExists',
    refuses: 'an image that the account does not see in its region',
    source: 'ListImages answers an empty list; IMG.0027, IMG.0144',
    severity: 'error',
    readAgain: true,
    suggestsOverride: false,
    check({ image, request, region }) {
      if (image !== null) return passed;
      return refused(
        `no image ${request.imageId}`,
        `The image is not in region ${region}, or account ${request.account} may not see it. Check the image id and the account.`,
      );
    },
  },
  {
    id: 'privateImage',
    refuses: 'images that are not private, or belong to another project',
    source: 'Constraint 2; IMG.0077, IMG.0078, IMG.0047, IMG.0106',
    severity: 'error',
    check: ofImage(({ imageType, owner }, { projectId }) => {
      if (imageType !== null && imageType !== 'private') {
        return refused(
          `__imagetype=${imageType}`,
          'Only private images can be exported. Make a private image from it, where its licence allows that.',
        );
      }
      if (owner !== null && owner !== projectId) {
        return refused(
          `owner=${owner}`,
          `Only the owner of an image can export it, and the project of this account is ${projectId}. Use an account of the owner.`,
        );
      }
      if (imageType === null && owner === null) return notChecked('the image reports neither its type nor its owner');
      return passed;
    }),
  },
  {
    id: 'imageActive',
    refuses: 'images that are not in normal state (`status` other than `active`)',
    source: 'Constraint 2, "normal state"; IMG.0046',
    severity: 'error',
    check: ofImage(({ status }) => {
      if (status === null) return notChecked('the image reports no status');
      if (status === 'active') return passed;
      return refused(`status=${status}`, 'Only an image in normal state can be exported. Wait until it is active.');
    }),
  },
  {
    id: 'notWholeEcs',
    refuses: 'full-ECS images',
    source: 'Constraint 4; IMG.0128, IMG.0130',
    severity: 'error',
    check: ofImage(({ wholeImage }) => {
      if (wholeImage !== true) return passed;
      return refused(
        '__whole_image=true',
        'Full-ECS images cannot be exported. Make an image of each disk of the server instead.',
      );
    }),
  },
  {
    id: 'notIso',
    refuses: 'ISO images',
    source: 'Constraint 4; IMG.0167',
    severity: 'error',
    check: ofImage(({ virtualEnvType, diskFormat }) => {
      const message =
        'ISO images cannot be exported. Install a server from it and make a private image of that server.';
      if (virtualEnvType?.toLowerCase() === 'isoimage') return refused(`virtual_env_type=${virtualEnvType}`, message);
      if (diskFormat?.toLowerCase() === 'iso') return refused(`disk_format=${diskFormat}`, message);
      if (virtualEnvType === null && diskFormat === null)
        return notChecked('the image reports no kind and no disk format');
      return passed;
    }),
  },
  {
    id: 'quickExportNotEncrypted',
    refuses: 'quick exports of encrypted images',
    source: 'Constraint 6; IMG.0095 to IMG.0103',
    severity: 'error',
    check: ofImage(({ cmkId }, { request }) => {
      if (!request.isQuickExport || cmkId === null) return passed;
      return refused(
        `__system__cmkid=${cmkId}`,
        'Encrypted images cannot be exported by quick export. Leave isQuickExport out and choose a fileFormat, or decrypt the image first.',
      );
    }),
  },
] as const satisfies PreflightRule[];
