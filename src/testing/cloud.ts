import { randomUUID } from 'node:crypto';
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
export type JobSeconds = number | (() => number);

/**
 * Whether an image that is being exported is refused another export (IMG.0148). When a real one begins to be is not
 * published, so a client must not rest on it: with `off` nothing stands between two POSTs and two live jobs.
 */
export type BusyGuard = 'on' | 'off';

/** The simulated account with everything in it, apart from HTTP: what the services answer from and act on. */
export class Cloud {
  readonly directory: StateDirectory;
  readonly clock: VirtualClock;
  readonly keyring: Keyring;
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
    this.objects = new ObjectStore(state.objects, this.directory.objectsPath, save);
    this.jobs = new JobBook(state.jobs, this.objects, this.clock, () => this.jobMs(), save);
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
    return this.images.find((image) => image.id === id);
  }

  /** A copy of an image of the catalogue, with an ID and a name of its own, and with what `attributes` say. */
  addImage(like: string, attributes: Partial<Image> = {}): Image {
    const image = this.addCopyOf(like, attributes);
    this.directory.save();
    return image;
  }

  /** The same many times, each with an ID and a name of its own; kept as one change. */
  addImages(like: string, count: number, attributes: Partial<Image> = {}): Image[] {
    const added = Array.from({ length: count }, () => this.addCopyOf(like, attributes));
    this.directory.save();
    return added;
  }

  get buckets(): Bucket[] {
    return bucketsOf(this.state.bucket, this.state.region);
  }

  bucket(name: string): Bucket | undefined {
    return this.buckets.find((bucket) => bucket.name === name);
  }

  private addCopyOf(like: string, attributes: Partial<Image>): Image {
    const { images } = this.directory.state;
    const model = images[like];
    if (model === undefined) throw new Error(`no image ${like}; there are ${Object.keys(images).join(', ')}`);
    const id = randomUUID();
    const short = `${model.name}-${id.slice(0, 8)}`;
    // Of thousands, two begin alike now and then.
    const name = short in images ? `${model.name}-${id}` : short;
    const image: Image = { ...model, id, name, self: `/v2/images/${id}`, ...attributes };
    images[image.name] = image;
    return image;
  }

  private jobMs(): number {
    return 1_000 * (typeof this.jobSeconds === 'number' ? this.jobSeconds : this.jobSeconds());
  }
}
