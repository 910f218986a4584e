/**
 * One run of the chaos: from its plan to the record of what happened.
 *
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { batchResult, ExportError, readBatch, startBatch } from '../../../src/client';
import { type ExportImagesInput, exportBatchWorkflowId, exportWorkflowId } from '../../../src/contract';
import { connectClient } from '../../rigs/temporal';
import { act, type Scene, subjectOf } from './actions';
import { keepHistories, takeHistories } from './histories';
import type { ChaosPlan, PlannedAction } from './plan';
import type { BatchRecord, ChaosRecord, Done, ExportRecord } from './record';
import { recordOf, Subject } from './subject';
import { Town } from './town';

const KEPT = resolve(__dirname, '../../../.cache/trials');
const BATCH = 'chaos';
const JOB_SECONDS = { short: 2, long: 15 };
const TRY_AGAIN_MS = 500;
const MAX_REASON = 100;
const REPORT_EVERY_MS = 30_000;

export async function perform(plan: ChaosPlan, report: (progress: string) => void): Promise<ChaosRecord> {
  const town = await Town.open(plan.minutes < 0.5 ? JOB_SECONDS.short : JOB_SECONDS.long);
  const client = await connectClient({ address: town.stage.temporal.address, namespace: 'default' });
  try {
    return await new Run(plan, town, client, report).toItsEnd();
  } finally {
    await client.connection.close();
    await town.close();
  }
}

class Run {
  #startedAtMs = 0;
  readonly #done: Done[] = [];
  readonly #missed: ChaosRecord['missed'] = [];

  constructor(
    private readonly plan: ChaosPlan,
    private readonly town: Town,
    private readonly client: Client,
    private readonly report: (progress: string) => void,
  ) {}

  async toItsEnd(): Promise<ChaosRecord> {
    const { plan, town, report } = this;
    const scene = await this.#scene();
    const imagesOfBatch = await town.stage.addImages('linux', plan.batch.images);
    this.#startedAtMs = Date.now();
    const errors: unknown[] = [];
    for (const start of [...scene.subjects.map((subject) => this.#start(subject)), this.#startBatch(imagesOfBatch)]) {
      start.catch((error: unknown) => errors.push(error));
    }
    const actions = plan.actions.map((action) => this.#act(action, scene));
    await this.#until(plan.healAtMs, REPORT_EVERY_MS);
    await Promise.all(actions);
    report('everything is healed');
    await town.heal();
    const healedAtMs = Date.now();
    const boundMs = healedAtMs + plan.boundMs;
    await resumeAll(scene);
    const exports = await Promise.all([
      ...scene.subjects.map((subject) => subject.record(boundMs)),
      ...imagesOfBatch.map((imageId, index) => this.#recordOfItem(imageId, index, boundMs)),
    ]);
    const batchRecord = await this.#recordOfBatch(boundMs);
    // Not a word of the package, which is judged, but trouble of this trial.
    if (errors.length > 0) throw errors[0];
    report('every export has ended, or its time is over');
    return await this.#record({ healedAtMs, exports, batch: batchRecord });
  }

  async #scene(): Promise<Scene> {
    const { plan, town, client } = this;
    const count = (likes: (kind: string) => boolean) => plan.exports.filter(({ kind }) => likes(kind)).length;
    const isPlain = (kind: string) => kind !== 'quick' && kind !== 'refused';
    const like = async (image: string, images: number) =>
      images === 0 ? [] : await town.stage.addImages(image, images);
    const images = {
      quick: await like(
        'large',
        count((kind) => kind === 'quick'),
      ),
      refused: await like(
        'iso',
        count((kind) => kind === 'refused'),
      ),
      plain: await like('linux', count(isPlain)),
    };
    const subjects = plan.exports.map((planned, index) => {
      const { kind } = planned;
      const imageId = images[kind === 'quick' || kind === 'refused' ? kind : 'plain'].pop() ?? '';
      return new Subject(town, client, planned, imageId, index);
    });
    return { town, client, subjects, batchId: exportBatchWorkflowId(BATCH) };
  }

  async #start(subject: Subject): Promise<void> {
    await this.#until(subject.plan.atMs);
    const giveUpAtMs = this.#startedAtMs + this.plan.healAtMs + this.plan.boundMs;
    await subject.start(() => Date.now() > giveUpAtMs);
  }

  get #batchTo(): string {
    return `${this.town.stage.info.bucket}:chaos-batch/`;
  }

  async #startBatch(imageIds: readonly string[]): Promise<void> {
    const { atMs, maxConcurrent, options } = this.plan.batch;
    await this.#until(atMs);
    const images = imageIds.map((imageId) => ({ imageId }));
    const input: ExportImagesInput = {
      images,
      to: `${this.#batchTo}{imageId}`,
      format: 'qcow2',
      maxConcurrent,
      options,
    };
    const giveUpAtMs = this.#startedAtMs + this.plan.healAtMs + this.plan.boundMs;
    while (Date.now() < giveUpAtMs) {
      try {
        await startBatch(this.client, input, { name: BATCH });
        return;
      } catch (error) {
        if (!(error instanceof ExportError)) throw error;
        const passes = error.code === 'TemporalUnreachable' || error.code === 'NoWorker';
        if (!passes || (await readBatch(this.client, exportBatchWorkflowId(BATCH)).catch(() => null)) !== null) return;
      }
      await sleep(TRY_AGAIN_MS);
    }
  }

  async #act({ atMs, ...action }: PlannedAction, scene: Scene): Promise<void> {
    await this.#until(atMs);
    const subject = subjectOf(action, scene);
    const fromMs = Date.now();
    try {
      await act(action, scene);
      this.#done.push({ fromMs, untilMs: Date.now(), action, workflowId: subject?.workflowId ?? null });
    } catch (error) {
      // It came too late, too early, or while what it needs was away.
      const why = error instanceof ExportError ? error.code : String(error).slice(0, MAX_REASON);
      this.#missed.push({ action, why });
    }
  }

  async #until(atMs: number, reportEveryMs?: number): Promise<void> {
    const leftMs = () => this.#startedAtMs + atMs - Date.now();
    for (; leftMs() > 0; ) {
      await sleep(Math.min(leftMs(), reportEveryMs ?? Number.POSITIVE_INFINITY));
      if (reportEveryMs !== undefined) this.report(`${this.#done.length} actions`);
    }
  }

  async #recordOfItem(imageId: string, index: number, untilMs: number): Promise<ExportRecord> {
    const bucketUrl = `${this.#batchTo}${imageId}`;
    const known = await recordOf(this.client, exportWorkflowId(bucketUrl), untilMs);
    const name = `batch item #${index}`;
    const ofItems = { kind: 'batch', account: 'default', queues: 'own', mayBeUnconfirmed: false } as const;
    return { ...known, ...ofItems, name, imageId, bucketUrl, toldJobs: [], parent: null };
  }

  async #recordOfBatch(untilMs: number): Promise<BatchRecord> {
    const workflowId = exportBatchWorkflowId(BATCH);
    for (;;) {
      const report = await readBatch(this.client, workflowId).catch(() => null);
      const seen = report === null ? 'it does not exist' : `${report.workflowStatus} ${JSON.stringify(report.status)}`;
      if (report?.workflowStatus === 'COMPLETED') {
        return { workflowId, items: (await batchResult(this.client, workflowId)).items, seen };
      }
      if (Date.now() > untilMs || report?.workflowStatus === 'FAILED') return { workflowId, items: null, seen };
      await sleep(TRY_AGAIN_MS);
    }
  }

  async #record(known: Pick<ChaosRecord, 'healedAtMs' | 'exports' | 'batch'>): Promise<ChaosRecord> {
    const { plan, town, client } = this;
    const { objects, bucket } = await town.simulatorState();
    const histories = await takeHistories(client);
    const folder = join(KEPT, `chaos-${plan.seed}-${stampOf(this.#startedAtMs)}`);
    const outputs = town.stage.outputs();
    const texts = [
      ...histories.map(({ run, texts: of }) => ({ where: `the history of ${run.workflowId}`, text: of.join('\n') })),
      ...outputs.flatMap(({ name, text }) =>
        /simulator/.test(name) ? [] : [{ where: `the output of ${name}`, text }],
      ),
      ...town.arguments.map((text) => ({ where: 'process arguments', text })),
      { where: "the simulator's journal", text: JSON.stringify(await town.stage.journal()) },
    ];
    const secretsFound = texts.flatMap(({ where, text }) =>
      [...town.secrets].flatMap(([secret, what]) => (text.includes(secret) ? [{ what, where }] : [])),
    );
    const record: ChaosRecord = {
      plan,
      startedAtMs: this.#startedAtMs,
      takenAtMs: Date.now(),
      ...known,
      jobs: await town.stage.jobs(),
      objects: objects.filter((object) => object.bucket === bucket),
      requests: town.cloud.requests,
      done: this.#done,
      missed: this.#missed,
      faults: town.faults,
      fell: town.fell,
      runs: histories.map(({ run }) => run),
      secretsFound,
      searched: { texts: texts.length, secrets: town.secrets.size },
      folder,
    };
    await keepHistories(join(folder, 'histories'), histories);
    await mkdir(join(folder, 'logs'), { recursive: true });
    for (const [index, { name, text }] of outputs.entries()) {
      if (!/simulator/.test(name))
        await writeFile(join(folder, 'logs', `${index}-${name.replaceAll(' ', '-')}.log`), text);
    }
    await writeFile(join(folder, 'record.json'), JSON.stringify(record));
    return record;
  }
}

/** As in `20261129T1035`. */
function stampOf(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+Z/g, '');
}

/** Nothing stays paused: neither exports nor the batch. */
async function resumeAll(scene: Scene): Promise<void> {
  const { subjects } = scene;
  await Promise.allSettled([
    ...subjects.map((subject) => subject.send('resumePolling')),
    act({ do: 'messageToBatch', message: 'resumeStarting' }, scene),
  ]);
}
