import { defaultPayloadConverter } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time';
import { describe, expect, it } from 'vitest';
import { parseExportInput } from '../../../src/activities';
import type { ExportStatus } from '../../../src/contract';
import type { HistoryEvent } from '../../rigs/history';
import { judge } from './judgement';
import { after, disagreements, type Model, mayTune } from './model';
import type { Record, SentMessage } from './record';
import { describeScript, type Message, scriptOf } from './script';

const HOUR_MS = 3_600_000;
const STARTED_AT_MS = Date.UTC(2026, 10, 25);
const JOB_ID = 'a'.repeat(32);

const { options: SETTINGS } = parseExportInput({
  imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64',
  bucketUrl: 'bucket:key',
  fileFormat: 'qcow2',
});
const MODEL: Model = { startedAtMs: STARTED_AT_MS, paused: false, settings: SETTINGS };

type Attributes = Omit<HistoryEvent, 'eventId' | 'eventTime'>;
type At = [afterMs: number, attributes: object];

const started: Attributes = { workflowExecutionStartedEventAttributes: {} };
const ended: Attributes = { workflowExecutionCompletedEventAttributes: {} };
const signal = (signalName: string): Attributes => ({ workflowExecutionSignaledEventAttributes: { signalName } });
const activity = (name: string): Attributes => ({ activityTaskScheduledEventAttributes: { activityType: { name } } });
const poll = activity('imsPollJob');
const accepted: Attributes = { workflowPropertiesModifiedEventAttributes: { upsertedMemo: { fields: { jobId: {} } } } };
const retuned = (changes: unknown): Attributes => ({
  workflowExecutionUpdateAcceptedEventAttributes: {
    acceptedRequest: { input: { name: 'retune', args: { payloads: [defaultPayloadConverter.toPayload(changes)] } } },
  },
});
const TASK = 'a workflow task';

/** Events from what happens and when. A task sees all that came before it; what follows is what it made. */
function history(...happened: Array<At | [afterMs: number, task: typeof TASK]>): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  const add = (afterMs: number, attributes: object) =>
    events.push({ eventId: events.length + 1, eventTime: msToTs(STARTED_AT_MS + afterMs), ...attributes } as never);
  for (const [afterMs, what] of happened) {
    if (what !== TASK) add(afterMs, what as object);
    else {
      const startedEventId = add(afterMs, { workflowTaskStartedEventAttributes: { identity: 'worker 1' } });
      add(afterMs, { workflowTaskCompletedEventAttributes: { startedEventId } });
    }
  }
  return events;
}

const STATUS = {
  phase: 'exporting',
  outcome: null,
  jobId: JOB_ID,
  pollingPaused: false,
  polls: 1,
  submissions: 1,
  progress: 0.1,
  observations: { RUNNING: 1 },
  startedAt: new Date(STARTED_AT_MS).toISOString(),
  deadlineAt: new Date(STARTED_AT_MS + SETTINGS.deadlineMs).toISOString(),
  options: SETTINGS,
  warnings: [],
} as unknown as ExportStatus;
const PAUSED: ExportStatus = { ...STATUS, phase: 'paused', pollingPaused: true };
const AT_THE_END: ExportStatus = { ...STATUS, phase: 'ended', outcome: 'succeeded', polls: 2 };

const BEGIN: At[] = [
  [0, started],
  [1, TASK as never],
  [1, accepted],
  [1, poll],
];

/** Pauses for an hour, and resumes: one poll before and one after. */
const CALM = history(
  ...BEGIN,
  [1_000, signal('pausePolling')],
  [1_000, TASK],
  [HOUR_MS, signal('resumePolling')],
  [HOUR_MS, TASK],
  [HOUR_MS, poll],
  [HOUR_MS + 9, TASK],
  [HOUR_MS + 9, activity('imsVerifyObject')],
  [HOUR_MS + 9, TASK],
  [HOUR_MS + 9, ended],
);

const sent = (message: Message, changes: Partial<SentMessage> = {}): SentMessage => ({
  message,
  atMs: STARTED_AT_MS + 1_000,
  answer: { kind: 'taken' },
  ...changes,
});

/** A performance that went as it should, and what is to be different in it. */
function record(changes: Partial<Record> = {}): Record {
  return {
    script: { ...scriptOf(1_000), world: { ...scriptOf(1_000).world, posts: [] } },
    settings: SETTINGS,
    startedAtMs: STARTED_AT_MS,
    steps: [
      { step: 0, before: STATUS, messages: [sent({ send: 'pausePolling' })], after: PAUSED },
      { step: 1, before: PAUSED, messages: [sent({ send: 'resumePolling' })], after: { ...STATUS, polls: 2 } },
    ],
    runs: [{ events: CALM, status: AT_THE_END }],
    verdict: { kind: 'succeeded', jobId: JOB_ID },
    posts: [{ note: `job ${JOB_ID}` }],
    jobs: [{ jobId: JOB_ID, status: 'SUCCESS', beginMs: STARTED_AT_MS, endMs: STARTED_AT_MS + HOUR_MS }],
    afterTheEnd: [sent({ send: 'pausePolling' }, { answer: { kind: 'tooLate' } })],
    ...changes,
  };
}

const of = (events: HistoryEvent[], status = AT_THE_END) => ({ runs: [{ events, status }] });
const step = (messages: SentMessage[], seen: ExportStatus, before = STATUS) =>
  record({ steps: [{ step: 0, before, messages, after: seen }] });

describe('the judge of `npm run messages`', () => {
  it('finds nothing wrong in a good run', () => {
    expect(judge(record())).toEqual([]);
  });

  it.each<[string, Record, string]>([
    [
      'a workflow task that failed',
      record(
        of([...CALM.slice(0, -1), { workflowTaskFailedEventAttributes: { cause: 23 } } as never, ...CALM.slice(-1)]),
      ),
      'a workflow task failed',
    ],
    [
      'a workflow task that is stuck',
      record(of([...CALM.slice(0, -1), { workflowTaskTimedOutEventAttributes: {} } as never, ...CALM.slice(-1)])),
      'a workflow task is stuck',
    ],
    [
      'a signal that is missing in the history',
      step([sent({ send: 'pollNow' })], STATUS),
      '1 pollNow were taken, and 0',
    ],
    [
      'a message that was never answered',
      step([sent({ send: 'retune', changes: {} }, { argument: {}, answer: { kind: 'none' } })], STATUS),
      'it was never answered',
    ],
    [
      'a rejection without a type',
      step([sent({ send: 'retune', changes: {} }, { answer: { kind: 'refused', type: null, isTyped: true } })], STATUS),
      'the refusal has no type',
    ],
    [
      'an invalid change that was accepted',
      step([sent({ send: 'retune', changes: {} }, { argument: {}, answer: { kind: 'taken', value: {} } })], STATUS),
      'it was taken; expected InvalidExportRequest',
    ],
    [
      'a pause that the status does not show',
      step([sent({ send: 'pausePolling' })], STATUS),
      'pollingPaused is false instead of true',
    ],
    [
      'a phase that contradicts the pause',
      step([sent({ send: 'pausePolling' })], { ...PAUSED, phase: 'exporting' }),
      'phase is exporting, and polling is paused',
    ],
    [
      'a deadline that moved by itself',
      step([], { ...STATUS, deadlineAt: new Date(STARTED_AT_MS).toISOString() }),
      'deadlineAt is',
    ],
    ['a falling poll count', step([], { ...STATUS, polls: 0 }), 'polls fell from 1 to 0'],
    [
      'a message that was accepted after the end',
      record({ afterTheEnd: [sent({ send: 'pollNow' })] }),
      'after the end',
    ],
    [
      'a poll while polls are paused',
      record(
        of(
          history(...BEGIN, [9, signal('pausePolling')], [9, TASK], [HOUR_MS, TASK], [HOUR_MS, poll], [HOUR_MS, ended]),
        ),
      ),
      'a poll while polls are paused',
    ],
    [
      'a pollNow without a poll',
      record(of(history(...BEGIN, [9, signal('pollNow')], [9, TASK], [HOUR_MS, ended]))),
      'a poll was asked for 3600 s before the end, in vain',
    ],
    [
      'a poll that came late',
      record(
        of(history(...BEGIN, [0, signal('pollNow')], [0, TASK], [HOUR_MS, TASK], [HOUR_MS, poll], [HOUR_MS, ended])),
      ),
      'a poll 3600 s after it was asked for',
    ],
    ['a poll that is not counted', record(of(CALM, { ...AT_THE_END, polls: 1 })), 'tells 1 polls, and 2 were made'],
    [
      'a second live job',
      record({ jobs: [...record().jobs, { jobId: 'b', status: 'RUNNING', beginMs: STARTED_AT_MS + 1, endMs: null }] }),
      'job b was begun although',
    ],
    ['one POST too many', record({ posts: [{ note: '' }, { note: '' }] }), '2 POSTs where 1 are allowed'],
    [
      'a success that the cloud does not share',
      record({ jobs: [{ jobId: JOB_ID, status: 'RUNNING', beginMs: 0, endMs: null }] }),
      'succeeded, and its job is RUNNING',
    ],
    [
      'an end that is no verdict',
      record({ verdict: { kind: 'other', error: 'TimeoutFailure' } }),
      'it ended otherwise',
    ],
    ['an end as canceled without a cancel', record({ verdict: { kind: 'canceled' } }), 'canceled by nobody'],
    [
      'an end long after the deadline',
      record(of(history(...BEGIN, [30 * HOUR_MS, ended]), { ...AT_THE_END, polls: 1 })),
      'it ended 21600 s after the deadline',
    ],
  ])('finds %s', (_what, judged, problem) => {
    expect(judge(judged)).toContainEqual(expect.stringContaining(problem));
  });

  it('accepts one workflow task timeout', () => {
    const late = { workflowTaskTimedOutEventAttributes: {} } as never;
    expect(judge(record(of([...CALM.slice(0, 1), late, ...CALM.slice(1)])))).toEqual([]);
    expect(judge(record(of([...CALM.slice(0, 1), late, late, ...CALM.slice(1)])))).toHaveLength(1);
  });

  it('finds a lost cancel', () => {
    const request = { workflowExecutionCancelRequestedEventAttributes: {} };
    const events = history(...BEGIN, [9, request], [9, TASK], [HOUR_MS, TASK], [HOUR_MS, ended]);
    const messages = [sent({ send: 'cancel' })];
    const steps = [{ step: 0, before: STATUS, messages, after: STATUS }];
    expect(judge(record({ steps, ...of(events, { ...AT_THE_END, polls: 1 }) }))).toEqual(['a cancel was lost']);
  });

  it('finds a state that lost its pause across continue-as-new', () => {
    const carried = { ...STATUS, paused: false, request: { options: SETTINGS } };
    const payloads = [null, carried].map((value) => defaultPayloadConverter.toPayload(value));
    const events = history(
      ...BEGIN,
      [9, signal('pausePolling')],
      [9, TASK],
      [9, { workflowExecutionContinuedAsNewEventAttributes: { input: { payloads } } }],
    );
    const steps = [{ step: 0, before: STATUS, messages: [sent({ send: 'pausePolling' })], after: PAUSED }];
    const found = judge(record({ steps, runs: [{ events, status: PAUSED }] }));
    expect(found).toEqual([expect.stringContaining('run 1 told [true')]);
  });

  it('accepts a paused export whose final poll came before the deadline that a retune had set', () => {
    const moved = 2 * HOUR_MS;
    const events = history(
      ...BEGIN,
      [9, signal('pausePolling')],
      [9, TASK],
      [9, retuned({ deadline: '2h' })],
      [moved - 20_000, TASK],
      [moved - 20_000, poll],
      [moved, activity('imsVerifyObject')],
      [moved, ended],
    );
    expect(judge(record(of(events))).filter((problem) => problem.includes('poll'))).toEqual([]);
  });
});

describe('the model of an export', () => {
  const tunes = (changes: unknown) => ({
    message: { send: 'retune', changes } as const,
    argument: changes,
    answer: { kind: 'taken' } as const,
  });

  it('adds a deadline with a plus to the deadline in force', () => {
    const model = [tunes({ deadline: '30h' }), tunes({ deadline: '+6h', stallAfter: '7m' })].reduce(after, MODEL);
    expect(model.settings).toMatchObject({ deadlineMs: 36 * HOUR_MS, stallAfterMs: 7 * 60_000 });
  });

  it('does not change by a rejected message', () => {
    const refused = {
      ...tunes({ deadline: '30h' }),
      answer: { kind: 'refused', type: 'NotValidatedYet', isTyped: true },
    } as const;
    expect(after(MODEL, refused)).toEqual(MODEL);
  });

  it('polls again after a cancel with drain, and not after another cancel', () => {
    const paused = { ...MODEL, paused: true };
    const isPausedAfter = (drains: boolean) =>
      [{ message: { send: 'cancel' }, answer: { kind: 'taken' }, drains } as const].reduce(after, paused).paused;
    expect([isPausedAfter(true), isPausedAfter(false)]).toEqual([false, true]);
  });

  it('accepts either answer for a deadline that is near', () => {
    const at = (leftMs: number) => mayTune(MODEL, { deadline: '2h' }, STARTED_AT_MS + 2 * HOUR_MS - leftMs);
    expect([at(HOUR_MS), at(1_000), at(-1_000), at(-HOUR_MS)]).toEqual([true, null, null, false]);
  });

  it('agrees with a status before and after the validation', () => {
    expect(disagreements(MODEL, STATUS)).toEqual([]);
    const early = { ...STATUS, phase: 'validating', options: null, deadlineAt: null, jobId: null } as const;
    expect(disagreements(MODEL, early)).toEqual([]);
    expect(disagreements(MODEL, { ...early, phase: 'submitting' })).toEqual([expect.stringContaining('phase')]);
  });
});

describe('a message script', () => {
  it('is the same for the same seed, and another for another seed', () => {
    expect(describeScript(scriptOf(7))).toBe(describeScript(scriptOf(7)));
    expect(describeScript(scriptOf(7))).not.toBe(describeScript(scriptOf(8)));
  });

  it('sends each message at each kind of moment within a hundred seeds', () => {
    const steps = Array.from({ length: 100 }, (_, seed) => scriptOf(seed).steps).flat();
    const names = new Set(steps.flatMap(({ messages }) => messages.map(({ send }) => send)));
    expect([...names].sort()).toEqual(
      ['awaitSubmitted', 'cancel', 'pausePolling', 'pollNow', 'resolveSubmission', 'resumePolling', 'retune'].sort(),
    );
    expect(new Set(steps.flatMap(({ at }) => ('during' in at ? [at.during] : []))).size).toBe(6);
    expect(steps.filter(({ worker }) => worker === 'away').length).toBeGreaterThan(50);
  });
});
