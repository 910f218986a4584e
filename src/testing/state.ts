import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyringState } from './auth/keyring';
import type { Image } from './catalogue';
import { makeCatalogue } from './catalogue';
import type { ClockState } from './clock';
import type { Job } from './jobs';
import type { StoredObject } from './obs/object-store';

/** Everything that survives a kill, as one JSON document. Object contents are files beside it. */
export interface SimulatorState {
  version: 1;
  region: string;
  projectId: string;
  domain: { id: string; name: string };
  user: { id: string; name: string; password: string };
  bucket: string;
  /** Remembered, so that a restart serves the same addresses. */
  ports: Ports | null;
  images: { [name: string]: Image };
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
 * The directory that a simulator lives in: `state.json`, `requests.jsonl` and `objects/`. Without a name of its own it
 * is a temporary one, removed at the end, and the state is not written at all.
 */
export class StateDirectory {
  readonly path: string;
  readonly durable: boolean;
  readonly state: SimulatorState;

  constructor(path: string | undefined) {
    this.durable = path !== undefined;
    this.path = path ?? mkdtempSync(join(tmpdir(), 'ims-simulator-'));
    mkdirSync(this.objectsPath, { recursive: true });
    this.claim();
    this.state = this.load() ?? newState();
  }

  get objectsPath(): string {
    return join(this.path, 'objects');
  }

  get journalPath(): string {
    return join(this.path, 'requests.jsonl');
  }

  /** Written before the change is answered for: a kill at any moment leaves the old state or the new, never half of one. */
  save(): void {
    if (!this.durable) return;
    const draft = `${this.statePath}.${process.pid}.tmp`;
    writeFileSync(draft, JSON.stringify(this.state), { mode: 0o600 });
    renameSync(draft, this.statePath);
  }

  close(): void {
    if (this.durable) {
      this.save();
      rmSync(this.ownerPath, { force: true });
    } else {
      rmSync(this.path, { recursive: true, force: true });
    }
  }

  /** Two simulators in one directory would overwrite each other's state. One that was killed owns nothing any more. */
  private claim(): void {
    if (!this.durable) return;
    const owner = existsSync(this.ownerPath) ? Number(readFileSync(this.ownerPath, 'utf8')) : 0;
    if (owner !== process.pid && isAlive(owner)) {
      throw new Error(
        `${this.path} belongs to a simulator that runs, process ${owner}: end it, or use another directory`,
      );
    }
    writeFileSync(this.ownerPath, String(process.pid));
  }

  private get ownerPath(): string {
    return join(this.path, 'owner.pid');
  }

  private get statePath(): string {
    return join(this.path, 'state.json');
  }

  private load(): SimulatorState | undefined {
    if (!existsSync(this.statePath)) return undefined;
    const state = JSON.parse(readFileSync(this.statePath, 'utf8')) as SimulatorState;
    if (state.version !== 1) {
      throw new Error(
        `${this.statePath} has version ${state.version}, but this simulator reads version 1: use another directory`,
      );
    }
    return state;
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function newState(): SimulatorState {
  const projectId = randomBytes(16).toString('hex');
  return {
    version: 1,
    region: 'cn-north-4',
    projectId,
    domain: { id: randomBytes(16).toString('hex'), name: 'acme' },
    user: { id: randomBytes(16).toString('hex'), name: 'exporter', password: randomText(20, LETTERS_AND_DIGITS) },
    bucket: 'ims-image',
    ports: null,
    images: makeCatalogue({ projectId, newId: randomUUID }),
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
