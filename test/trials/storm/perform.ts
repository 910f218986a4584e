/**
 * One run of the storm: from its plan to the record of what happened.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type WorkflowFailedError, type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { startExport } from '../../../src/client';
import { EXPORT_IMAGE_WORKFLOW, type ExportMemo, FAILURE_TYPES, MESSAGES } from '../../../src/contract';
import { FIRST_TASK, resetTo } from '../../rigs/rig';
import { callIms } from '../../rigs/simulator-requests';
import { faultsOf } from './faults';
import { type RunHistory, readHistory, submitsOf } from './histories';
import type { Action, Answer, Intervention, Plan } from './plan';
import type { EarlierChain, FailureDetails, ObjectChange, Outage, PersonsAnswer, Record, Verdict } from './record';
import type { Lane, Stage } from './stage';
import { Subject } from './subject';

/** Far above the longest deadline of a plan. */
const RUN_LIMIT_MS = 45_000;
/** What a worker that was let go on may still do shows within this. */
const AFTERMATH_MS = 400;
const STATUS_LIMIT_MS = 15_000;
const DETAILS_EVERY_MS = 150;

/** What goes on while the export does, also where it begins before. */
const LASTING: ReadonlySet<Action['do']> = new Set([
  'takeActivityWorkersAway',
  'stopTemporal',
  'cutTemporal',
  'troubleClocks',
]);

export function perform(plan: Plan, stage: Stage): Promise<Record> {
  return stage.onALane(async (lane) => {
    const { link, simulator, server } = lane;
    const workersBefore = lane.crew.begun;
    await lane.crew.settle({ splitQueues: plan.splitQueues !== null, withSpare: needsSpare(plan) });
    try {
      return await new Run(plan, lane, workersBefore).toItsEnd();
    } finally {
      simulator.faults.clear();
      link.restore();
      process.kill(server.pid, 'SIGCONT');
    }
  });
}

function needsSpare({ interventions }: Plan): boolean {
  return interventions.some(
    (action) =>
      action.do === 'kill' ||
      action.do === 'takeActivityWorkersAway' ||
      ('withAnother' in action && action.withAnother),
  );
}

class Run {
  readonly #subject: Subject;
  #startedAtMs = Date.now();
  readonly #runIds: string[] = [];
  readonly #restartsAtMs: number[] = [];
  readonly #outages: Outage[] = [];
  readonly #answers: PersonsAnswer[] = [];
  readonly #objectChanges: ObjectChange[] = [];
  readonly #details: Record['details'] = [];
  readonly #done: Record['done'] = [];
  #earlier: EarlierChain | null = null;
  /** Set while somebody else's export is asked for: how long it takes. */
  #foreignJobMs: number | null = null;
  #isOver = false;
  /** Aborted with the first end: what has not come about by then does not. */
  readonly #end = new AbortController();

  constructor(
    private readonly plan: Plan,
    private readonly lane: Lane,
    private readonly workersBefore: number,
  ) {
    this.#subject = new Subject(lane, plan);
  }

  async toItsEnd(): Promise<Record> {
    const { interventions, before } = this.plan;
    if (before !== null) this.#earlier = await this.#exportBefore(before);
    this.#prepareCloud();
    this.#startedAtMs = Date.now();
    const isFirst = ({ at }: Intervention) => at === 'beforeStart';
    const isLast = ({ at }: Intervention) => at === 'ended';
    const underWay: Array<Promise<void>> = [];
    for (const intervention of interventions.filter(isFirst)) {
      const begun = this.#intervene(intervention);
      if (LASTING.has(intervention.do)) underWay.push(begun);
      else await begun;
    }
    await this.#start();
    const others = interventions.filter((intervention) => !isFirst(intervention) && !isLast(intervention));
    underWay.push(...others.map((intervention) => this.#intervene(intervention)));
    const wholeRun = new AbortController();
    const watching = this.#watchDetails(wholeRun.signal);
    let verdict = await this.#verdict();
    this.#isOver = true;
    this.#end.abort();
    const runs = this.#runIds.length;
    await Promise.all(underWay);
    // A reset that was under way when the export ended has begun another run.
    if (this.#runIds.length > runs) verdict = await this.#verdict();
    for (const intervention of interventions.filter(isLast)) {
      this.#isOver = false;
      await sleep(intervention.afterMs);
      await this.#act(intervention);
      verdict = await this.#verdict();
    }
    this.#isOver = true;
    wholeRun.abort();
    await Promise.all([watching, this.#quiet()]);
    return this.#record(verdict);
  }

  #prepareCloud(): void {
    const { plan } = this;
    const { simulator } = this.lane;
    for (const rule of faultsOf(plan, this.#subject)) simulator.faults.add(rule);
    simulator.busyGuard = plan.busyGuard;
    let begun = 0;
    simulator.jobSeconds = () => {
      if (this.#foreignJobMs !== null) return this.#foreignJobMs / 1_000;
      begun += 1;
      return (plan.jobsMs[Math.min(begun, plan.jobsMs.length) - 1] ?? 1_000) / 1_000;
    };
  }

  /** Another export of the same, which ends while its job goes on. */
  async #exportBefore({ endsBy, jobMs }: NonNullable<Plan['before']>): Promise<EarlierChain> {
    const { simulator, client, crew } = this.lane;
    const { input, workflowId } = this.#subject;
    simulator.jobSeconds = jobMs / 1_000;
    const deadline = endsBy === 'deadline' ? 1_500 : RUN_LIMIT_MS;
    const handle = await client.workflow.start(EXPORT_IMAGE_WORKFLOW, {
      workflowId,
      taskQueue: crew.taskQueue,
      args: [{ ...input, options: { ...input.options, deadline } }],
    });
    await this.#subject.until('exporting', () => false);
    if (endsBy === 'cancel') await handle.cancel();
    if (endsBy === 'terminate') await handle.terminate('trial');
    await handle.result().catch(() => undefined);
    const { memo } = await handle.describe();
    this.#subject.beginAnew();
    return { runId: handle.firstExecutionRunId, jobId: ((memo ?? {}) as ExportMemo).jobId ?? null };
  }

  async #start(): Promise<void> {
    const { client, crew } = this.lane;
    const { input, workflowId } = this.#subject;
    const { taskQueue } = crew;
    if (this.#earlier !== null) return this.#startAgain(this.#earlier.runId);
    const { retried } = this.plan;
    const policy = { initialInterval: 100, backoffCoefficient: 1 };
    const handle = await client.workflow.start(EXPORT_IMAGE_WORKFLOW, {
      workflowId,
      taskQueue,
      args: [input],
      // One that a lost worker took along is given up after this, not after 10 s.
      workflowTaskTimeout: '2s',
      ...(retried === null ? {} : { retry: policy, workflowRunTimeout: retried.runTimeoutMs }),
    });
    this.#runIds.push(handle.firstExecutionRunId);
  }

  /** As people start it, so that the new export knows of the one before. */
  async #startAgain(earlierRunId: string): Promise<void> {
    const { client, crew } = this.lane;
    const { input, workflowId } = this.#subject;
    let refusal: unknown;
    startExport(client, input, { taskQueue: crew.taskQueue }).catch((error: unknown) => {
      refusal = error;
    });
    const giveUpAtMs = Date.now() + RUN_LIMIT_MS;
    for (;;) {
      const { runId } = await client.workflow.getHandle(workflowId).describe();
      if (runId !== earlierRunId) {
        this.#runIds.push(runId);
        return;
      }
      if (Date.now() > giveUpAtMs) throw new Error(`it was not started again: ${refusal}`);
      await sleep(20);
    }
  }

  async #intervene(intervention: Intervention): Promise<void> {
    const isNow = await this.#subject.until(intervention.at, () => this.#isOver);
    if (!isNow) return;
    await sleep(intervention.afterMs);
    if (!this.#isOver) await this.#act(intervention);
  }

  /** Does it, and notes it when it came about. */
  async #act(action: Action): Promise<void> {
    const atMs = Date.now();
    const entry = { atMs, action };
    this.#done.push(entry);
    const cameAbout = await this.#do(action).catch((error: unknown) => {
      // Such as a cancel or a signal that comes right after the end.
      if (this.#isOver || /already completed|not found/i.test(String(error))) return false;
      throw error;
    });
    if (!cameAbout) this.#done.splice(this.#done.indexOf(entry), 1);
  }

  async #do(action: Action): Promise<boolean> {
    const { simulator, crew, client, server, link } = this.lane;
    const handle: WorkflowHandle = client.workflow.getHandle(this.#subject.workflowId);
    switch (action.do) {
      case 'cancel':
        await handle.cancel();
        return true;
      case 'signal':
        await handle.signal(MESSAGES.signals.pollNow);
        return true;
      case 'kill':
        crew.exports.kill();
        await sleep(action.anotherAfterMs);
        await crew.exports.bringAnother();
        return true;
      case 'freeze': {
        const thaw = crew.exports.freeze();
        const thawAtMs = Date.now() + action.forMs;
        if (action.withAnother) await crew.exports.bringAnother();
        await sleep(Math.max(0, thawAtMs - Date.now()));
        thaw();
        return true;
      }
      case 'takeActivityWorkersAway': {
        const { activities } = crew;
        const bringAnother = () => activities.bringAnother();
        return await this.#outage('activity workers absent', action.forMs, () => activities.kill(), bringAnother);
      }
      case 'stopTemporal': {
        const signal = (name: NodeJS.Signals) => () => process.kill(server.pid, name);
        return await this.#outage('Temporal stopped', action.forMs, signal('SIGSTOP'), signal('SIGCONT'));
      }
      case 'cutTemporal': {
        const what = `Temporal cut off (${action.how})` as const;
        const cut = () => link.cut(action.how);
        return await this.#outage(what, action.forMs, cut, () => link.restore());
      }
      case 'troubleClocks': {
        let another = Promise.resolve();
        const bringAnother = () => {
          if (action.withAnother) another = crew.exports.bringAnother();
        };
        const cameAbout = await crew.exports.troubleClocks(action.clocks, this.#end.signal, bringAnother);
        await another;
        return cameAbout;
      }
      case 'reset':
        return await this.#reset(action.to);
      case 'putForeignObject':
        simulator.putObject(this.#subject.objectKey, contentOf(this.plan.format, action.fits));
        this.#objectChanges.push({
          atMs: Date.now(),
          kind: 'foreign',
          fits: action.fits || isOpaque(this.plan.format),
        });
        return true;
      case 'takeObjectAway': {
        const wasThere = simulator.deleteObject(this.#subject.objectKey);
        if (wasThere) this.#objectChanges.push({ atMs: Date.now(), kind: 'takenAway' });
        return wasThere;
      }
      case 'failJob': {
        const running = this.#subject.jobs().find(({ ours, endMs }) => ours && endMs === null);
        if (running !== undefined) simulator.changeJob(running.jobId, { status: 'FAIL' });
        return running !== undefined;
      }
      case 'beginForeignJob':
        return await this.#beginForeignJob(action.forMs);
      case 'answer':
        return await this.#answer(action.answer, handle);
    }
  }

  async #outage(what: Outage['what'], forMs: number, begin: () => unknown, end: () => unknown): Promise<true> {
    const fromMs = Date.now();
    begin();
    await sleep(forMs);
    await end();
    this.#outages.push({ what, fromMs, untilMs: Date.now() });
    return true;
  }

  async #beginForeignJob(forMs: number): Promise<boolean> {
    const { simulator } = this.lane;
    const { imageId } = this.#subject;
    this.#foreignJobMs = forMs;
    const body = JSON.stringify({ bucket_url: `${simulator.info.bucket}:foreign/${imageId}`, file_format: 'qcow2' });
    // Not by the path of our workers, so that neither faults nor counts are about it.
    const answer = await callIms(simulator.info, 'POST', `/v2.1/cloudimages/${imageId}/file`, { body });
    this.#foreignJobMs = null;
    return answer.status === 200;
  }

  async #answer(answer: Answer, handle: WorkflowHandle): Promise<boolean> {
    const jobId = this.#jobOf(answer);
    const given: PersonsAnswer = { atMs: Date.now(), takenAtMs: 0, answer, jobId, refusal: null };
    const args = [jobId === null ? { notSubmitted: true } : { jobId }];
    try {
      await handle.executeUpdate(MESSAGES.updates.resolveSubmission, { args } as never);
    } catch (error) {
      if (!(error instanceof WorkflowUpdateFailedError)) throw error;
      given.refusal = error.cause instanceof ApplicationFailure ? (error.cause.type ?? '') : String(error.cause);
    }
    given.takenAtMs = Date.now();
    this.#answers.push(given);
    return given.refusal === null;
  }

  /** Null where the answer is that nothing was submitted. */
  #jobOf(answer: Answer): string | null {
    const jobs = this.#subject.jobs().reverse();
    switch (answer) {
      case 'truth':
        return jobs.find(({ ours, status }) => ours && status !== 'FAIL')?.jobId ?? null;
      case 'foreignJob':
        return jobs.find(({ ours }) => !ours)?.jobId ?? UNKNOWN_JOB;
      case 'otherImagesJob':
        return this.lane.otherImagesJob;
      case 'unknownJob':
        return UNKNOWN_JOB;
      case 'notSubmitted':
        return null;
    }
  }

  /** False when there is no such workflow task to be reset to. */
  async #reset(to: Extract<Action, { do: 'reset' }>['to']): Promise<boolean> {
    const { client } = this.lane;
    const { workflowId } = this.#subject;
    const runId = this.#runIds.at(-1) ?? '';
    const eventId = to === 'firstTask' ? FIRST_TASK : taskToResetTo(to, await this.#history(this.#runIds.length - 1));
    if (eventId === undefined) return false;
    const reset = await resetTo(eventId, { client }, { workflowId, firstExecutionRunId: runId });
    this.#restartsAtMs.push(Date.now());
    this.#runIds.push((await reset.describe()).runId);
    return true;
  }

  /** What is shown of an export whose runs may not know what was before them. */
  async #watchDetails(wholeRun: AbortSignal): Promise<void> {
    const { interventions, retried } = this.plan;
    if (retried === null && !interventions.some((action) => action.do === 'reset')) return;
    for (let isLast = false; !isLast; ) {
      isLast = wholeRun.aborted;
      const askedAtMs = Date.now();
      const text = await this.#subject.details();
      if (text !== null && text !== this.#details.at(-1)?.text) this.#details.push({ atMs: askedAtMs, text });
      if (!isLast) await sleep(DETAILS_EVERY_MS);
    }
  }

  #history(run: number): Promise<RunHistory> {
    return readHistory(this.lane.client, this.#subject.workflowId, this.#runIds[run] ?? '', run);
  }

  /** Of the last run: one that was reset is terminated, and another one goes on. */
  async #verdict(): Promise<Verdict> {
    for (;;) {
      const runs = this.#runIds.length;
      const handle = this.lane.client.workflow.getHandle(this.#subject.workflowId, this.#runIds.at(-1));
      const giveUp = new AbortController();
      const verdict = await Promise.race([
        handle.result().then((result) => ({ kind: 'succeeded', result }) as Verdict, verdictOf),
        sleep(RUN_LIMIT_MS, { kind: 'broken', message: 'it did not end' } as Verdict, { signal: giveUp.signal }),
      ]);
      giveUp.abort();
      if (verdict.kind !== 'broken' || verdict.message !== TERMINATED) return verdict;
      // The reset that terminated it is about to be noted.
      for (let waits = 0; this.#runIds.length === runs; waits += 1) {
        if (waits > 500) return verdict;
        await sleep(10);
      }
    }
  }

  /** Until everything that was sent has come to its end. */
  async #quiet(): Promise<void> {
    const mayGoOn = this.#done.some(({ action }) => MAY_GO_ON.has(action.do));
    if (mayGoOn) await sleep(AFTERMATH_MS);
    const giveUpAtMs = Date.now() + RUN_LIMIT_MS;
    while (this.#subject.posts().some(({ note }) => note === '') && Date.now() < giveUpAtMs) await sleep(20);
  }

  /** The histories of all runs. One that was retried says which run goes on; one that was reset is known. */
  async #histories(): Promise<RunHistory[]> {
    const histories: RunHistory[] = [];
    for (let run = 0; run < this.#runIds.length; run += 1) {
      const history = await this.#history(run);
      histories.push(history);
      if (history.retriedAs === null || this.#runIds.includes(history.retriedAs)) continue;
      this.#runIds.push(history.retriedAs);
      this.#restartsAtMs.push(history.closedAtMs ?? Date.now());
    }
    return histories;
  }

  async #record(verdict: Verdict): Promise<Record> {
    const histories = await this.#histories();
    const last = histories.at(-1);
    const requestedAtMs = histories.map(({ cancelRequestedAtMs }) => cancelRequestedAtMs).find((atMs) => atMs !== null);
    const handle: WorkflowHandle = this.lane.client.workflow.getHandle(this.#subject.workflowId);
    const { memo } = await handle.describe();
    return {
      plan: this.plan,
      startedAtMs: this.#startedAtMs,
      deadlineFromMs: last?.beganAtMs ?? this.#startedAtMs,
      endedAtMs: last?.closedAtMs ?? Date.now(),
      takenAtMs: Date.now(),
      posts: this.#subject.posts(),
      heads: this.#subject.heads(),
      reads: this.#subject.reads(),
      jobs: this.#subject.jobs(),
      objectChanges: this.#objectChanges,
      attempts: submitsOf(histories),
      lastRun: histories.length - 1,
      wrongReads: this.#subject.wrongReads(),
      restartsAtMs: this.#restartsAtMs,
      outages: this.#outages,
      earlier: this.#earlier,
      cancel: requestedAtMs == null ? null : { requestedAtMs },
      answers: this.#answers,
      done: this.#done,
      verdict,
      memo: (memo ?? {}) as ExportMemo,
      status: await this.#status(),
      details: this.#details,
      workers: this.lane.crew.begun - this.workersBefore,
    };
  }

  async #status(): Promise<Record['status']> {
    const giveUpAtMs = Date.now() + STATUS_LIMIT_MS;
    for (;;) {
      const status = await this.#subject.status();
      if (status !== null) return status;
      if (Date.now() > giveUpAtMs) throw new Error(`no worker answers for ${this.#subject.workflowId}`);
    }
  }
}

const MAY_GO_ON: ReadonlySet<Action['do']> = new Set([...LASTING, 'freeze', 'kill', 'reset', 'cancel']);

const TERMINATED = 'terminated';
const UNKNOWN_JOB = 'ff80808100000000000000000000ffff';

function verdictOf(error: unknown): Verdict {
  const { cause } = error as WorkflowFailedError;
  if (cause instanceof TerminatedFailure) return { kind: 'broken', message: TERMINATED };
  if (cause instanceof CancelledFailure) return { kind: 'canceled' };
  if (!(cause instanceof ApplicationFailure)) return { kind: 'broken', message: String(error) };
  const { message } = cause;
  const type = FAILURE_TYPES.find((known) => known === cause.type);
  const details = (cause.details?.[0] ?? {}) as FailureDetails;
  if (type === undefined) return { kind: 'broken', message: `${cause.type}: ${message}` };
  return type === 'ExportOutcomeUnknown'
    ? { kind: 'unknown', message, details }
    : { kind: 'failed', type, message, details };
}

/** The end of a workflow task in the middle of the first submit, or after an answer was lost. */
function taskToResetTo(to: 'submit' | 'reconcile', { taskEnds, attempts: [first] }: RunHistory): number | undefined {
  if (first === undefined) return undefined;
  const { scheduledAtMs, closedAtMs, end } = first;
  // The task that scheduled it ended at the very moment.
  const isInSubmit = (atMs: number) => atMs > scheduledAtMs + 5 && (closedAtMs === null || atMs < closedAtMs);
  const isAfter = (atMs: number) => closedAtMs !== null && atMs > closedAtMs && (end === 'ambiguous' || end === 'lost');
  const fits = to === 'submit' ? isInSubmit : isAfter;
  return taskEnds.find(({ atMs }) => fits(atMs))?.eventId;
}

/** Its first bytes are not public, so nobody looks at them. */
function isOpaque(format: Plan['format']): boolean {
  return format === 'zvhd' || format === 'quick';
}

/** An object that looks like one of that format to whoever reads its first bytes, or like none. */
function contentOf(format: Plan['format'], fits: boolean): Buffer {
  const content = Buffer.alloc(2_048, 'somebody else');
  if (!fits) return content;
  if (format === 'qcow2') content.write('QFI\xfb', 0, 'latin1');
  if (format === 'vmdk') content.write('KDMV', 0, 'latin1');
  if (format === 'vhd') content.write('conectix', content.length - 512, 'latin1');
  return content;
}
