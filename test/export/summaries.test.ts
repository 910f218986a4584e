import { describe, expect, it } from 'vitest';
import { parseExportInput } from '../../src/activities';
import type { ObservedJob } from '../../src/contract';
import { startSummary, submitSummary, timerSummary } from '../../src/export/summaries';
import { formatDuration } from '../../src/export/time';
import { currentDetails } from '../../src/workflows/current-details';
import { beginTracking, recordPoll, takeRequest, type Validated } from '../../src/workflows/state';
import { jobSeen, statusOf } from '../../src/workflows/status';
import { submitAmbiguous } from '../../src/workflows/verdict';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);

function exporting(): Validated {
  const tracking = takeRequest(
    beginTracking({}, START),
    parseExportInput({
      imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64',
      bucketUrl: 'ims-image:a.zvhd2',
      isQuickExport: true,
    }),
  );
  tracking.carried.jobId = 'edc89b490d7d4392898e19b2deb34797';
  tracking.carried.submittedAtMs = START;
  tracking.run.remoteJob = 'running';
  tracking.run.phase = 'exporting';
  return tracking;
}

function observe(tracking: Validated, minute: number, job: Partial<ObservedJob>): void {
  const reading = { status: 'RUNNING', progress: null, ...job } as ObservedJob;
  recordPoll(tracking, { kind: 'observed', job: reading }, START + minute * MINUTE);
}

describe('the texts in the Web UI', () => {
  it('show status, percentage, time left and the next check on each timer', () => {
    const tracking = exporting();
    observe(tracking, 0, { progress: 0.1 });
    observe(tracking, 10, { progress: 0.2 });
    expect(timerSummary(jobSeen(tracking, START + 10 * MINUTE))).toBe('RUNNING 20 % - 1 h 20 min left - next check #3');
  });

  it('show no percentage when the cloud reports none', () => {
    const tracking = exporting();
    observe(tracking, 0, { status: 'INIT' });
    expect(timerSummary(jobSeen(tracking, START))).toBe('INIT - next check #2');
  });

  it('do not call a check the next one when it is the last before the deadline', () => {
    const tracking = exporting();
    observe(tracking, 0, { progress: 0.1 });
    tracking.carried.paused = true;
    expect(timerSummary(jobSeen(tracking, START))).toBe('paused at RUNNING 10 % - check #2 only before the deadline');
  });

  it('shorten a long destination in the middle: 200 bytes in a summary, 120 characters on the Timeline', () => {
    const attach = { jobId: 'edc89b490d7d4392898e19b2deb34797' };
    const request = {
      ...exporting().carried.request,
      attach,
      bucketUrl: `ims-image:${'資料夾/'.repeat(80)}disk.zvhd2`,
    };
    const summary = startSummary(request);
    expect(summary).toMatch(/^Track a job: .*→ ims-image:資料夾.*….*disk\.zvhd2 \(zvhd2, quick export\)$/);
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(200);
    const ascii = { ...request, bucketUrl: `ims-image:${'folder/'.repeat(80)}disk.zvhd2` };
    expect(`imsSubmitExport • ${submitSummary(ascii)}`.length).toBeLessThanOrEqual(120);
    expect(submitSummary(exporting().carried.request)).toBe('submit to ims-image:a.zvhd2 (zvhd2, quick export)');
  });

  it('show what is exported where, the job, its progress and speed, and the possible actions', () => {
    const tracking = exporting();
    observe(tracking, 0, { progress: 0.1 });
    observe(tracking, 10, { progress: 0.2 });
    tracking.run.nextPollAtMs = START + 12 * MINUTE;
    tracking.carried.warnings.push('a rule was\nturned down');
    expect(currentDetails(tracking, START + 10 * MINUTE)).toBe(`### Exporting - 20 % done, 1 h 20 min left

- **Image** \`d164b5df-1bc3-4c3f-893e-3e471fd16e64\`
- **To** \`ims-image:a.zvhd2\` (zvhd2, quick export)
- **Job** \`edc89b490d7d4392898e19b2deb34797\`, RUNNING at check #2
- **Rate** 60 % an hour, done about 2026-01-01 01:30:00 UTC
- **Next check** #3 at 2026-01-01 00:12:00 UTC
- **Deadline** 2026-01-02 00:00:00 UTC
- **Warning** a rule was turned down

**What you can do**

- **Check now**: signal \`pollNow\`
- **Pause polling**: signal \`pausePolling\`
- **Wait longer**: update \`retune\` with \`{"deadline": "+6h"}\`
- **Cancel**: Request Cancellation stops the tracking; the job in the cloud continues`);
  });

  it.each([
    [60, '10 % an hour'],
    [2, '5 % a minute'],
    [0.005, '33 % a second'],
  ])('show a rate in a readable unit: 10 %% in %s min', (minutes, rate) => {
    const tracking = exporting();
    observe(tracking, 0, { progress: 0 });
    observe(tracking, minutes, { progress: 0.1 });
    expect(currentDetails(tracking, START + minutes * MINUTE)).toContain(`**Rate** ${rate}, done about`);
  });

  it('say that polling is paused, the progress so far, and how to resume', () => {
    const tracking = exporting();
    observe(tracking, 0, { progress: 0.1 });
    observe(tracking, 10, { progress: 0.2 });
    tracking.carried.paused = true;
    Object.assign(tracking.run, { phase: 'paused', nextPollAtMs: START + 24 * 60 * MINUTE - 20_000 });
    const details = currentDetails(tracking, START + 10 * MINUTE);
    expect(details).toMatch(
      /### Polling is paused - last seen at 20 %.*Next check\*\* #3 only at 2026-01-01 23:59:40 UTC.*deadline continue.*Resume polling\*\*: signal `resumePolling`.*Check once\*\*: signal `pollNow`/s,
    );
    expect(details).not.toContain('Rate');
  });

  it('say that the progress has stalled, and since when', () => {
    const tracking = exporting();
    observe(tracking, 0, { progress: 0.4 });
    observe(tracking, 61, { progress: 0.4 });
    expect(currentDetails(tracking, START + 61 * MINUTE)).toMatch(
      /### Exporting - stalled at 40 %.*Stalled\*\* no progress since 2026-01-01 00:00:00 UTC.*Ask Huawei Cloud.*pollNow/s,
    );
  });

  it('say that a check failed, and the progress before it', () => {
    const tracking = exporting();
    observe(tracking, 0, { progress: 0.4 });
    const error = { code: 'IMG.0001', message: 'a\n\nb', httpStatus: 500, requestId: null, operation: 'ShowJob' };
    recordPoll(tracking, { kind: 'error', error, retryAfterMs: null }, START + MINUTE);
    expect(currentDetails(tracking, START + MINUTE)).toMatch(
      /### Exporting - the last check failed, 40 % before.*RUNNING when last seen.*Last error\*\* `IMG\.0001` a b\n/s,
    );
  });

  it('say that a canceled export drains, and how to end that sooner', () => {
    const tracking = exporting();
    observe(tracking, 0, { progress: 0.4 });
    Object.assign(tracking.run, { draining: true, phase: 'draining' });
    const details = currentDetails(tracking, START);
    expect(details).toMatch(/### Canceled, draining - 40 % done.*job has ended and its object is deleted.*`retune`/s);
    expect(details).not.toContain('Request Cancellation');
    expect(details).not.toContain('resumePolling');
    tracking.carried.paused = true;
    expect(currentDetails(tracking, START)).toMatch(
      /The job is not polled now\..*Resume polling\*\*: signal `resumePolling`/s,
    );
  });

  it('say that access is denied and what to do, and that the job continues', () => {
    const tracking = exporting();
    const error = { code: 'APIGW.0301', message: 'no', httpStatus: 401, requestId: null, operation: 'ShowJob' };
    recordPoll(tracking, { kind: 'denied', error }, START);
    tracking.run.phase = 'parked';
    expect(currentDetails(tracking, START)).not.toContain('Rate');
    expect(currentDetails(tracking, START)).toMatch(
      /Parked.*APIGW\.0301.*A running job continues.*credentials.*pollNow/s,
    );
  });

  it('say that the submit is ambiguous, what was found, and what the operator can answer', () => {
    const tracking = exporting();
    Object.assign(tracking.carried, { jobId: null, submittedAtMs: null });
    Object.assign(tracking.run, { remoteJob: 'unknown', phase: 'reconciling' });
    const object = { size: 4096, etag: 'e', lastModified: '2026-01-01T00:05:00.000Z', format: 'zvhd2' as const };
    tracking.carried.lostSubmit = {
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
    expect(details).toContain('nothing more is submitted');
    tracking.carried.lostSubmit = { ...tracking.carried.lostSubmit, candidate: null, busyUntilMs: START };
    expect(currentDetails(tracking, START)).toMatch(
      /This or another export of the image is running.*the destination is watched/,
    );
    tracking.carried.lostSubmit = {
      ...tracking.carried.lostSubmit,
      candidate: { object, doubt: null, sinceMs: START },
    };
    tracking.run.phase = 'needsAnswer';
    expect(currentDetails(tracking, START)).toMatch(/Needs an answer.*IMS console.*jobId.*notSubmitted/s);
    expect(submitAmbiguous(tracking, 'an object was seen')).toMatchObject({
      type: 'ExportOutcomeUnknown',
      message: expect.stringMatching(
        /was lost\. The search ended: an object was seen\. An object of 4096 bytes.*delete it/,
      ),
      details: [expect.objectContaining({ object, jobId: null, remoteJob: 'unknown' })],
    });
  });

  it('say at the end what remains in the cloud', () => {
    const tracking = exporting();
    Object.assign(tracking.run, { phase: 'ended', ended: { outcome: 'canceled', atMs: START, failure: null } });
    const details = currentDetails(tracking, START + 65_000);
    expect(details).toMatch(/### Ended: canceled after 0 s.*is still running in the cloud; nothing tracks it/s);
    expect(details).toContain('`ims-export attach --job edc89b490d7d4392898e19b2deb34797 --image d164b5df');
    tracking.run.remoteJob = 'ended';
    expect(currentDetails(tracking, START)).toContain('has ended in the cloud');
  });

  it('write durations as people say them', () => {
    const texts = [0, 12_000, 65_000, 59 * MINUTE, 190 * MINUTE, 40 * 60 * MINUTE, 75 * 60 * MINUTE].map(
      formatDuration,
    );
    expect(texts).toEqual(['0 s', '12 s', '1 min 5 s', '59 min', '3 h 10 min', '1 d 16 h', '3 d 3 h']);
  });
});

describe('the status of an export', () => {
  it('does not count an old percentage at SUCCESS as progress', () => {
    const tracking = exporting();
    observe(tracking, 0, { progress: 0.4 });
    observe(tracking, 1, { status: 'SUCCESS', progress: 0.2 });
    expect(statusOf(tracking, START + MINUTE)).toMatchObject({ progress: 1, jobStatus: 'SUCCESS', polls: 2 });
  });

  it('is stalled while the progress does not move for stallAfter, and no longer once it moves', () => {
    const tracking = exporting();
    observe(tracking, 0, { progress: 0.4 });
    observe(tracking, 61, { progress: 0.4 });
    expect(statusOf(tracking, START + 61 * MINUTE).stalled).toBe(true);
    observe(tracking, 62, { progress: 0.41 });
    expect(statusOf(tracking, START + 62 * MINUTE).stalled).toBe(false);
  });
});
