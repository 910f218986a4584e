import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { KeyringState } from './auth/keyring';
import type { Image } from './catalogue';
import { isInCatalogue, makeCatalogue } from './catalogue';
import type { ClockState } from './clock';
import type { Job } from './jobs';
import { OBJECT_FILE, type StoredObject } from './obs/object-store';

/** Everything that survives a kill, as one JSON document. Object contents are files beside it. */
export interface SimulatorState {
  version: 2;
  region: string;
  projectId: string;
  domain: { id: string; name: string };
  user: { id: string; name: string; password: string };
  bucket: string;
  /** Remembered, so that a restart serves the same addresses. */
  ports: Ports | null;
  images: { [id: string]: Image };
  /** IDs by the names of the catalogue, which are not the names of the images. */
  catalogue: { [name: string]: string };
  keyring: KeyringState;
  jobs: Job[];
  objects: StoredObject[];
  clock: ClockState;
}

export interface Ports {
  ims: number;
  obs: number;
  iam: number;
  metadata: number;
}

/** Base URLs, without a slash at the end. */
export type Endpoints = { [service in keyof Ports]: string };

/**
 * Reads `state.json`. A file of that name may have another origin: it is ours when it has what a state has. What names files is
 * held to the names that a simulator makes, since such files are written, replaced and deleted.
 */
export function parseState(
  text: string,
): { state: SimulatorState; problem?: undefined } | { state?: undefined; problem: string } {
  const parsed = stateShape.safeParse(parseJson(text));
  if (!parsed.success) return { problem: 'is not the state of a simulator' };
  const { version, catalogue } = parsed.data;
  if (version === 1) return { state: upgraded(parsed.data as unknown as StateOfVersion1) };
  if (version === 2 && catalogue) return { state: parsed.data as unknown as SimulatorState };
  return { problem: `has version ${version}, but this simulator reads versions 1 and 2` };
}

/** Of earlier packages: images of the catalogue under its names, and others under their own. */
type StateOfVersion1 = Omit<SimulatorState, 'version' | 'images' | 'catalogue'> & { images: { [name: string]: Image } };

function upgraded({ images, ...state }: StateOfVersion1): SimulatorState {
  return { ...state, version: 2, ...byId(images) };
}

function byId(images: { [name: string]: Image }): Pick<SimulatorState, 'images' | 'catalogue'> {
  const named = Object.entries(images).filter(([name]) => isInCatalogue(name));
  return {
    images: Object.fromEntries(Object.values(images).map((image) => [image.id, image])),
    catalogue: Object.fromEntries(named.map(([name, { id }]) => [name, id])),
  };
}

const named = z.looseObject({ id: z.string(), name: z.string() });

const stateShape = z.looseObject({
  version: z.number(),
  region: z.string(),
  projectId: z.string(),
  domain: named,
  user: named,
  bucket: z.string(),
  // What else an image has is up to the caller of the control API that added it.
  images: z.record(z.string(), z.looseObject({ id: z.string() })),
  catalogue: z.record(z.string(), z.string()).optional(),
  keyring: z.looseObject({ permanent: z.looseObject({ accessKey: z.string(), secretKey: z.string() }) }),
  jobs: z.array(z.looseObject({ jobId: z.string().regex(/^[0-9a-f]{32}$/) })),
  objects: z.array(z.looseObject({ bucket: z.string(), key: z.string(), file: z.string().regex(OBJECT_FILE) })),
  clock: z.looseObject({ offsetMs: z.number() }),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function newState(): SimulatorState {
  const projectId = randomBytes(16).toString('hex');
  return {
    version: 2,
    region: 'cn-north-4',
    projectId,
    domain: { id: randomBytes(16).toString('hex'), name: 'acme' },
    user: { id: randomBytes(16).toString('hex'), name: 'exporter', password: randomText(20, LETTERS_AND_DIGITS) },
    bucket: 'ims-image',
    ports: null,
    ...byId(makeCatalogue({ projectId, newId: randomUUID })),
    keyring: {
      permanent: { accessKey: randomText(20, CAPITALS_AND_DIGITS), secretKey: randomText(40, LETTERS_AND_DIGITS) },
      revoked: false,
      temporary: [],
      tokens: [],
      failures: {},
    },
    jobs: [],
    objects: [],
    clock: { offsetMs: 0 },
  };
}

const CAPITALS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const LETTERS_AND_DIGITS = `${CAPITALS_AND_DIGITS}abcdefghijklmnopqrstuvwxyz`;

/** Random text of the vendor's shape for keys: an access key has 20 capitals and digits, a secret key 40 letters and digits. */
export function randomText(length: number, alphabet: string = LETTERS_AND_DIGITS): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

export function randomAccessKey(): string {
  return randomText(20, CAPITALS_AND_DIGITS);
}
