import { describe, expect, it } from 'vitest';
import { type BatchState, beginBatch, carriedBatch, resumeBatch, tallyOf } from '../../src/workflows/batch/state';
import { statusOf } from '../../src/workflows/status';
import type { LostSubmit } from '../../src/workflows/submission/next-step';
import { beginTracking, carriedState, type ExportState, resumeTracking } from '../../src/workflows/tracking';
import { stateCarriedBy } from '../long-exports/history';
import { type RecordedHistory, recordedHistories } from './recorded-histories';

const isOfBatch = ({ name }: RecordedHistory) => name.startsWith('batch-');

const carried = recordedHistories().flatMap((history) => {
  const state = isOfBatch(history) ? null : stateCarriedBy<ExportState>(history.events);
  return state === null ? [] : [{ title: history.title, version: history.version, state }];
});

const carriedByBatches = recordedHistories().flatMap((history) => {
  const state = isOfBatch(history) ? stateCarriedBy<BatchState>(history.events) : null;
  return state === null ? [] : [{ title: history.title, state }];
});

describe.each(carried)('the state that $title carried into a new run', ({ state }) => {
  it('is of version 1', () => {
    expect(state.version).toBe(1);
  });

  it('is taken up by the workflow of today as it is', () => {
    const tracking = resumeTracking({}, state);
    // What came with a later version begins as in a new export.
    const newSince = carriedState(beginTracking({}, state.startedAtMs));
    expect(carriedState(tracking)).toEqual({ ...newSince, ...state });
    expect(statusOf(tracking, Date.now())).toMatchObject({
      phase: 'exporting',
      outcome: null,
      remoteJob: 'running',
      jobId: state.jobId,
      bucketUrl: state.request?.bucketUrl,
      polls: state.polls,
      observations: state.observations,
      deadlineAt: new Date(state.deadlineAtMs ?? Number.NaN).toISOString(),
    });
  });

  it('leaves no fact out that the workflow of today keeps', () => {
    const keptToday = Object.keys(carriedState(beginTracking({}, 0)));
    expect(Object.keys(carriedState(resumeTracking({}, state))).sort()).toEqual(keptToday.sort());
  });
});

describe.each(carriedByBatches)('the state that $title carried into a new run', ({ state }) => {
  it('is of version 1, and taken up by the batch of today as it is', () => {
    expect(state.version).toBe(1);
    const batch = resumeBatch({}, state);
    const newSince = carriedBatch(beginBatch({}, state.startedAtMs));
    expect(carriedBatch(batch)).toEqual({ ...newSince, ...state });
    // Eight that were added for it, and one that the simulator has of this kind.
    expect(state.items).toHaveLength(9);
    const { pending, running, ended } = tallyOf(batch);
    expect(pending + running + ended).toBe(9);
    expect(ended).toBe(state.items.filter((item) => 'verdict' in item).length);
  });
});

it('a lost submit goes on where it was, but a run that was reset does not vouch for what it did not see', () => {
  const lostSubmit: LostSubmit = {
    settledAtMs: 5,
    seenByThisRun: true,
    probes: 1,
    granted: 0,
    busyUntilMs: null,
    timesBusy: 0,
    probeUntilMs: null,
    refusals: 0,
    candidate: null,
  };
  const state = { ...carriedState(beginTracking({}, 0)), submissions: 1, lostSubmit };
  const tracking = resumeTracking({}, state);
  expect(carriedState(tracking)).toEqual(state);
  expect(tracking).toMatchObject({ phase: 'reconciling', remoteJob: 'unknown' });
  const reset = resumeTracking({}, state, true);
  expect(reset).toMatchObject({ mayHaveSubmitted: true, lostSubmit: { ...lostSubmit, seenByThisRun: false } });
});

it('there is one for each version, and of batches', () => {
  expect(carriedByBatches).not.toEqual([]);
  const versions = new Set(recordedHistories().map(({ version }) => version));
  expect(new Set(carried.map(({ version }) => version))).toEqual(versions);
});
