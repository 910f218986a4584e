import { chmodSync, writeFileSync } from 'node:fs';
import type { SimulatorInfo } from './simulator';

/** Environment variables under which clients of the package, and the vendor's SDKs, find the simulator. */
export function environmentOf(info: SimulatorInfo): { [name: string]: string } {
  return {
    HUAWEICLOUD_SDK_AK: info.accessKey,
    HUAWEICLOUD_SDK_SK: info.secretKey,
    HUAWEICLOUD_SDK_PROJECT_ID: info.projectId,
    HUAWEICLOUD_SDK_IAM_ENDPOINT: info.iamEndpoint,
    IMS_EXPORT_REGION: info.region,
    IMS_EXPORT_IMS_ENDPOINT: info.imsEndpoint,
    IMS_EXPORT_OBS_ENDPOINT: info.obsEndpoint,
    IMS_EXPORT_OBS_PATH_STYLE: 'true',
    IMS_EXPORT_METADATA_ENDPOINT: info.metadataEndpoint,
    IMS_EXPORT_IAM_USER: info.iamUser,
    IMS_EXPORT_IAM_PASSWORD: info.iamPassword,
    IMS_EXPORT_IAM_DOMAIN: info.iamDomain,
    IMS_EXPORT_BUCKET: info.bucket,
  };
}

/**
 * Writes {@link environmentOf} as a file to be sourced by a shell, and the id of each image under a name such as
 * `SIMULATOR_IMAGE_linux`, for the command line. It holds secrets, so only its owner may read it.
 *
 * @example writeEnvFile('simulator.env', simulator.info); // then: . ./simulator.env
 */
export function writeEnvFile(path: string, info: SimulatorInfo): void {
  const images = Object.entries(info.images).map(([name, id]) => [`SIMULATOR_IMAGE_${name}`, id] as const);
  const variables = [...Object.entries(environmentOf(info)), ...images];
  const lines = variables.map(([name, value]) => `export ${name}=${quoteForShell(value)}\n`);
  writeFileSync(path, lines.join(''), { mode: 0o600 });
  // The mode above counts for a new file only.
  chmodSync(path, 0o600);
}

function quoteForShell(value: string): string {
  return /^[\w./:@-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
