import { randomUUID } from 'node:crypto';
import { IdentityProvider } from './auth/identity-provider';
import { Keyring } from './auth/keyring';
import type { Image } from './catalogue';
import { VirtualClock } from './clock';
import { Faults } from './faults';
import { JobBook } from './job-book';
import { Journal } from './journal';
import type { MetadataSettings } from './metadata/settings';
import { type Bucket, bucketsOf } from './obs/buckets';
import { ObjectStore } from './obs/object-store';
import { randomAccessKey, randomText, type SimulatorState } from './state';
import { StateDirectory } from './state-directory';

export interface CloudOptions {
  stateDir?: string;
  jobSeconds: JobSeconds;
  busyGuard?: BusyGuard;
  now?: () => number;
}

/** How long an export takes: always as long, or asked anew for each. */
export type JobSeconds = number | ((imageId: string) => number);

/**
 * Whether an image that is being exported is refused another export (IMG.0148). When a real one begins to be is not
 * published, so a client must not depend on it: with `off` nothing stands between two POSTs and two live jobs.
 */
export type BusyGuard = 'on' | 'off';

/** The simulated account with everything in it, apart from HTTP: what the services answer from and act on. */
export class Cloud {
  readonly directory: StateDirectory;
  readonly clock: VirtualClock;
  readonly keyring: Keyring;
  readonly identityProvider: IdentityProvider;
  readonly objects: ObjectStore;
  readonly jobs: JobBook;
  readonly journal: Journal;
  readonly faults = new Faults();
  readonly metadata: MetadataSettings = { agency: true, tokens: 'optional', renewedBeforeEndMs: 10 * 60_000 };
  /** Of the exports that begin from now on. */
  jobSeconds: JobSeconds;
  busyGuard: BusyGuard;

  constructor(options: CloudOptions) {
    this.jobSeconds = options.jobSeconds;
    this.busyGuard = options.busyGuard ?? 'on';
    this.directory = new StateDirectory(options.stateDir);
    const { state } = this.directory;
    const save = () => this.directory.save();

    this.clock = new VirtualClock(options.now);
    this.clock.restore(state.clock);
    this.keyring = new Keyring(state.keyring, this.clock, save, randomAccessKey, (length) => randomText(length));
    this.identityProvider = new IdentityProvider(state.user.password, this.clock);
    this.objects = new ObjectStore(state.objects, this.directory.objectsPath, save);
    this.jobs = new JobBook(state.jobs, this.objects, this.clock, (imageId) => this.jobMs(imageId), save);
    this.journal = new Journal(this.directory.durable ? this.directory.journalPath : null);
    this.clock.onMove(() => {
      state.clock = this.clock.snapshot();
      this.jobs.settle();
      save();
    });
  }

  get state(): Readonly<SimulatorState> {
    return this.directory.state;
  }

  get images(): Image[] {
    return Object.values(this.state.images);
  }

  image(id: string): Image | undefined {
    const { images } = this.state;
    return Object.hasOwn(images, id) ? images[id] : undefined;
  }

  /**
   * Copies of an image of the catalogue, each with an ID of its own, and with what `attributes` say. They have names of
   * their own unless `attributes` has one: names need not be unique, IDs are.
   */
  addImages(like: string, count: number, attributes: Partial<Image> = {}): Image[] {
    const { images, catalogue } = this.state;
    const model = Object.hasOwn(catalogue, like) ? this.image(catalogue[like] ?? '') : undefined;
    if (model === undefined) throw new Error(`no image ${like}; there are ${Object.keys(catalogue).join(', ')}`);
    const { id: fixedId } = attributes;
    if (fixedId !== undefined && (count > 1 || this.image(fixedId))) {
      throw new Error(`the ID ${fixedId} can be that of one image only`);
    }
    const added = Array.from({ length: count }, () => copyOf(model, attributes));
    for (const image of added) images[image.id] = image;
    this.directory.save();
    return added;
  }

  get buckets(): Bucket[] {
    return bucketsOf(this.state.bucket, this.state.region);
  }

  bucket(name: string): Bucket | undefined {
    return this.buckets.find((bucket) => bucket.name === name);
  }

  private jobMs(imageId: string): number {
    return 1_000 * (typeof this.jobSeconds === 'number' ? this.jobSeconds : this.jobSeconds(imageId));
  }
}

function copyOf(model: Image, attributes: Partial<Image>): Image {
  const id = attributes.id ?? randomUUID();
  const name = `${model.name}-${id.slice(0, 13)}`;
  return { ...model, name, self: `/v2/images/${id}`, file: `/v2/images/${id}/file`, ...attributes, id };
}
