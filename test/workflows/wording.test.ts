import { describe, expect, it } from 'vitest';
import { parseExportInput } from '../../src/activities';
import type { ObservedJob } from '../../src/contract';
import { submitLost } from '../../src/workflows/failures';
import { formatDuration } from '../../src/workflows/format-duration';
import { statusOf } from '../../src/workflows/status';
import { beginTracking, recordPoll, type Tracking } from '../../src/workflows/tracking';
import { currentDetails, timerSummary } from '../../src/workflows/wording';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);

function exporting(): Tracking {
  const tracking = beginTracking({}, START);
  tracking.request = parseExportInput({
    imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64',
    bucketUrl: 'ims-image:a.zvhd2',
    isQuickExport: true,
  });
  tracking.deadlineAtMs = START + 24 * 60 * MINUTE;
  tracking.jobId = 'edc89b490d7d4392898e19b2deb34797';
  tracking.submittedAtMs = START;
  tracking.remoteJob = 'running';
  tracking.phase = 'exporting';
  return tracking;
}

function observe(tracking: Tracking, minute: number, job: Partial<ObservedJob>): void {
  const reading = { status: 'RUNNING', progress: null, ...job } as ObservedJob;
  recordPoll(tracking, { kind: 'observed', job: reading }, START + minute * MINUTE);
}

describe('what people read in the Web UI', () => {
  it('tells status, percent, time left and the next check on each timer', () => {
    const tracking = exporting();
    observe(tracking, 0, { progress: 0.1 });
    observe(tracking, 10, { progress: 0.2 });
    expect(timerSummary(tracking, START + 10 * MINUTE)).toBe('RUNNING 20 % - 1h 20m left - next check #3');
  });

  it('does not invent a percentage where the cloud tells none', () => {
    const tracking = exporting();
    observe(tracking, 0, { status: 'INIT' });
    expect(timerSummary(tracking, START)).toBe('INIT - next check #2');
  });

  it('says what is exported where, as which job, and what to press', () => {
    const details = currentDetails(exporting(), START);
    for (const part of ['d164b5df', 'ims-image:a.zvhd2', 'zvhd2, quick export', 'edc89b49', 'pollNow', '2026-01-02']) {
      expect(details).toContain(part);
    }
    expect(details).not.toContain('|');
  });

  it('says that access is denied and what to do, and that the job goes on', () => {
    const tracking = exporting();
    const error = { code: 'APIGW.0301', message: 'no', httpStatus: 401, requestId: null, operation: 'ShowJob' };
    recordPoll(tracking, { kind: 'denied', error }, START);
    tracking.phase = 'parked';
    expect(currentDetails(tracking, START)).toMatch(
      /Parked.*APIGW\.0301.*credentials.*pollNow.*What runs in the cloud goes on/s,
    );
  });

  it('says that the answer to the submit was lost, what was found, and what a person can answer', () => {
    const tracking = exporting();
    Object.assign(tracking, { jobId: null, submittedAtMs: null, remoteJob: 'unknown', phase: 'reconciling' });
    const object = { size: 4096, etag: 'e', lastModified: '2026-01-01T00:05:00.000Z', format: 'zvhd2' as const };
    tracking.lostSubmit = {
      settledAtMs: START,
      seenByThisRun: true,
      probes: 0,
      granted: 0,
      busyUntilMs: null,
      timesBusy: 0,
      probeUntilMs: null,
      refusals: 0,
      candidate: { object, doubt: null, sinceMs: START },
    };
    const details = currentDetails(tracking, START);
    expect(details).toMatch(
      /answer to the submit was lost.*4096 bytes, last modified 2026-01-01T00:05.*resolveSubmission/s,
    );
    expect(details).toContain('Nothing is submitted any more');
    tracking.lostSubmit = { ...tracking.lostSubmit, candidate: null, busyUntilMs: START };
    expect(currentDetails(tracking, START)).toMatch(/the image is being exported.*the destination is watched/);
    tracking.lostSubmit = { ...tracking.lostSubmit, candidate: { object, doubt: null, sinceMs: START } };
    tracking.phase = 'needsAnswer';
    expect(currentDetails(tracking, START)).toMatch(/Needs an answer.*console of IMS.*jobId.*notSubmitted/s);
    expect(submitLost(tracking, 'somebody looked')).toMatchObject({
      type: 'ExportOutcomeUnknown',
      message: expect.stringMatching(
        /was lost\. It was looked into: somebody looked\. An object of 4096 bytes.*delete it/,
      ),
      details: [expect.objectContaining({ object, jobId: null, remoteJob: 'unknown' })],
    });
  });

  it('says at the end what remains in the cloud', () => {
    const tracking = exporting();
    tracking.ended = { outcome: 'canceled', atMs: START, failure: null };
    expect(currentDetails(tracking, START)).toContain('goes on in the cloud; nothing tracks it any more');
    tracking.remoteJob = 'ended';
    expect(currentDetails(tracking, START)).toContain('has ended in the cloud');
  });

  it('writes durations as people say them', () => {
    const texts = [0, 12_000, 65_000, 59 * MINUTE, 190 * MINUTE, 40 * 60 * MINUTE, 75 * 60 * MINUTE].map(
      formatDuration,
    );
    expect(texts).toEqual(['0s', '12s', '1m 05s', '59m 00s', '3h 10m', '40h 00m', '3d 3h']);
  });
});

describe('the status', () => {
  it('does not take an old percentage at SUCCESS for progress', () => {
    const tracking = exporting();
    observe(tracking, 0, { progress: 0.4 });
    observe(tracking, 1, { status: 'SUCCESS', progress: 0.2 });
    expect(statusOf(tracking, START + MINUTE)).toMatchObject({ progress: 1, jobStatus: 'SUCCESS', polls: 2 });
  });

  it('is stalled when the progress has not moved for stallAfter, and no longer when it moves', () => {
    const tracking = exporting();
    observe(tracking, 0, { progress: 0.4 });
    observe(tracking, 61, { progress: 0.4 });
    expect(statusOf(tracking, START + 61 * MINUTE).stalled).toBe(true);
    observe(tracking, 62, { progress: 0.41 });
    expect(statusOf(tracking, START + 62 * MINUTE).stalled).toBe(false);
  });
});
