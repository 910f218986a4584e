import { writeFileSync } from 'node:fs';
import type { Hono } from 'hono';
import { IDP_ID, type IdTokenUse, type OidcUrns, oidcUrns } from './auth/identity-provider';
import type { Image } from './catalogue';
import type { VirtualClock } from './clock';
import { type BusyGuard, Cloud, type JobSeconds } from './cloud';
import type { Faults } from './faults';
import { LOOPBACK, listen, type RunningService, type ServiceEnv } from './http-service';
import { iam } from './iam';
import { ims } from './ims';
import type { JobSummary } from './job-book';
import type { JobChange } from './jobs';
import type { JournalEntry } from './journal';
import { metadata, POD_IDENTITY_PATH } from './metadata';
import type { MetadataSettings } from './metadata/settings';
import { obs } from './obs';
import type { StoredObject } from './obs/object-store';
import type { Endpoints, Ports } from './state';

export interface SimulatorOptions {
  /** Port of IMS; OBS, IAM and metadata take the next three. Any free ports when 0. @default 0 */
  port?: number;
  /**
   * Keeps everything, so that the simulator can be killed and started again: an empty or new directory, or one that a
   * simulator has used before. A temporary one, removed at the end, when absent.
   */
  stateDir?: string;
  /** How long an export takes, in seconds; a function is asked for each. @default 10 */
  jobSeconds?: JobSeconds;
  /** `off`: an image can be exported twice at a time, as no client should let happen. @default 'on' */
  busyGuard?: BusyGuard;
  /** What the virtual clock runs beside. @default Date.now */
  now?: () => number;
}

/** Where the simulator is and how to get in: the JSON of the first line that `ims-export simulator` prints. */
export interface SimulatorInfo {
  imsEndpoint: string;
  obsEndpoint: string;
  iamEndpoint: string;
  metadataEndpoint: string;
  region: string;
  projectId: string;
  accessKey: string;
  secretKey: string;
  iamUser: string;
  iamPassword: string;
  iamDomain: string;
  /** The bucket to export to; `<bucket>-cold`, `-elsewhere` and `-denied` are there as well. */
  bucket: string;
  /** IDs by the names of the catalogue: `linux`, `large`, `windowsFromPublic` and so on. */
  images: { [name: string]: string };
}

/** A running simulator, as tests in the same process hold it. The control API does the same from outside. */
export interface Simulator {
  readonly info: SimulatorInfo;
  readonly clock: VirtualClock;
  readonly faults: Faults;
  /** What the metadata service of the ECS is like. */
  readonly metadata: MetadataSettings;
  /** How long exports that begin from now on take, in seconds. */
  jobSeconds: JobSeconds;
  /** Whether a busy image is refused another export. As `POST /_simulator/busy-guard`. */
  busyGuard: BusyGuard;
  jobs(): JobSummary[];
  /** As `PUT /_simulator/jobs/{jobId}`. @throws when there is no such job, or it has ended. */
  changeJob(jobId: string, change: JobChange): JobSummary;
  /** The journal, oldest first; `skip` leaves out that many of the first. */
  requests(skip?: number): JournalEntry[];
  /**
   * A further image like one of the catalogue: one image exports once at a time, so a fleet needs many.
   * `attributes` replace what ListImages shows of it; undefined takes an attribute away. Names need not be unique, and it
   * is found by its ID: `info.images` names the catalogue only.
   */
  addImage(like: string, attributes?: Partial<Image>): Image;
  /** The same for thousands. As `POST /_simulator/images`. */
  addImages(like: string, count: number, attributes?: Partial<Image>): Image[];
  /** Objects of the bucket to export to, in the order of their keys. */
  objects(): StoredObject[];
  /** Puts an object into the bucket to export to, or replaces it. */
  putObject(key: string, content: string | Buffer): StoredObject;
  /** False when there was none. */
  deleteObject(key: string): boolean;
  readonly credentials: {
    rotate(): { accessKey: string; secretKey: string };
    expireTokens(): void;
    /** Everything is refused: with 401, or with 403 when only the permissions are gone. @default 'credentials' */
    revoke(what?: 'credentials' | 'permissions'): void;
    restore(): void;
  };
  /** An identity provider that the simulated cloud trusts. */
  readonly identityProvider: SimulatedIdentityProvider;
  close(): Promise<void>;
}

/** For whom, and with what, a token of the simulated identity provider is exchanged for a key. */
export interface SimulatedIdentityProvider extends OidcUrns {
  /** HUAWEICLOUD_SDK_IDP_ID */
  idpId: string;
  /** HC_CONTAINER_CREDENTIALS_FULL_URI */
  podIdentityUri: string;
  /** A new token: for IAM (`idToken`), for STS (`oidc`), or of a pod's service account (`pod`). */
  issue(use: IdTokenUse, options?: { lifeSeconds?: number }): string;
}

/**
 * Starts a simulator of IMS, OBS, IAM and the metadata service of an ECS, each on a port of the loopback.
 *
 * It verifies every signature, knows the documented rejections, and lets exports run by a clock that tests can move.
 *
 * @example
 * const simulator = await startSimulator({ jobSeconds: 9 * 3600 });
 * simulator.clock.advance(9 * 3600_000);
 * await simulator.close();
 * @throws Error when an explicit port is taken, and when `stateDir` is a directory with files of others, which it leaves
 *   as they are.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { jobSeconds = 10, ...others } = options;
  const cloud = new Cloud({ ...others, jobSeconds });
  const services = await listenOn(cloud, options.port ?? 0).catch((error: unknown) => {
    cloud.directory.close();
    throw error;
  });
  cloud.directory.state.ports = portsOf(services);
  cloud.jobs.settle();
  cloud.directory.save();
  return {
    get info() {
      return infoOf(cloud, portsOf(services));
    },
    clock: cloud.clock,
    faults: cloud.faults,
    metadata: cloud.metadata,
    get jobSeconds() {
      return cloud.jobSeconds;
    },
    set jobSeconds(jobSeconds: JobSeconds) {
      cloud.jobSeconds = jobSeconds;
    },
    get busyGuard() {
      return cloud.busyGuard;
    },
    set busyGuard(busyGuard: BusyGuard) {
      cloud.busyGuard = busyGuard;
    },
    addImage: (like, attributes) => cloud.addImages(like, 1, attributes)[0] as Image,
    addImages: (like, count, attributes) => cloud.addImages(like, count, attributes),
    jobs: () => cloud.jobs.list(),
    changeJob: (jobId, change) => {
      const job = cloud.jobs.change(jobId, change);
      if (job === undefined) throw new Error(`no job ${jobId}`);
      if (job === 'ended') throw new Error(`job ${jobId} has ended`);
      return job;
    },
    requests: (skip) => cloud.journal.list(skip),
    objects: () => {
      cloud.jobs.settle();
      return cloud.objects.list(cloud.state.bucket);
    },
    putObject: (key, content) =>
      cloud.objects.write({
        bucket: cloud.state.bucket,
        key,
        lastModifiedMs: cloud.clock.now(),
        contentType: 'application/octet-stream',
        uploadedInParts: false,
        produce: (path) => writeFileSync(path, content),
      }),
    deleteObject: (key) => {
      cloud.jobs.settle();
      return cloud.objects.delete(cloud.state.bucket, key);
    },
    credentials: {
      rotate: () => cloud.keyring.rotate(),
      expireTokens: () => cloud.keyring.expireTokens(),
      revoke: (what = 'credentials') => cloud.keyring.revoke(what),
      restore: () => cloud.keyring.restore(),
    },
    get identityProvider() {
      return identityProviderOf(cloud, portsOf(services));
    },
    close: async () => {
      await Promise.all(Object.values(services).map((service) => service.close()));
      cloud.directory.close();
    },
  };
}

/** An hour, as Kubernetes gives. */
const ID_TOKEN_LIFE_SECONDS = 3_600;

function identityProviderOf(cloud: Cloud, ports: Ports): SimulatedIdentityProvider {
  return {
    ...oidcUrns(cloud.state.domain.id),
    idpId: IDP_ID,
    podIdentityUri: `${endpointsOf(ports).metadata}${POD_IDENTITY_PATH}`,
    issue: (use, { lifeSeconds = ID_TOKEN_LIFE_SECONDS } = {}) =>
      cloud.identityProvider.issue(use, lifeSeconds * 1_000),
  };
}

type Services = { [service in keyof Ports]: RunningService };

/** An explicit port is held to. Otherwise the ports of the last run, so that clients find the simulator again, or any. */
async function listenOn(cloud: Cloud, port: number): Promise<Services> {
  if (port !== 0) return listenAll(cloud, { ims: port, obs: port + 1, iam: port + 2, metadata: port + 3 });
  const remembered = cloud.state.ports;
  if (remembered !== null) {
    try {
      return await listenAll(cloud, remembered);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  return listenAll(cloud, { ims: 0, obs: 0, iam: 0, metadata: 0 });
}

async function listenAll(cloud: Cloud, ports: Ports): Promise<Services> {
  const running: RunningService[] = [];
  const start = async (service: keyof Ports) => {
    const started = await listen(
      APPS[service](cloud, () => endpointsOf(bound)),
      ports[service],
    );
    running.push(started);
    bound[service] = started.port;
    return started;
  };
  const bound: Ports = { ...ports };
  try {
    return {
      ims: await start('ims'),
      obs: await start('obs'),
      iam: await start('iam'),
      metadata: await start('metadata'),
    };
  } catch (error) {
    await Promise.all(running.map((service) => service.close()));
    throw error;
  }
}

const APPS: { [service in keyof Ports]: (cloud: Cloud, endpoints: () => Endpoints) => Hono<ServiceEnv> } = {
  ims,
  obs,
  iam,
  metadata,
};

function portsOf(services: Services): Ports {
  return { ims: services.ims.port, obs: services.obs.port, iam: services.iam.port, metadata: services.metadata.port };
}

function endpointsOf(ports: Ports): Endpoints {
  const endpoint = (port: number) => `http://${LOOPBACK}:${port}`;
  return {
    ims: endpoint(ports.ims),
    obs: endpoint(ports.obs),
    iam: endpoint(ports.iam),
    metadata: endpoint(ports.metadata),
  };
}

function infoOf(cloud: Cloud, ports: Ports): SimulatorInfo {
  const { state, keyring } = cloud;
  const endpoints = endpointsOf(ports);
  return {
    imsEndpoint: endpoints.ims,
    obsEndpoint: endpoints.obs,
    iamEndpoint: endpoints.iam,
    metadataEndpoint: endpoints.metadata,
    region: state.region,
    projectId: state.projectId,
    accessKey: keyring.permanent.accessKey,
    secretKey: keyring.permanent.secretKey,
    iamUser: state.user.name,
    iamPassword: state.user.password,
    iamDomain: state.domain.name,
    bucket: state.bucket,
    images: { ...state.catalogue },
  };
}
