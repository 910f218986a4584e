import type { Image } from '../../../huaweicloud';
import type { PreflightFacts } from '../facts';
import { type Finding, notChecked, ofImage, type PreflightRule, passed, refused } from '../rule';

/** Spelled without spaces, in lower case. */
const LICENSED_PLATFORMS = new Set(['windows', 'suse']);
const REGIONAL_PLATFORMS = new Set(['redhat', 'ubuntu', 'oraclelinux']);

/** The rules on what the image was made from. */
export const IMAGE_ORIGIN_RULES = [
  {
    id: 'licensedLineage',
    refuses:
      'Windows and SUSE public images, and private images made from them; images made from your own file may be exported',
    source: 'Constraint 3; IMG.0071',
    severity: 'error',
    check: ofImage((image, facts) =>
      madeFromPublic(LICENSED_PLATFORMS, image, facts, 'Windows and SUSE public images, and images made from them,'),
    ),
  },
  {
    id: 'regionalLineage',
    refuses:
      'Red Hat, Ubuntu and Oracle Linux public images, and private images made from them, which some regions refuse',
    source: 'Constraint 3 as some regions and dates have it; IMG.0071',
    severity: 'off',
    check: ofImage((image, facts) =>
      madeFromPublic(
        REGIONAL_PLATFORMS,
        image,
        facts,
        'In some regions, Red Hat, Ubuntu and Oracle Linux public images, and images made from them,',
      ),
    ),
  },
  {
    id: 'notFromBackup',
    refuses: 'images made from a backup',
    source: 'Constraint 8; IMG.0080',
    severity: 'error',
    check: ofImage(({ backupId, dataOrigin }) => {
      const message =
        'Images made from a backup cannot be exported. Restore the backup to a server and make an image of that server.';
      if (backupId !== null) return refused(`__backup_id=${backupId}`, message);
      if (dataOrigin?.startsWith('server_backup,')) return refused(`__data_origin=${dataOrigin}`, message);
      return passed;
    }),
  },
  {
    id: 'notFromMarketplace',
    refuses: 'Marketplace images, and images made from a server that came from one',
    source: 'Constraint 9; IMG.0078',
    severity: 'error',
    check: ofImage((image, facts) => {
      const sold = lineOf(image, facts).find(
        ({ imageType, productCode }) => imageType === 'market' || productCode !== null,
      );
      if (sold === undefined) return facts.ancestors.brokenAt === null ? passed : brokenLine(image, facts);
      const found = sold.productCode === null ? '__imagetype=market' : `__productcode=${sold.productCode}`;
      return refused(
        `${found} of image ${sold.id}`,
        'Marketplace images, and images made from them, cannot be exported. Ask the seller for an image file.',
      );
    }),
  },
  {
    id: 'notFromChargedImage',
    refuses: 'images that are marked as charged for (`__account_code`)',
    source: 'IMG.0079; the meaning of this mark is inferred from its name',
    severity: 'warn',
    check: ofImage(({ accountCode }) => {
      if (accountCode === null) return passed;
      return refused(
        `__account_code=${accountCode}`,
        'The image seems to come from a charged image. The cloud may refuse it.',
      );
    }),
  },
] as const satisfies PreflightRule[];

/** The platform alone says nothing: a Windows image from a file of one's own can be exported. */
function madeFromPublic(platforms: ReadonlySet<string>, image: Image, facts: PreflightFacts, which: string): Finding {
  const licensed = lineOf(image, facts).find(
    ({ imageType, platform }) => imageType === 'gold' && platform !== null && platforms.has(plain(platform)),
  );
  if (licensed !== undefined) {
    return refused(
      `__platform=${licensed.platform} of public image ${licensed.id}`,
      `${which} cannot be exported. Export an image made from your own file.`,
    );
  }
  const mayBeLicensed = image.platform === null || platforms.has(plain(image.platform));
  return facts.ancestors.brokenAt !== null && mayBeLicensed ? brokenLine(image, facts) : passed;
}

/** A data disk carries neither a licence nor a product, so that nothing is missing when its origin is not known. */
function brokenLine(image: Image, { ancestors }: PreflightFacts): Finding {
  if (image.virtualEnvType?.toLowerCase() === 'dataimage') return passed;
  return notChecked(`what the image was made from is not fully known: ${ancestors.brokenAt}`);
}

function lineOf(image: Image, { ancestors }: PreflightFacts): Image[] {
  return [image, ...ancestors.images];
}

/** `Red Hat` and `RedHat` are one platform. */
function plain(platform: string): string {
  return platform.toLowerCase().replaceAll(/\s+/g, '');
}
