/**
 * Performs a script: one export on a time-skipping server of its own, with the real activities and a simulated cloud.
 *
 * The server's clock moves only while somebody waits for it, and stands while an activity is under way: so messages come at
 * the moments of the script, however busy the machine is.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ServiceError,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { type ActivityInterceptorsFactory, Worker, type WorkflowBundle } from '@temporalio/worker';
import { createExportActivities, parseExportInput } from '../../../src/activities';
import {
  CONTINUED_AS_NEW,
  DEFAULT_TASK_QUEUE,
  EXPORT_IMAGE_WORKFLOW,
  type ExportActivities,
  type ExportImageInput,
  type ExportImageResult,
  type ExportStatus,
  exportWorkflowId,
  FAILURE_TYPES,
  MESSAGES,
} from '../../../src/contract';
import { accountFromEnvironment, createCloudClient } from '../../../src/huaweicloud';
import { environmentOf, type FaultAction, type Simulator, startSimulator } from '../../../src/testing';
import { closeOf, eventsOf, type HistoryEvent, newRunAfter, timeOf } from '../../rigs/history';
import { timeSkippingEnvironment } from '../../rigs/temporal';
import { after, disagreements, type Model } from './model';
import type { MessageAnswer, Record, SentMessage, StepDone, Verdict } from './record';
import type { Message, Script, Step, World } from './script';

/** By the real clock: nothing takes so long but what hangs. */
const HANGS_AFTER_MS = 30_000;

/** By the real clock: a workflow task that is not answered by then was lost between server and worker. */
const LOST_AFTER_MS = 5_000;

/** By the server's clock, a little more than the time after which it gives a lost workflow task once more. */
const GIVEN_AGAIN_AFTER_MS = 11_000;

/** A workflow task takes less, also on a busy machine. The server's clock goes on with the real one meanwhile. */
const TASK_TAKES_MS = 3_000;

/** The same for all of it. */
const PERFORMED_WITHIN_MS = 120_000;
const LAST_WORD_MS = 5_000;

/** By the server's clock, what is waited for of a job that is stuck. */
const PATIENT_FOR_MS = 6 * 3_600_000;

/** By the real clock, for one try of a query. */
const QUERY_LIMIT_MS = 2_000;

/** A status may lag behind a signal that was acknowledged, but not for long. */
const TAKES_EFFECT_WITHIN_MS = 5_000;

const OBJECT_KEY = 'messages/linux.qcow2';

export async function perform(script: Script, bundle: WorkflowBundle): Promise<Record> {
  const [environment, simulator] = await Promise.all([
    timeSkippingEnvironment(),
    startSimulator({ jobSeconds: script.world.jobMinutes * 60 }),
  ]);
  // Repeats within a read, and the rest of a refused key, go by the real clock: there are none here.
  const cloud = createCloudClient(accountFromEnvironment(environmentOf(simulator.info)), {
    retry: { maxTries: 1, refusedKeyRestMs: 1 },
  });
  const stage = new Performance(script, environment, simulator);
  try {
    return await stage.run(async (identity) =>
      Worker.create({
        identity,
        connection: environment.nativeConnection,
        taskQueue: DEFAULT_TASK_QUEUE,
        workflowBundle: bundle,
        // Each task replays its run; and the time-skipping server gives a task of a cached run to no other worker.
        maxCachedWorkflows: 0,
        activities: createExportActivities({
          accounts: new Map([['default', { region: simulator.info.region, client: cloud }]]),
        }),
        interceptors: { activity: [stage.watch] },
      }),
    );
  } finally {
    await cloud.close();
    await simulator.close();
    await environment.teardown();
  }
}

/** An update or signal on its way. */
interface Sending {
  sent: Omit<SentMessage, 'answer'>;
  answer: Promise<MessageAnswer>;
}

class Performance {
  readonly #input: ExportImageInput;
  readonly #done: StepDone[] = [];
  /** Answers of callers that wait for the job: they come when they come. */
  /** Goes on with its calls, also when it was given up. */
  #performing: Promise<Verdict> | undefined;
  readonly #waiting: Array<Promise<unknown>> = [];
  readonly #calls = new Map<string, number>();
  #handle: WorkflowHandle | undefined;
  #firstRunId: string | null = null;
  #model: Model | undefined;
  /** Activities under way. */
  #activities = 0;
  /** Of those under way: held here, for a step. */
  #held = 0;
  readonly #begun = new Set<string>();
  #completed = 0;
  /** Activities of the runs that have continued as new, and the run after them. */
  #closedRuns: { next: string | null; scheduled: number; completed: number } = {
    next: null,
    scheduled: 0,
    completed: 0,
  };
  /** For whoever wonders why it hangs. */
  #doing = 'starting';
  /** Steps come one after the other, so that it is known what was sent before what. */
  #turn: Promise<unknown> = Promise.resolve();
  #isWorkerAway = false;
  #workers = 0;
  #newWorker: (identity: string) => Promise<Worker> = async () => {
    throw new Error('there is no worker yet');
  };
  #stopWorker: () => Promise<void> = async () => {};

  constructor(
    readonly script: Script,
    readonly environment: TestWorkflowEnvironment,
    readonly simulator: Simulator,
  ) {
    const { info } = simulator;
    const bucketUrl = `${info.bucket}:${OBJECT_KEY}`;
    this.#input = {
      imageId: info.images.linux ?? '',
      bucketUrl,
      fileFormat: 'qcow2',
      options: script.options,
    };
    setUpCloud(simulator, script.world);
  }

  async run(newWorker: (identity: string) => Promise<Worker>): Promise<Record> {
    const { client } = this.environment;
    this.#newWorker = newWorker;
    await this.#startWorker();
    try {
      const { options: settings } = parseExportInput(this.#input);
      const handle = await client.workflow.start(EXPORT_IMAGE_WORKFLOW, {
        workflowId: exportWorkflowId(this.#input.bucketUrl),
        taskQueue: DEFAULT_TASK_QUEUE,
        args: [this.#input],
      });
      const first = client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId);
      const startedAtMs = timeOf(eventsOf(await first.fetchHistory())[0]);
      this.#model = { startedAtMs, paused: false, settings };
      this.#firstRunId = handle.firstExecutionRunId;
      this.#closedRuns = { next: this.#firstRunId, scheduled: 0, completed: 0 };
      // Without a run id: messages go to the run that is open.
      this.#handle = client.workflow.getHandle(handle.workflowId);
      this.#performing = this.#toItsEnd(this.#handle);
      const verdict = await this.#inTime(this.#performing);
      const afterTheEnd = await this.#sendAfterTheEnd();
      return { ...(await this.#evidence()), settings, startedAtMs, verdict, afterTheEnd };
    } catch (error) {
      await this.#giveUp();
      throw error;
    } finally {
      await this.#stopWorker();
    }
  }

  /** A call that is under way would be repeated when its server is gone. */
  async #giveUp(): Promise<void> {
    const ended = this.#handle?.terminate().then(() => this.#handle?.result().catch(() => {}));
    await within(LAST_WORD_MS, Promise.allSettled([ended, this.#performing, ...this.#waiting]));
  }

  /** Keeps the simulator's clock beside the server's, and sends what is to come while an activity is under way. */
  readonly watch: ActivityInterceptorsFactory = ({ info }) => ({
    inbound: {
      execute: async (input, next) => {
        this.#activities += 1;
        this.#begun.add(`${info.workflowExecution?.runId} ${info.activityId}`);
        try {
          this.simulator.clock.set(info.currentAttemptScheduledTimestampMs);
          const activity = info.activityType as keyof ExportActivities;
          const nth = (this.#calls.get(activity) ?? 0) + 1;
          this.#calls.set(activity, nth);
          if (activity === 'imsPollJob' && nth === 5) endJob(this.simulator, this.script.world);
          for (const [index, step] of this.script.steps.entries()) {
            const { at } = step;
            if ('during' in at && at.during === activity && at.nth === nth && !this.#isWorkerAway)
              await this.#holding(() => this.#inTurn(() => this.#perform(index, step)));
          }
          const result = await next(input);
          this.#completed += 1;
          return result;
        } finally {
          this.#activities -= 1;
        }
      },
    },
  });

  async #toItsEnd(handle: WorkflowHandle): Promise<Verdict> {
    await this.#performTimedSteps();
    await this.#moveOn();
    this.#doing = 'waiting for the end';
    await this.#untilNothingMoves();
    const verdict = await verdictOf(handle);
    this.#doing = 'waiting for the callers that wait for the job';
    await within(HANGS_AFTER_MS, Promise.all(this.#waiting));
    return verdict;
  }

  /** What neither moves nor continues as new is looked at every two minutes, in a history that grows: not for a day. */
  async #moveOn(): Promise<void> {
    const { startedAtMs, settings } = this.#currentModel();
    for (const { jobId, endTime } of this.simulator.jobs())
      if (endTime === null && settings.deadlineMs > PATIENT_FOR_MS) this.simulator.changeJob(jobId, { stuck: false });
    const { phase } = await this.#status();
    const deadline = (await this.environment.currentTimeMs()) - startedAtMs + PATIENT_FOR_MS / 6;
    if (phase !== 'draining' || deadline >= settings.deadlineMs) return;
    const messages: Message[] = [{ send: 'retune', changes: { deadline } }];
    await this.#inTurn(() =>
      this.#perform(this.script.steps.length, { at: { afterMs: 0 }, worker: 'there', messages }),
    );
  }

  /** @throws when the export does not move any more, with the last that is known of it */
  async #inTime(verdict: Promise<Verdict>): Promise<Verdict> {
    const came = await within(PERFORMED_WITHIN_MS, verdict);
    if (came !== TOO_LATE) return came;
    throw new Error(`it hangs, ${await this.#whereItIs()}`);
  }

  async #whereItIs(): Promise<string> {
    const last: string[] = [];
    for await (const { events } of this.#runs())
      last.splice(0, last.length, ...events.slice(-12).map((event) => `${event.eventId} ${nameOf(event)}`));
    return `${this.#doing}, ${this.#workers} workers so far, ${this.#activities} activities under way: ${last.join(', ')}`;
  }

  async #performTimedSteps(): Promise<void> {
    for (const [index, step] of this.script.steps.entries()) {
      if ('during' in step.at) continue;
      this.#doing = `before step ${index}`;
      await this.#untilNothingMoves();
      await this.environment.sleep(step.at.afterMs);
      this.#doing = `at step ${index}`;
      if ((await this.#status()).outcome !== null) return;
      if (step.worker === 'away') await this.#untilNothingMoves();
      await this.#inTurn(() =>
        step.worker === 'away' ? this.#performWithoutWorker(index, step) : this.#perform(index, step),
      );
    }
  }

  async #holding(perform: () => Promise<void>): Promise<void> {
    this.#held += 1;
    try {
      await perform();
    } finally {
      this.#held -= 1;
    }
  }

  async #inTurn(perform: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(perform);
    this.#turn = turn.catch(() => {});
    await turn;
  }

  async #perform(step: number, { messages }: Step): Promise<void> {
    const before = await this.#status();
    const answered: SentMessage[] = [];
    for (const message of messages) {
      await this.#untilNothingMoves();
      answered.push(await this.#answered(await this.#send(message)));
    }
    await this.#conclude(step, before, answered);
  }

  async #performWithoutWorker(step: number, { messages }: Step): Promise<void> {
    const before = await this.#status();
    this.#isWorkerAway = true;
    await this.#stopWorker();
    const sendings: Sending[] = [];
    for (const message of messages) {
      sendings.push(await this.#send(message));
      // Requests side by side could overtake each other.
      await sleep(25);
    }
    await this.#untilNoTimerFiresSoon();
    this.#isWorkerAway = false;
    await this.#startWorker();
    const answered = await Promise.all(sendings.map((sending) => this.#answered(sending)));
    await this.#conclude(step, before, await this.#inOrderOfAcceptance(answered));
  }

  async #conclude(step: number, before: ExportStatus, messages: SentMessage[]): Promise<void> {
    for (const sent of messages)
      if (sent.message.send === 'cancel')
        sent.drains = this.script.options.onCancel === 'drain' && before.options !== null;
    const model = messages.reduce(after, this.#currentModel());
    this.#model = model;
    const giveUpAtMs = Date.now() + TAKES_EFFECT_WITHIN_MS;
    let seen = await this.#status();
    while (disagreements(model, seen).length > 0 && Date.now() < giveUpAtMs) {
      await sleep(30);
      seen = await this.#status();
    }
    this.#done.push({ step, before, messages, after: seen });
  }

  /** Sends a message; a signal has been acknowledged when this returns. */
  async #send(message: Message): Promise<Sending> {
    const handle = this.#currentHandle();
    const atMs = await this.environment.currentTimeMs();
    const updateId = randomUUID();
    const sending = (argument: unknown, answer: Promise<unknown>): Sending => ({
      sent: argument === undefined ? { message, atMs } : { message, argument, atMs, updateId },
      answer: answerOf(answer),
    });
    switch (message.send) {
      case 'retune':
        return sending(
          message.changes,
          handle.executeUpdate(MESSAGES.updates.retune, { args: [message.changes], updateId }),
        );
      case 'resolveSubmission': {
        const argument = this.#resolution(message.answer);
        return sending(
          argument,
          handle.executeUpdate(MESSAGES.updates.resolveSubmission, { args: [argument], updateId }),
        );
      }
      case 'awaitSubmitted': {
        const argument = this.#intent(message.intent);
        return sending(argument, awaitSubmitted(handle, argument));
      }
      case 'cancel':
        return sending(undefined, settled(handle.cancel()));
      default:
        return sending(undefined, settled(handle.signal(message.send)));
    }
  }

  async #answered({ sent, answer }: Sending): Promise<SentMessage> {
    const isPatient = sent.message.send === 'awaitSubmitted' && sent.message.intent === 'same';
    if (!isPatient) {
      const came = await this.#givenAgain(answer);
      return { ...sent, answer: came === TOO_LATE ? { kind: 'none' } : came };
    }
    const waiting: SentMessage = { ...sent, answer: { kind: 'none' } };
    this.#waiting.push(answer.then((came) => Object.assign(waiting, { answer: came })));
    return waiting;
  }

  async #sendAfterTheEnd(): Promise<SentMessage[]> {
    const messages: Message[] = [{ send: 'pausePolling' }, { send: 'retune', changes: { deadline: '+1h' } }];
    const sent: SentMessage[] = [];
    for (const message of messages) sent.push(await this.#answered(await this.#send(message)));
    return sent;
  }

  async #evidence(): Promise<Omit<Record, 'settings' | 'startedAtMs' | 'verdict' | 'afterTheEnd'>> {
    const runs: Record['runs'] = [];
    for await (const { handle, events } of this.#runs())
      runs.push({ events, status: await handle.query<ExportStatus>(MESSAGES.queries.exportStatus) });
    return {
      script: this.script,
      steps: this.#done,
      runs,
      posts: this.simulator
        .requests()
        .filter(({ method, path }) => method === 'POST' && path.endsWith('/file'))
        .map(({ note }) => ({ note })),
      jobs: this.simulator.jobs().map(({ jobId, status, beginTime, endTime }) => ({
        jobId,
        status,
        beginMs: Date.parse(beginTime),
        endMs: endTime === null ? null : Date.parse(endTime),
      })),
    };
  }

  async *#runs(): AsyncGenerator<{ handle: WorkflowHandle; events: HistoryEvent[] }> {
    for (let runId = this.#firstRunId; runId !== null; ) {
      const handle = this.#runOf(runId);
      const events = eventsOf(await handle.fetchHistory());
      yield { handle, events };
      runId = newRunAfter(events);
    }
  }

  /** Updates that wait for a worker together are handed out in an order of the server's own. */
  async #inOrderOfAcceptance(messages: SentMessage[]): Promise<SentMessage[]> {
    const accepted: string[] = [];
    for await (const { events } of this.#runs())
      for (const event of events) {
        const id = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.meta?.updateId;
        if (id) accepted.push(id);
      }
    const isAccepted = ({ updateId = '' }: SentMessage) => accepted.includes(updateId);
    const place = ({ updateId = '' }: SentMessage) => accepted.indexOf(updateId);
    const inOrder = messages.filter(isAccepted).sort((one, other) => place(one) - place(other));
    return messages.map((sent) => (isAccepted(sent) ? (inOrder.shift() ?? sent) : sent));
  }

  /**
   * Waits until no workflow task is under way, no activity but those that are held, and no timer fires soon. Beside a
   * workflow task the time-skipping server forgets a query; it lets the task time out when the clock is let go; and it gives
   * one to a worker that stops. A timer that fires while a task is under way, and is cancelled by it, makes the server refuse
   * the task for ever (github.com/temporalio/sdk-java, issues 2606 and 3088). A task that was lost is given once more when
   * the clock goes on.
   */
  async #untilNothingMoves(): Promise<void> {
    const giveUpAtMs = Date.now() + HANGS_AFTER_MS;
    let lostAtMs = Date.now() + LOST_AFTER_MS;
    while (Date.now() < giveUpAtMs) {
      const isQuiet = this.#activities === this.#held;
      if ((await this.#isAtRest()) && isQuiet && this.#activities === this.#held) return;
      await sleep(10);
      if (Date.now() < lostAtMs) continue;
      await this.environment.sleep(GIVEN_AGAIN_AFTER_MS);
      lostAtMs = Date.now() + LOST_AFTER_MS;
    }
    throw new Error(`it does not come to rest, ${await this.#whereItIs()}`);
  }

  /** For a run whose worker is away: a timer that has fired is in the history before the next task begins. */
  async #untilNoTimerFiresSoon(): Promise<void> {
    for (;;) {
      const dueAtMs = soonestTimerMs(eventsOf(await this.#runOf(this.#closedRuns.next).fetchHistory()));
      const leftMs = dueAtMs - (await this.environment.currentTimeMs());
      if (leftMs > TASK_TAKES_MS) return;
      await sleep(Math.max(10, leftMs));
    }
  }

  /** Waits for an answer that needs a workflow task. While it does not come, the server's clock goes on. */
  async #givenAgain<T>(answer: Promise<T>): Promise<T | typeof TOO_LATE> {
    const giveUpAtMs = Date.now() + HANGS_AFTER_MS;
    for (;;) {
      const came = await within(LOST_AFTER_MS, answer);
      if (came !== TOO_LATE || Date.now() > giveUpAtMs) return came;
      await this.environment.sleep(GIVEN_AGAIN_AFTER_MS);
    }
  }

  /** Whether all that was scheduled has begun, and all that was completed has been taken in. */
  async #isAtRest(): Promise<boolean> {
    let { scheduled, completed } = this.#closedRuns;
    for (let runId = this.#closedRuns.next; ; ) {
      const events = eventsOf(await this.#runOf(runId).fetchHistory());
      scheduled += events.filter((event) => event.activityTaskScheduledEventAttributes).length;
      // One that is cancelled may complete without being taken in.
      completed += events.filter(
        (event) => event.activityTaskCompletedEventAttributes || event.activityTaskCancelRequestedEventAttributes,
      ).length;
      const next = newRunAfter(events);
      if (next !== null) {
        runId = next;
        this.#closedRuns = { next, scheduled, completed };
        continue;
      }
      if (closeOf(events) !== undefined) return true;
      const task = events.findLast(
        (event) => event.workflowTaskScheduledEventAttributes || event.workflowTaskCompletedEventAttributes,
      );
      const isTaskDone = task?.workflowTaskCompletedEventAttributes != null;
      const isTimerFar = soonestTimerMs(events) - (await this.environment.currentTimeMs()) > TASK_TAKES_MS;
      return isTaskDone && isTimerFar && scheduled === this.#begun.size && completed >= this.#completed;
    }
  }

  #runOf(runId: string | null): WorkflowHandle {
    return this.environment.client.workflow.getHandle(this.#currentHandle().workflowId, runId ?? undefined);
  }

  async #startWorker(): Promise<void> {
    this.#workers += 1;
    const identity = `worker ${this.#workers}`;
    const worker = await this.#newWorker(identity);
    const running = worker.run();
    this.#stopWorker = async () => {
      this.#stopWorker = async () => {};
      worker.shutdown();
      await running;
    };
  }

  /** The time-skipping server forgets a query now and then that comes beside a workflow task: it is asked again. */
  async #status(): Promise<ExportStatus> {
    const { client } = this.environment;
    await this.#untilNothingMoves();
    for (let tries = 1; ; tries += 1) {
      try {
        return await client.withDeadline(Date.now() + QUERY_LIMIT_MS, () =>
          this.#currentHandle().query<ExportStatus>(MESSAGES.queries.exportStatus),
        );
      } catch (error) {
        if (!(error instanceof ServiceError) || tries >= 20) throw error;
      }
    }
  }

  #currentHandle(): WorkflowHandle {
    if (this.#handle === undefined) throw new Error('the export was not started');
    return this.#handle;
  }

  #currentModel(): Model {
    if (this.#model === undefined) throw new Error('the export was not started');
    return this.#model;
  }

  #resolution(answer: Extract<Message, { send: 'resolveSubmission' }>['answer']): unknown {
    switch (answer) {
      case 'truth': {
        const [job] = this.simulator.jobs();
        return job === undefined ? { notSubmitted: true } : { jobId: job.jobId };
      }
      case 'unknownJob':
        return { jobId: 'e'.repeat(32) };
      case 'notSubmitted':
        return { notSubmitted: true };
      case 'unreadable':
        return { jobId: 'a b', notSubmitted: true };
    }
  }

  #intent(intent: Extract<Message, { send: 'awaitSubmitted' }>['intent']): unknown {
    const { imageId } = this.#input;
    if (intent === 'unreadable') return 'this one';
    return intent === 'same'
      ? { imageId, fileFormat: 'qcow2' }
      : { imageId: this.simulator.info.images.large, fileFormat: 'qcow2' };
  }
}

function setUpCloud(simulator: Simulator, { imageReadsFail, posts, polls, headsFail }: World): void {
  const { faults } = simulator;
  if (imageReadsFail > 0)
    faults.add({
      service: 'ims',
      method: 'GET',
      path: '*/cloudimages',
      times: imageReadsFail,
      action: { status: 503 },
    });
  for (const [index, post] of posts.entries())
    faults.add({ service: 'ims', method: 'POST', path: '*/file', nth: index + 1, action: POST_FAULTS[post] });
  if (polls !== null) {
    const { nth, times, status } = polls;
    faults.add({ service: 'ims', method: 'GET', path: '*/jobs/*', nth, times, action: { status, body: {} } });
  }
  if (headsFail > 0)
    faults.add({
      service: 'obs',
      method: 'HEAD',
      path: `*/${OBJECT_KEY}`,
      nth: 2,
      times: headsFail,
      action: { status: 503 },
    });
}

const POST_FAULTS: { [post in World['posts'][number]]: FaultAction } = {
  throttled: { status: 400, body: { error: { code: 'IMG.0060', message: 'The number of tasks exceeds the limit.' } } },
  dropBefore: { dropBefore: true },
  dropAfter: { dropAfter: true },
};

function endJob(simulator: Simulator, { jobEnd }: World): void {
  const job = simulator.jobs().at(-1);
  if (job === undefined || job.endTime !== null) return;
  if (jobEnd === 'stuck') simulator.changeJob(job.jobId, { stuck: true });
  if (jobEnd === 'FAIL') simulator.changeJob(job.jobId, { status: 'FAIL', error_code: 'IMG.0061' });
}

/** Asks again in the next run, as the client does. */
async function awaitSubmitted(handle: WorkflowHandle, intent: unknown): Promise<unknown> {
  for (;;) {
    try {
      return await handle.executeUpdate(MESSAGES.updates.awaitSubmitted, { args: [intent] });
    } catch (error) {
      const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
      if (!(cause instanceof ApplicationFailure) || cause.type !== CONTINUED_AS_NEW) throw error;
    }
  }
}

/** Waits for an acknowledgement; what it is, is for the answer to tell. */
async function settled(acknowledged: Promise<unknown>): Promise<unknown> {
  await acknowledged;
  return undefined;
}

async function answerOf(answer: Promise<unknown>): Promise<MessageAnswer> {
  try {
    const value = await answer;
    return value === undefined ? { kind: 'taken' } : { kind: 'taken', value };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { kind: 'tooLate' };
    if (!(error instanceof WorkflowUpdateFailedError)) return { kind: 'none', why: String(error) };
    const { cause } = error;
    const type = cause instanceof ApplicationFailure ? (cause.type ?? null) : null;
    return { kind: 'refused', type, isTyped: cause instanceof ApplicationFailure };
  }
}

const TOO_LATE = Symbol('too late');

async function within<T>(limitMs: number, answer: Promise<T>): Promise<T | typeof TOO_LATE> {
  const limit = new AbortController();
  const late = sleep(limitMs, TOO_LATE, { signal: limit.signal });
  late.catch(() => {});
  answer.catch(() => {});
  try {
    return await Promise.race([answer, late]);
  } finally {
    limit.abort();
  }
}

/** When the next open timer of a run fires, by the server's clock; infinity when none is open. */
function soonestTimerMs(events: HistoryEvent[]): number {
  const dueAtMs = new Map<string, number>();
  for (const event of events) {
    const started = event.timerStartedEventAttributes;
    if (started) dueAtMs.set(String(event.eventId), timeOf(event) + tsToMs(started.startToFireTimeout));
    const ended = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
    if (ended) dueAtMs.delete(String(ended.startedEventId));
  }
  return Math.min(...dueAtMs.values());
}

function nameOf(event: HistoryEvent): string {
  const [name = ''] = Object.entries(event).find(([key, value]) => key.endsWith('Attributes') && value) ?? [];
  const worker = event.workflowTaskStartedEventAttributes?.identity;
  return `${name.replace('EventAttributes', '')}${worker ? ` by ${worker}` : ''}`;
}

async function verdictOf(handle: WorkflowHandle): Promise<Verdict> {
  try {
    const { jobId } = (await handle.result()) as ExportImageResult;
    return { kind: 'succeeded', jobId };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    if (cause instanceof CancelledFailure) return { kind: 'canceled' };
    if (cause instanceof ApplicationFailure && (FAILURE_TYPES as readonly unknown[]).includes(cause.type))
      return { kind: 'failed', type: cause.type ?? '' };
    return { kind: 'other', error: String(cause) };
  }
}
