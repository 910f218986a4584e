/**
 * The export that a run is about: its image, its object and its workflow, and what can be seen of them.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { type ExportImageInput, type ExportStatus, exportWorkflowId, MESSAGES } from '../../../src/contract';
import type { JournalEntry } from '../../../src/testing';
import type { Moment, Plan } from './plan';
import type { Job, Post, Read, Record } from './record';
import type { Lane } from './stage';

const LOOK_EVERY_MS = 5;
const ASK_EVERY_MS = 40;
const QUERY_LIMIT_MS = 1_000;

export class Subject {
  readonly imageId: string;
  readonly objectKey: string;
  readonly bucketUrl: string;
  readonly workflowId: string;
  #skip: number;
  /** Of an export before this one. */
  #earlierJobs: ReadonlySet<string> = new Set();

  constructor(
    private readonly lane: Lane,
    private readonly plan: Plan,
  ) {
    const { simulator } = lane;
    this.imageId = simulator.addImage('linux').id;
    // An image of its own makes it unique, also when a seed is run again.
    this.objectKey = `storm/${plan.seed}-${this.imageId.slice(0, 8)}`;
    this.bucketUrl = `${simulator.info.bucket}:${this.objectKey}`;
    this.workflowId = exportWorkflowId(this.bucketUrl);
    this.#skip = simulator.requests().length;
  }

  get input(): ExportImageInput {
    const { imageId, bucketUrl } = this;
    const { format } = this.plan;
    const options = { ...this.plan.options, ...this.#queues() };
    return format === 'quick'
      ? { imageId, bucketUrl, isQuickExport: true, options }
      : { imageId, bucketUrl, fileFormat: format, options };
  }

  /** What comes from now on is that of another export of the same. */
  beginAnew(): void {
    this.#skip = this.lane.simulator.requests().length;
    this.#earlierJobs = new Set(this.jobs().map(({ jobId }) => jobId));
  }

  /** The path of our workers' POSTs. Those of somebody else go by /v2.1. */
  get postPath(): string {
    return `/v1/cloudimages/${this.imageId}/file`;
  }

  get bucketPath(): string {
    return `/${this.lane.simulator.info.bucket}/`;
  }

  get objectPath(): string {
    return `${this.bucketPath}${this.objectKey}`;
  }

  posts(): Post[] {
    return this.#entries('POST', this.postPath).map(({ at, status, note }, index) => ({
      atMs: Date.parse(at),
      httpStatus: status,
      note,
      jobId: /\bjob ([0-9a-f]{32})/.exec(note)?.[1] ?? null,
      trouble: this.plan.posts[index] ?? null,
    }));
  }

  heads(): Read[] {
    return this.#entries('HEAD', this.objectPath).map(toRead);
  }

  reads(): Read[] {
    return this.#entries('GET', this.objectPath).map(toRead);
  }

  wrongReads(): Record['wrongReads'] {
    return this.lane.simulator
      .requests(this.#skip)
      .filter((entry) => isWrong(entry) || (isFaulty(entry) && entry.path !== this.objectPath))
      .map(({ at, method, path, status }) => ({
        atMs: Date.parse(at),
        of: path === this.objectPath ? (method === 'HEAD' ? 'object' : 'bytes') : whatIsReadAt(path),
        httpStatus: status ?? 0,
      }));
  }

  jobs(): Job[] {
    return this.lane.simulator
      .jobs()
      .filter(({ imageId }) => imageId === this.imageId)
      .map(({ jobId, bucketUrl, status, beginTime, endTime }) => ({
        jobId,
        ours: bucketUrl === this.bucketUrl,
        ...(this.#earlierJobs.has(jobId) ? { isEarlier: true as const } : {}),
        status,
        beginMs: Date.parse(beginTime),
        endMs: endTime === null ? null : Date.parse(endTime),
      }));
  }

  /** Null when no worker answers. */
  status(): Promise<ExportStatus | null> {
    return this.#query<ExportStatus>(MESSAGES.queries.exportStatus);
  }

  /** The current details, as the Web UI shows them; null when no worker answers. */
  async details(): Promise<string | null> {
    return (await this.#query<{ currentDetails: string }>('__temporal_workflow_metadata'))?.currentDetails ?? null;
  }

  async #query<T>(name: string): Promise<T | null> {
    const { connection, workflow } = this.lane.client;
    const handle: WorkflowHandle = workflow.getHandle(this.workflowId);
    try {
      return await connection.withDeadline(Date.now() + QUERY_LIMIT_MS, () => handle.query<T>(name));
    } catch {
      return null;
    }
  }

  #queues(): Pick<ExportImageInput['options'] & object, 'activityTaskQueue' | 'submitTaskQueue'> {
    const { splitQueues } = this.plan;
    const { activityTaskQueue, submitTaskQueue } = this.lane.crew;
    return {
      ...(splitQueues?.activities ? { activityTaskQueue } : {}),
      ...(splitQueues?.submits ? { submitTaskQueue } : {}),
    };
  }

  /** True at that moment of the export; false when the run is over before. */
  async until(moment: Moment, isOver: () => boolean): Promise<boolean> {
    while (!isOver()) {
      if (await this.#isAt(moment)) return true;
      await sleep(isPhase(moment) ? ASK_EVERY_MS : LOOK_EVERY_MS);
    }
    return false;
  }

  async #isAt(moment: Moment): Promise<boolean> {
    const [what = '', nth = '1'] = moment.split(' ');
    const index = Number(nth) - 1;
    switch (what) {
      case 'beforeStart':
        return true;
      case 'validating':
        return this.#entries('GET', '/v2/cloudimages').length > 0;
      case 'validated':
        return this.heads()[0]?.httpStatus != null;
      case 'post':
        return this.posts()[index] !== undefined;
      case 'answered':
        return (this.posts()[index]?.note ?? '') !== '';
      case 'head':
        return this.heads()[index] !== undefined;
      case 'seen':
        return this.heads().some(({ httpStatus }) => httpStatus === 200);
      case 'job':
        return this.#ourJobs()[index] !== undefined;
      case 'jobEnd':
        return this.#ourJobs()[index]?.status === 'SUCCESS';
      default:
        return shows(moment, await this.status());
    }
  }

  #ourJobs(): Job[] {
    return this.jobs().filter(({ ours }) => ours);
  }

  #entries(method: string, path: string): JournalEntry[] {
    return this.lane.simulator.requests(this.#skip).filter((entry) => entry.method === method && entry.path === path);
  }
}

function toRead(entry: JournalEntry): Read {
  const { at, status } = entry;
  return { atMs: Date.parse(at), httpStatus: status, ...(isWrong(entry) ? { isWrong: true } : {}) };
}

/** The reads that OBS refuses by the plan (503 and 403) are refused indeed; these are not so. */
function isWrong(entry: JournalEntry): boolean {
  return isFaulty(entry) && entry.status !== 503 && entry.status !== 403;
}

function isFaulty({ method, note }: JournalEntry): boolean {
  return (method === 'GET' || method === 'HEAD') && note === 'fault: status';
}

function whatIsReadAt(path: string): string {
  if (path.includes('/jobs/')) return 'job';
  return path.endsWith('/cloudimages') ? 'image' : 'bucket';
}

function isPhase(moment: Moment): boolean {
  return PHASES.has(moment);
}

const PHASES: ReadonlySet<Moment> = new Set([
  'waitingToSubmit',
  'reconciling',
  'needsAnswer',
  'parked',
  'watching',
  'exporting',
  'verifying',
]);

function shows(moment: Moment, status: ExportStatus | null): boolean {
  if (status === null) return false;
  if (moment !== 'watching') return status.phase === moment;
  return status.phase === 'reconciling' && status.lastError?.startsWith('IMG.0148') === true;
}
