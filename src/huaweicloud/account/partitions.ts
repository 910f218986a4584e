/**
 * Clouds of the same kind, and where their endpoints are. Each has accounts, keys and a domain of its own: a request that goes to
 * another one is refused there as one of an unknown key.
 *
 * Sources, where they agree and where not:
 * - `myhuaweicloud.com`: the region files of the vendor's SDKs (huaweicloud-sdk-python-v3 3.1.219 and huaweicloud-sdk-go-v3 0.1.207,
 *   services/ims/v2/region and services/iam/v3/region).
 * - `myhuaweicloud.eu` for eu-west-101: the SDKs' file of IAM and those of 32 more services (24 others have `.com`), and the Terraform provider, which
 *   takes it for every service of the regions eu-west-1… (huaweicloud/provider.go, `prefixEuropeRegion`). The SDKs' file of IMS has
 *   `ims.eu-west-101.myhuaweicloud.com`, and their table of IAM endpoints (core/auth) has no entry for the region at all. The keys are
 *   IAM's, so IMS is taken where IAM is.
 * - `otc.t-systems.com` for eu-de and eu-nl: the catalog of Open Telekom Cloud (`glance` is `https://ims.eu-de.otc.t-systems.com`).
 *   No SDK of Huawei has these regions.
 * - `sc.otc.t-systems.com` for eu-ch2: the documentation of Open Telekom Cloud's Swiss cloud, where IAM is `iam-pub`. Its IMS was in
 *   no published list: its name follows that of the other services (ecs, vpc, obs).
 *
 * @module
 */
import { withoutUserInfo } from '../../network/shown-url';
import type { Service } from './endpoints';

interface Partition {
  domain: string;
  /** @default 'iam' */
  iam?: string;
  /** Regions that are known to be there. Others may be: regions are added faster than releases of this package. */
  regions: RegExp;
}

const PARTITIONS = {
  huaweicloud: {
    domain: 'myhuaweicloud.com',
    regions: /^((cn|ap|af|ae|la|sa|na|me|my|ru|tr)-.+|eu-west-0)$/,
  },
  'huaweicloud-eu': { domain: 'myhuaweicloud.eu', regions: /^eu-west-1\d+$/ },
  otc: { domain: 'otc.t-systems.com', regions: /^eu-(de|nl)$/ },
  'otc-swiss': { domain: 'sc.otc.t-systems.com', iam: 'iam-pub', regions: /^eu-ch\d*$/ },
} as const satisfies { [name: string]: Partition };

/** Where IAM has a name of the region: the table of both SDKs (core/auth). In others they take that of all regions. */
const REGIONS_WITH_IAM: ReadonlySet<string> = new Set([
  ...['cn-north-1', 'cn-north-2', 'cn-north-4', 'cn-north-9', 'cn-north-12', 'cn-east-2', 'cn-east-3', 'cn-east-4'],
  ...['cn-east-5', 'cn-south-1', 'cn-south-2', 'cn-southwest-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'],
  ...['ap-southeast-4', 'af-south-1', 'sa-brazil-1', 'la-south-2', 'la-north-2', 'na-mexico-1', 'eu-west-0'],
  ...['my-kualalumpur-1', 'ru-moscow-1', 'me-east-1', 'ae-ad-1', 'tr-west-1'],
]);
const IAM_OF_ALL_REGIONS = 'https://iam.myhuaweicloud.com';

/** Where the Security Token Service is known to be: the table of both SDKs (core/auth). No other source has one. */
const REGIONS_WITH_STS: ReadonlySet<string> = new Set([
  ...['cn-north-4', 'cn-south-1', 'cn-east-3', 'cn-southwest-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'],
  ...['ap-southeast-4', 'sa-brazil-1', 'la-south-2', 'af-south-1', 'tr-west-1'],
]);

export type PartitionName = keyof typeof PARTITIONS;

const NAMES = Object.keys(PARTITIONS) as PartitionName[];

/** What `cloud` may be: the name of a partition, or the domain of another cloud. */
const DOMAIN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

export const KNOWN_CLOUDS = `${NAMES.map((name) => `'${name}'`).join(', ')}, or a domain such as 'example.com'`;

/** What is wrong with the name of a cloud, if anything. Repeats nothing of a URL that may hold a secret. */
export function problemOfCloud(cloud: string): string | undefined {
  if (isName(cloud) || DOMAIN.test(cloud)) return undefined;
  const shown = withoutUserInfo(cloud).slice(0, 60);
  return `is '${shown}', which is not a known cloud; it must be ${KNOWN_CLOUDS}.`;
}

/** The cloud of a region, where it is known. */
export function cloudOfRegion(region: string): PartitionName | undefined {
  return NAMES.find((name) => PARTITIONS[name].regions.test(region));
}

/** Why endpoints of a region cannot be derived; undefined when they can. `region` has its shape. */
export function whyNoEndpoints(region: string, cloud?: string): string | undefined {
  const home = cloudOfRegion(region);
  const chosen = cloud === undefined ? undefined : nameOf(cloud);
  if (cloud === undefined) return home === undefined ? 'is a region that this version does not know' : undefined;
  // A cloud of another's has the regions that it likes.
  if (chosen === undefined || home === undefined || home === chosen) return undefined;
  return `is a region of the cloud ${home}, not of ${cloud}`;
}

/** `https://{service}.{region}.{domain}`: of the cloud, else of the region's; undefined where that would be a guess. */
export function endpointOf(service: Service, region: string, cloud?: string): string | undefined {
  const name = cloud === undefined ? cloudOfRegion(region) : nameOf(cloud);
  if (service === 'sts' && (name !== 'huaweicloud' || !REGIONS_WITH_STS.has(region))) return undefined;
  if (service === 'iam' && name === 'huaweicloud' && !REGIONS_WITH_IAM.has(region)) return IAM_OF_ALL_REGIONS;
  if (name === undefined) return cloud === undefined ? undefined : `https://${service}.${region}.${cloud}`;
  const { domain, iam = 'iam' }: Partition = PARTITIONS[name];
  return `https://${service === 'iam' ? iam : service}.${region}.${domain}`;
}

/** The domain by which a cloud is set that this version does not know. */
export function unknownDomain(cloud: string | undefined): string | undefined {
  return cloud === undefined || nameOf(cloud) !== undefined ? undefined : cloud;
}

function nameOf(cloud: string): PartitionName | undefined {
  return isName(cloud) ? cloud : NAMES.find((name) => PARTITIONS[name].domain === cloud);
}

function isName(cloud: string): cloud is PartitionName {
  return Object.hasOwn(PARTITIONS, cloud);
}
