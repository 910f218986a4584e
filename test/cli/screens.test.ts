/** What list, status and watch print, character by character: on wide and narrow terminals, into a pipe, and as JSON. */
import { describe, expect, it } from 'vitest';
import { list } from '../../src/cli/list';
import { batchProgressDisplay, jsonLinesDisplay, progressDisplay } from '../../src/cli/progress-display';
import { status } from '../../src/cli/status';
import { reportWatchError, watch } from '../../src/cli/watch';
import type { BatchReport, ExportReport } from '../../src/client';
import { EXPORT_PHASES, type ExportStatus } from '../../src/contract';
import { batchFailed, exportFailed } from '../../src/export/failures';
import { parseExportInput } from '../../src/request/export';
import {
  BATCH_ID,
  BUCKET_URL,
  batchStatus,
  EXPORT_ID,
  exportStatus,
  IMAGE,
  JOB,
  minutesAgo,
  statusWithoutJob,
} from '../rigs/reports';
import { SCREENS, shownOn } from '../rigs/screen';
import { type StubWorkflow, stubTemporal } from '../rigs/stub-temporal';

const screens = Object.entries(SCREENS);

const ended = (id: string, state: StubWorkflow['state'], memo: object): StubWorkflow => ({
  ...{ id: `ims-export:ims-image:${id}`, state, startedAt: minutesAgo(300), closedAt: minutesAgo(200) },
  memo: { imageId: IMAGE, ...memo },
});
const running = (id: string, answer?: ExportStatus): StubWorkflow => ({
  ...{ id: `ims-export:ims-image:${id}`, state: 'RUNNING', startedAt: minutesAgo(60), status: answer },
  memo: answer?.jobId ? { jobId: JOB, imageId: IMAGE, bucketUrl: BUCKET_URL } : {},
});
const batchOf = (name: string, workflow: Pick<StubWorkflow, 'state'> & Partial<StubWorkflow>): StubWorkflow => ({
  ...{ id: `ims-export-batch:${name}`, kind: 'batch', startedAt: minutesAgo(60), ...workflow },
});
const failedBy = (type: string, code?: string, message = 'why') => ({
  ...{ outcome: 'failed', failure: { type, message, code } },
});

describe('list', () => {
  const temporal = stubTemporal(
    running('exporting.qcow2', exportStatus()),
    running('parked.qcow2', exportStatus({ phase: 'parked', attention: 'parked', remainingMs: null })),
    running('needs-answer.qcow2', statusWithoutJob({ phase: 'needsAnswer', attention: 'needsAnswer' })),
    running('no-worker.qcow2'),
    batchOf('nightly', { state: 'RUNNING', memo: { total: 2_000 }, status: batchStatus() }),
    ended('succeeded.qcow2', 'COMPLETED', { outcome: 'succeeded', jobId: JOB }),
    ended('refused.iso', 'FAILED', failedBy('ExportNotAllowed', 'notIso')),
    ended('refused-before.iso', 'FAILED', failedBy('ExportNotAllowed', undefined, 'No. [notIso: iso] Where')),
    ended('taken.qcow2', 'FAILED', failedBy('DestinationExists')),
    ended('throttled.qcow2', 'FAILED', failedBy('SubmitRejected', 'IMG.0148')),
    ended('job-failed.qcow2', 'FAILED', failedBy('ExportFailed', 'IMG.0061')),
    ended('wrong-object.qcow2', 'FAILED', failedBy('ExportedObjectInvalid', 'empty')),
    ended('unknown.qcow2', 'FAILED', { ...failedBy('ExportOutcomeUnknown', 'deadline'), outcome: 'unknown' }),
    ended('canceled.qcow2', 'CANCELED', { outcome: 'canceled' }),
    ended('terminated.qcow2', 'TERMINATED', {}),
    batchOf('done', {
      state: 'COMPLETED',
      closedAt: minutesAgo(1),
      memo: { total: 1, outcome: 'completed', counts: { succeeded: 1 } },
    }),
    batchOf('empty', { state: 'FAILED', closedAt: minutesAgo(1), memo: failedBy('NothingToExport') }),
    batchOf('failed', {
      ...{ state: 'FAILED', closedAt: minutesAgo(1) },
      memo: { ...failedBy('BatchFailed'), total: 3, counts: { succeeded: 1, failed: 2 } },
    }),
  );

  it.each(screens)('is a row for each export and batch: %s', async (_name, screen) => {
    expect(await shownOn(screen, () => list(temporal, {}))).toMatchSnapshot();
  });

  it('is the same as JSON', async () => {
    expect(await shownOn(SCREENS['no TTY'], () => list(temporal, { json: true }))).toMatchSnapshot();
  });

  it('says how to see more, and what to do where there is none', async () => {
    expect(await shownOn(SCREENS.wide, () => list(temporal, { limit: 1 }))).toMatchSnapshot();
    expect(await shownOn(SCREENS.wide, () => list(stubTemporal(), {}))).toMatchSnapshot();
    expect(await shownOn(SCREENS.wide, () => list(stubTemporal(), { status: 'parked' }))).toMatchSnapshot();
  });

  it.each(['exporting', 'parked'])(
    'of a phase says how many open ones have not reported theirs: %s',
    async (status) => {
      const open = (key: string) =>
        ({ id: `ims-export:ims-image:${key}`, state: 'RUNNING', startedAt: minutesAgo(9) }) as const;
      const some = stubTemporal({ ...open('answers'), status: exportStatus() }, open('silent'));
      expect(await shownOn(SCREENS.wide, () => list(some, { status }))).toMatchSnapshot();
    },
  );
});

describe('status', () => {
  const export_ = (answer?: ExportStatus, more: Partial<StubWorkflow> = {}) =>
    stubTemporal({ ...running('', answer), id: EXPORT_ID, ...more });
  const views: { [what: string]: ReturnType<typeof stubTemporal> } = {
    'an export': export_(exportStatus()),
    'a paused export': export_(
      exportStatus({ phase: 'paused', pollingPaused: true, nextPollAt: minutesAgo(-23 * 60) }),
    ),
    'an export without a worker': export_(),
  };
  for (const [what, temporal] of Object.entries(views)) {
    it.each(screens)(`shows ${what}: %s`, async (_name, screen) => {
      expect(await shownOn(screen, () => status(temporal, {}, EXPORT_ID))).toMatchSnapshot();
    });
  }

  const attention: { [phase: string]: ExportStatus['attention'] } = { parked: 'parked', needsAnswer: 'needsAnswer' };
  it.each(EXPORT_PHASES.filter((phase) => phase !== 'ended'))('says what to do in the phase %s', async (phase) => {
    const hasJob = ['exporting', 'parked', 'paused', 'draining', 'verifying'].includes(phase);
    const of = hasJob ? exportStatus : statusWithoutJob;
    const temporal = export_(of({ phase, attention: attention[phase] ?? null, pollingPaused: phase === 'paused' }));
    const text = await shownOn(SCREENS.wide, () => status(temporal, {}, EXPORT_ID));
    expect(text).toMatchSnapshot();
    const mayAnswer = phase === 'reconciling' || phase === 'needsAnswer';
    expect(text.includes(`ims-export resolve ${EXPORT_ID} --job JOB_ID`)).toBe(mayAnswer);
  });

  it.each(['succeeded', 'failed', 'unknown', 'canceled'] as const)(
    'says how an export has ended: %s',
    async (outcome) => {
      const failure = outcome === 'failed' ? { type: 'ExportFailed', message: 'IMG.0061: the cloud has failed' } : null;
      const answer = exportStatus({
        ...{ phase: 'ended', outcome, failure, remainingMs: null, nextPollAt: null, endedAt: minutesAgo(1) },
        ...{
          remoteJob: outcome === 'unknown' ? 'unknown' : 'ended',
          attention: outcome === 'unknown' ? 'outcomeUnknown' : null,
        },
      });
      const state = ({ succeeded: 'COMPLETED', canceled: 'CANCELED' } as const)[outcome as 'succeeded'] ?? 'FAILED';
      const object = { size: 1_073_741_824, etag: '9b2cf535f27731c974343645a3985328', lastModified: minutesAgo(2) };
      const temporal = export_(answer, { state, closedAt: minutesAgo(1), memo: { outcome }, result: { object } });
      expect(await shownOn(SCREENS.wide, () => status(temporal, {}, EXPORT_ID))).toMatchSnapshot();
    },
  );

  const trouble = {
    verdict: 'refused',
    imageId: IMAGE,
    bucketUrl: BUCKET_URL,
    failure: { type: 'ExportNotAllowed', message: 'No.' },
  } as const;
  const batches = {
    'a batch': batchStatus({ troubles: [trouble], counts: { ...batchStatus().counts, refused: 1 } }),
    'a batch that starts nothing new': batchStatus({
      ...{ phase: 'paused', startingPaused: true, counts: { ...batchStatus().counts, failed: 0 } },
    }),
  };
  it.each(Object.entries(batches))('shows %s', async (_what, answer) => {
    const temporal = stubTemporal(batchOf('nightly', { state: 'RUNNING', memo: { total: 2_000 }, status: answer }));
    expect(await shownOn(SCREENS.wide, () => status(temporal, {}, BATCH_ID))).toMatchSnapshot();
  });

  it('is a report as JSON', async () => {
    expect(
      await shownOn(SCREENS['no TTY'], () => status(export_(exportStatus()), { json: true }, EXPORT_ID)),
    ).toMatchSnapshot();
  });
});

describe('watch', () => {
  const facts = {
    workflowId: EXPORT_ID,
    runId: 'run',
    workflowStatus: 'RUNNING',
    startedAt: minutesAgo(60),
    closedAt: null,
  };
  const report = (answer: ExportStatus | null): ExportReport => ({
    ...facts,
    memo: {},
    retrying: null,
    status: answer,
  });
  const reports = [
    statusWithoutJob({
      phase: 'waitingToSubmit',
      lastError: 'IMG.0148: another export of this image runs',
      remoteJob: 'none',
    }),
    exportStatus(),
    exportStatus({ progress: 0.995, remainingMs: 30_000, nextPollAt: null }),
    exportStatus({ phase: 'paused', pollingPaused: true }),
  ].map(report);
  const batches: BatchReport[] = [batchStatus(), batchStatus({ startingPaused: true })].map((answer) => ({
    ...{ ...facts, workflowId: BATCH_ID, memo: { total: 2_000 }, retrying: null, status: answer },
  }));
  const failure = 'There is no bucket ims-image (reading 1 of 4; the next one in 10 s)';
  const dryRun = batchStatus({ phase: 'validating', dryRun: true });
  for (const answer of [dryRun, batchStatus({ phase: 'planning' })]) {
    const retrying = { activity: 'imsValidateExport', attempt: 1, failure };
    batches.push({ ...facts, workflowId: BATCH_ID, memo: {}, retrying, status: answer });
  }

  it.each(screens)('draws the progress of an export: %s', async (_name, screen) => {
    const text = await shownOn(screen, () => {
      const display = progressDisplay('stdout');
      for (const one of reports) display.show(one);
      display.showOutage();
      display.end();
    });
    expect(text).toMatchSnapshot();
  });

  it.each(screens)('draws the progress of a batch: %s', async (_name, screen) => {
    const text = await shownOn(screen, () => {
      const display = batchProgressDisplay('stdout');
      for (const one of batches) display.show(one);
      display.end();
    });
    expect(text).toMatchSnapshot();
  });

  it('says of a batch that has failed how many images are not in its table', async () => {
    const counts = { ...batchStatus().counts, refused: 3 };
    const troubles = [{ verdict: 'refused', imageId: IMAGE, bucketUrl: BUCKET_URL }] as const;
    const details = { failWhen: 'any', total: 123, counts, troubles: [...troubles] } as const;
    const temporal = stubTemporal({
      ...batchOf('nightly', { state: 'FAILED', closedAt: minutesAgo(1), memo: { outcome: 'failed' } }),
      result: batchFailed(BATCH_ID, details as never),
    });
    const text = await shownOn(SCREENS['no TTY'], () => watch(temporal, {}, BATCH_ID).catch(() => {}));
    expect(text).toContain('… and 122 more: 118 succeeded, 2 failed, 2 refused\n');
    expect(text).toContain('123 images: 118 succeeded, 2 failed, 3 refused\n');
  });

  it.each([20, 40, 80])(
    'draws no line that is wider than a terminal of %i columns, and erases what it has drawn',
    async (columns) => {
      const text = await shownOn({ columns }, () => {
        const display = progressDisplay('stdout');
        for (const one of [...reports, report(statusWithoutJob({ phase: 'parked', lastError: '拒绝'.repeat(40) }))])
          display.show(one);
        display.end();
      });
      const frames = text.split(/<ESC>\[(\d+)A<ESC>\[J/);
      // After each frame stands how many lines the next one, or the end, erases.
      for (let at = 0; at + 1 < frames.length; at += 2) {
        const lines = (frames[at] ?? '').split('\n').slice(0, -1);
        expect(lines.length).toBe(Number(frames[at + 1]));
        for (const line of lines) expect(line.replace(/[\u4e00-\u9fff]/g, '  ').length).toBeLessThanOrEqual(columns);
      }
      expect(frames.at(-1)).toBe('');
      expect(frames.length).toBeGreaterThan(2 * reports.length);
    },
  );

  it('is a line for each change as JSON, and what is left is none', async () => {
    const text = await shownOn(SCREENS['no TTY'], () => {
      const display = jsonLinesDisplay('export');
      for (const one of [...reports, report(exportStatus()), report(exportStatus({ remainingMs: 1 }))])
        display.show(one);
    });
    expect(text).toMatchSnapshot();
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).type),
    ).toEqual(Array(5).fill('progress'));
  });

  const request = parseExportInput({ imageId: IMAGE, bucketUrl: BUCKET_URL, fileFormat: 'qcow2' });
  const job = {
    status: 'FAIL',
    errorCode: 'IMG.0061',
    failReason: 'the image is broken',
    requestId: null,
    subJobs: [],
  };
  const result = {
    ...{
      imageId: IMAGE,
      jobId: JOB,
      bucketUrl: BUCKET_URL,
      fileFormat: 'qcow2',
      verdict: 'succeeded',
      confirmed: true,
    },
    object: {
      size: 1_073_741_824,
      etag: '9b2cf535f27731c974343645a3985328',
      lastModified: minutesAgo(2),
      format: 'qcow2',
    },
    ...{
      verification: { state: 'verified' },
      startedAt: minutesAgo(60),
      finishedAt: minutesAgo(1),
      polls: 1,
      submissions: 1,
    },
    ...{ observations: {}, warnings: [] },
  };
  const over = { state: 'FAILED', startedAt: minutesAgo(60), closedAt: minutesAgo(1) } as const;
  const ends: { [how: string]: StubWorkflow } = {
    succeeded: { ...over, id: EXPORT_ID, state: 'COMPLETED', memo: { outcome: 'succeeded', jobId: JOB }, result },
    failed: {
      ...{ ...over, id: EXPORT_ID, memo: failedBy('ExportFailed', 'IMG.0061') },
      result: exportFailed(request, JOB, job as never, exportStatus({ phase: 'ended', outcome: 'failed' })),
    },
  };
  for (const [how, workflow] of Object.entries(ends)) {
    const end = (json?: true) => async () => {
      await watch(stubTemporal(workflow), { json }, EXPORT_ID).catch((error: unknown) =>
        reportWatchError(error, { json }),
      );
    };
    it.each(screens)(`ends with one block where the export has ${how}: %s`, async (_name, screen) => {
      expect(await shownOn(screen, end())).toMatchSnapshot();
    });

    it(`ends with a JSON document on one line where the export has ${how}`, async () => {
      expect(await shownOn(SCREENS['no TTY'], end(true))).toMatchSnapshot();
    });
  }
});
