import { describe, expect, it } from 'vitest';
import { type BatchState, beginBatch, carriedBatch, resumeBatch, tallyOf } from '../../src/workflows/batch/state';
import { beginTracking, type ExportState, resumeTracking } from '../../src/workflows/state';
import { statusOf } from '../../src/workflows/status';
import { stateCarriedBy } from '../rigs/history';
import { type RecordedHistory, recordedHistories } from '../rigs/recorded-histories';

/** How a carried state is taken up, and what must be in it, by the recording that has it. */
const EXPORTING = { phase: 'exporting', remoteJob: 'running' };
const RECONCILING = { phase: 'reconciling', remoteJob: 'unknown' };
const LOST = { jobId: null, submissions: 1, lostSubmit: { probes: 0, granted: 0, candidate: null } };
const TAKEN_UP: { [recording: string]: { phase: string; remoteJob: string; facts: object } } = {
  'continued-as-new': { ...EXPORTING, facts: { submissions: 1 } },
  'carried-waiting-to-submit': {
    phase: 'waitingToSubmit',
    remoteJob: 'none',
    facts: { jobId: null, lostSubmit: null, submissions: 0, lastError: { code: 'IMG.0060' } },
  },
  'carried-reconciling': { ...RECONCILING, facts: LOST },
  'carried-reconciling-and-reset': { ...RECONCILING, facts: LOST },
  'carried-needing-an-answer': { ...RECONCILING, facts: LOST },
  'carried-with-a-candidate': {
    ...RECONCILING,
    facts: { ...LOST, lostSubmit: { candidate: { object: { format: 'qcow2' }, doubt: null } } },
  },
  'carried-with-an-answer': {
    ...RECONCILING,
    facts: { ...LOST, resolution: { jobId: expect.stringMatching(/^[0-9a-f]{32}$/) } },
  },
  'carried-parked-before-the-destination': { ...RECONCILING, facts: { ...LOST, lastError: { httpStatus: 403 } } },
  'carried-parked': { phase: 'parked', remoteJob: 'running', facts: { parked: true, lastError: { httpStatus: 401 } } },
  'carried-paused': { phase: 'paused', remoteJob: 'running', facts: { paused: true } },
  'carried-while-polls-fail': { ...EXPORTING, facts: { pollErrorsSinceMs: expect.any(Number) } },
  'carried-attached': { ...EXPORTING, facts: { jobNamed: true, submissions: 0 } },
  'carried-exporting-and-reset': { ...EXPORTING, facts: { submissions: 1 } },
  'carried-exporting-and-retried': { ...EXPORTING, facts: { submissions: 1 } },
};

/** Images of a batch, and what must be in its state. */
const BATCHES_TAKEN_UP: { [recording: string]: { images: number; facts: object } } = {
  // Eight that were added for it, and one that the simulator has of this kind.
  'batch-of-a-query-continued-as-new': { images: 9, facts: { startingPaused: false } },
  'batch-paused-and-continued-as-new': { images: 3, facts: { startingPaused: true, maxConcurrent: 2 } },
};

const isOfBatch = ({ of }: RecordedHistory) => of.startsWith('batch-');

const carried = recordedHistories().flatMap((history) => {
  const state = isOfBatch(history) ? null : stateCarriedBy<ExportState>(history.events);
  return state === null ? [] : [{ ...history, state }];
});

const carriedByBatches = recordedHistories().flatMap((history) => {
  const state = isOfBatch(history) ? stateCarriedBy<BatchState>(history.events) : null;
  return state === null ? [] : [{ ...history, state }];
});

/** For titles: vitest cuts `$title` short. */
const byTitle = <Row extends { title: string }>(rows: readonly Row[]) => rows.map((row) => [row.title, row] as const);

describe.each(byTitle(carried))('the state that %s carried into a new run', (_title, { of, state }) => {
  it('is of version 1, and contains what it was recorded for', () => {
    expect(state.version).toBe(1);
    expect(state).toMatchObject(TAKEN_UP[of]?.facts ?? {});
  });

  it('is resumed unchanged by the current workflow', () => {
    const tracking = resumeTracking({}, state);
    // What came with a later version begins as in a new export.
    const newSince = beginTracking({}, state.startedAtMs).carried;
    expect(tracking.carried).toEqual({ ...newSince, ...state });
    expect(statusOf(tracking, Date.now())).toMatchObject({
      phase: TAKEN_UP[of]?.phase,
      outcome: null,
      remoteJob: TAKEN_UP[of]?.remoteJob,
      jobId: state.jobId,
      bucketUrl: state.request?.bucketUrl,
      pollingPaused: state.paused ?? false,
      polls: state.polls,
      submissions: state.submissions,
      observations: state.observations,
      warnings: state.warnings,
      deadlineAt: new Date(state.deadlineAtMs ?? Number.NaN).toISOString(),
    });
  });

  it('allows no submit in a run that is reset or retried', () => {
    const { mayHaveSubmitted, lostSubmit, jobId } = resumeTracking({}, state, true).carried;
    expect({ mayHaveSubmitted, jobId }).toEqual({ mayHaveSubmitted: true, jobId: state.jobId });
    expect(lostSubmit).toEqual(state.lostSubmit && { ...state.lostSubmit, seenByThisRun: false });
  });

  it('has every field of the current workflow once resumed', () => {
    const keptToday = Object.keys(beginTracking({}, 0).carried);
    expect(Object.keys(resumeTracking({}, state).carried).sort()).toEqual(keptToday.sort());
  });
});

describe.each(byTitle(carriedByBatches))('the batch state that %s carried into a new run', (_title, { of, state }) => {
  it('is of version 1, and is resumed unchanged by the current batch workflow', () => {
    expect(state.version).toBe(1);
    expect(state).toMatchObject(BATCHES_TAKEN_UP[of]?.facts ?? {});
    const batch = resumeBatch({}, state);
    const newSince = carriedBatch(beginBatch({}, state.startedAtMs));
    expect(carriedBatch(batch)).toEqual({ ...newSince, ...state });
    const { pending, running, ended } = tallyOf(batch);
    expect(state.items).toHaveLength(BATCHES_TAKEN_UP[of]?.images ?? 0);
    expect(pending + running + ended).toBe(state.items.length);
    expect(ended).toBe(state.items.filter((item) => 'verdict' in item).length);
  });
});

it('every history folder has a carried state, and every way to continue as new is recorded', () => {
  const folders = new Set(recordedHistories().map(({ folder }) => folder));
  expect(new Set(carried.map(({ folder }) => folder))).toEqual(folders);
  expect(new Set(carried.map(({ of }) => of))).toEqual(new Set(Object.keys(TAKEN_UP)));
  expect(new Set(carriedByBatches.map(({ of }) => of))).toEqual(new Set(Object.keys(BATCHES_TAKEN_UP)));
});
