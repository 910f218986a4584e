import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { shellWord } from '../export/quoting';
import { SimulatorPathError } from './path-error';
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
 * @throws Error when there is a file with lines of others, which it leaves as it is, or the path cannot be written to.
 */
export function writeEnvFile(path: string, info: SimulatorInfo): void {
  const images = Object.entries(info.images).map(([name, id]) => [`SIMULATOR_IMAGE_${name}`, id] as const);
  const variables = [...Object.entries(environmentOf(info)), ...images];
  const lines = variables.map(([name, value]) => `export ${name}=${shellWord(value)}\n`);
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there?.isFile()) refuseFileOfOthers(path, Object.keys(environmentOf(info)));
    writeFileSync(path, lines.join(''), { mode: 0o600 });
    // The mode above counts for a new file only; a device, such as /dev/stdout, keeps its own.
    if (there?.isFile()) chmodSync(path, 0o600);
  } catch (error) {
    if (error instanceof SimulatorPathError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new SimulatorPathError(`The variables of the simulator cannot be written to ${path}: ${reason}`, {
      cause: error,
    });
  }
}

/** The simulated cloud is on the loopback, a real one is not. */
const OWN_ENDPOINT = /^export IMS_EXPORT_IMS_ENDPOINT=http:\/\/127\.0\.0\.1:\d+$/;

/** It could be keys for the real cloud, or have lines that its owner has added: all of them must be written here. */
function refuseFileOfOthers(path: string, variables: readonly string[]): void {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const isOurs = (line: string): boolean => {
    const [, name = ''] = /^export (\w+)=/.exec(line) ?? [];
    return variables.includes(name) || /^SIMULATOR_IMAGE_\w/.test(name);
  };
  if (lines.length === 0) return;
  const foreign = lines.find((line) => !isOurs(line));
  if (foreign === undefined && lines.some((line) => OWN_ENDPOINT.test(line))) return;
  throw new SimulatorPathError(
    `${path} has content that no simulator wrote, so it was not changed. Move it away, or name another file after --write-env`,
  );
}
