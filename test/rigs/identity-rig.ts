import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  accountFromEnvironment,
  type CloudAccount,
  type CloudClient,
  type CloudClientOptions,
  type CredentialsProvider,
  createCloudClient,
} from '../../src/huaweicloud';
import { environmentOf, type Simulator, type SimulatorOptions, startSimulator } from '../../src/testing';

/** A simulator of one test, and clients of it. */
export interface IdentityRig {
  simulator: Simulator;
  /** The simulator's environment without any credentials, and with a home of its own. */
  env(changes?: { [name: string]: string | undefined }): NodeJS.ProcessEnv;
  account(credentials: CredentialsProvider): CloudAccount;
  client(account: CloudAccount, options?: CloudClientOptions): CloudClient;
  /** One signed request to IMS and one to OBS. */
  useBoth(client: CloudClient): Promise<void>;
  /** Requests that reached a service by a path that ends so, from `since` on. */
  asked(service: string, pathEnd: string, since?: number): number;
  /** Requests whose signature or password was refused. */
  refused(): number;
  file(name: string, content: string): string;
}

export async function startIdentityRig(options?: SimulatorOptions): Promise<IdentityRig> {
  const simulator = await startSimulator(options);
  const folder = mkdtempSync(join(tmpdir(), 'identity-'));
  const clients: CloudClient[] = [];
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await simulator.close();
    rmSync(folder, { recursive: true });
  });
  const env: IdentityRig['env'] = (changes = {}) => ({
    ...environmentOf(simulator.info),
    HOME: folder,
    HUAWEICLOUD_SDK_AK: undefined,
    HUAWEICLOUD_SDK_SK: undefined,
    IMS_EXPORT_IAM_USER: undefined,
    IMS_EXPORT_IAM_PASSWORD: undefined,
    IMS_EXPORT_METADATA_ENDPOINT: undefined,
    ...changes,
  });
  return {
    simulator,
    env,
    account: (credentials) => ({
      ...accountFromEnvironment(env({ HUAWEICLOUD_SDK_AK: 'unused', HUAWEICLOUD_SDK_SK: 'unused' })),
      credentials,
    }),
    client(account, clientOptions) {
      const client = createCloudClient(account, { retry: { firstDelayMs: 1 }, ...clientOptions });
      clients.push(client);
      return client;
    },
    async useBoth({ ims, obs }) {
      if ((await ims.getImage(linuxImage(simulator))) === undefined) throw new Error('there is no such image');
      await obs.headBucket(simulator.info.bucket);
    },
    asked: (service, pathEnd, since = 0) =>
      simulator
        .requests()
        .slice(since)
        .filter((request) => request.service === service && request.path.endsWith(pathEnd)).length,
    refused: () => simulator.requests().filter(({ status }) => status === 401 || status === 403).length,
    file(name, content) {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    },
  };
}

export function linuxImage({ info }: Simulator): string {
  return info.images.linux ?? '';
}

export const LOGIN = '/v3/auth/tokens';
export const NEW_KEY = '/OS-CREDENTIAL/securitytokens';
export const METADATA_KEY = '/securitykey';
export const METADATA_TOKEN = '/api/token';

/** The same call by many callers at once. */
export function together<T>(callers: number, call: () => Promise<T>): Promise<PromiseSettledResult<T>[]> {
  return Promise.allSettled(Array.from({ length: callers }, call));
}
