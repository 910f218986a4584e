import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { type ExportError, toExportError } from '../../src/client/errors';
import { foundByStatus, refuseToJoin } from '../../src/client/joining';
import { exportStartOptions } from '../../src/client/start-options';
import {
  EXPORT_IMAGE_WORKFLOW,
  type ExportEnded,
  type ExportImageResult,
  type ExportIntent,
  type ExportRequest,
  type ExportStatus,
  type ObjectFormat,
} from '../../src/contract';
import { beingCanceled, destinationBusy } from '../../src/export/failures';
import { exportedBefore, idTaken, otherJobTracked } from '../../src/export/failures/before-submit';
import { type Answer, CALLERS, type Caller, decide, type Found, JOINING, rowFor } from '../../src/export/joining';
import { ASKING_POLICIES, REUSE_POLICY } from '../../src/export/reuse-policy';
import type { RunningExport, Wanted } from '../../src/export/same-export';
import { parseExportInput } from '../../src/request/export';
import { isOfImage, resultOfEarlier } from '../../src/workflows/batch/verdicts';
import { refuseOtherIntent } from '../../src/workflows/intent';
import { beginTracking, type Tracking, takeRequest } from '../../src/workflows/state';
import type { AmbiguousSubmit } from '../../src/workflows/submission/next-step';
import { exactProblemsBy } from '../rigs/schema-validator';

const IMAGE = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';
const OTHER_IMAGE = '0c6fe6d5-2d7c-4d3f-a6d2-6a6b2a1b7f11';
const JOB = 'a'.repeat(32);
const OTHER_JOB = 'b'.repeat(32);
const SOURCES = join(__dirname, '../../src');
const SINCE = '2026-11-27T02:30:00.000Z';

const wanted: Wanted = { imageId: IMAGE, fileFormat: 'qcow2' };
const wantedJob: Wanted = { ...wanted, jobId: JOB };
const same = { imageId: IMAGE, fileFormat: 'qcow2', jobId: null } as const;
const ofJob = { ...same, jobId: JOB };
const otherType = 'exportImagesWorkflow';
const running = (found: Omit<Found, 'state'>): Found => ({ state: 'running', ...found });

/** What a caller means, what is found, and what each caller that can see this gets. */
type Case = readonly [string, Wanted, Found, Partial<Record<Caller, Answer>>];

const BUSY = { client: 'busy', status: 'busy', nexus: 'busy', batch: 'alreadyExporting' } as const;
const JOINED = { client: 'join', status: 'join', nexus: 'join', batch: 'alreadyExporting' } as const;
const STARTED = { client: 'start', nexus: 'start', child: 'start', batch: 'start' } as const;
const TAKEN = { client: 'idTaken', nexus: 'idTaken', child: 'start', batch: 'idTaken' } as const;
const EARLIER = { ...STARTED, run: 'earlierResult' } as const;
const EXISTS = { ...STARTED, run: 'exists' } as const;

const CASES: readonly Case[] = [
  ['no workflow at the destination', wanted, { state: 'nothing' }, STARTED],
  ['an earlier end without a job', wanted, { state: 'ended', leftJob: false }, STARTED],
  [
    'an earlier end that left a job',
    wanted,
    { state: 'ended', leftJob: true },
    { ...STARTED, client: 'startWithNote' },
  ],
  ['a failed workflow of another type', wanted, { state: 'ended', workflowType: otherType }, STARTED],

  ['a completed workflow of another type', wanted, { state: 'succeeded', workflowType: otherType }, TAKEN],
  ['a success of the same image and format', wanted, { state: 'succeeded', of: ofJob }, EARLIER],
  [
    'a success of the same image when the format is not given',
    { ...wanted, fileFormat: null },
    { state: 'succeeded', of: ofJob },
    EARLIER,
  ],
  ['a success of the same job', wantedJob, { state: 'succeeded', of: ofJob }, { ...EARLIER, batch: undefined }],
  ['a success of another image', wanted, { state: 'succeeded', of: { ...ofJob, imageId: OTHER_IMAGE } }, EXISTS],
  ['a success of another format', wanted, { state: 'succeeded', of: { ...ofJob, fileFormat: 'vhd' } }, EXISTS],
  ['a success of unknown format', wanted, { state: 'succeeded', of: { ...ofJob, fileFormat: null } }, EXISTS],
  ['a success of another job', { ...wanted, jobId: OTHER_JOB }, { state: 'succeeded', of: ofJob }, EXISTS],
  ['a success whose job was never seen', wantedJob, { state: 'succeeded', of: same }, EXISTS],

  ['a running workflow, asked by a parent', wanted, running({}), { child: 'busy' }],
  [
    'a running workflow of another type',
    wanted,
    running({ workflowType: otherType }),
    { client: 'idTaken', nexus: 'idTaken', batch: 'alreadyExporting' },
  ],
  ['a running export of unknown image', wanted, running({}), JOINED],
  [
    'a running export of unknown image, when the caller names a job',
    wantedJob,
    running({}),
    { client: 'join', status: 'join', nexus: 'join' },
  ],
  ['a running export of its own batch with an unknown image', wanted, running({ own: true }), { batch: 'adopt' }],
  ['a running export of another image', wanted, running({ of: { ...same, imageId: OTHER_IMAGE } }), BUSY],
  [
    'a running export of its own batch with another image',
    wanted,
    running({ own: true, of: { ...same, imageId: OTHER_IMAGE } }),
    BUSY,
  ],
  ['a running export of another format', wanted, running({ of: { ...same, fileFormat: 'vhd' } }), BUSY],
  ['a running export of the same image and format', wanted, running({ of: same }), JOINED],
  ['a running export of the same image and format with a job', wanted, running({ of: ofJob }), JOINED],
  ['a running export of unknown format', wanted, running({ of: { ...same, fileFormat: null } }), JOINED],
  [
    'a running export of its own batch with the same image',
    wanted,
    running({ own: true, of: { ...same, fileFormat: null } }),
    { batch: 'adopt' },
  ],

  ['a running export of the same job', wantedJob, running({ of: ofJob }), { ...JOINED, batch: undefined }],
  [
    'a running export of another job',
    { ...wanted, jobId: OTHER_JOB },
    running({ of: ofJob }),
    { ...BUSY, batch: undefined },
  ],
  [
    'a running export without a job, when the caller names one',
    wantedJob,
    running({ of: same }),
    { client: 'busy', status: 'join', nexus: 'join' },
  ],
  [
    'a running export that looks for its job, when the caller names one',
    wantedJob,
    running({ of: same, seeksJob: true }),
    { client: 'nameJob', status: 'nameJob' },
  ],

  [
    'a draining export of the same image and format',
    wanted,
    running({ of: ofJob, canceling: true }),
    { client: 'beingCanceled', nexus: 'beingCanceled' },
  ],
  [
    'a draining export of another image',
    wanted,
    running({ of: { ...ofJob, imageId: OTHER_IMAGE }, canceling: true }),
    { client: 'beingCanceled', nexus: 'busy' },
  ],
  ['a draining export of unknown image', wanted, running({ canceling: true }), { nexus: 'join' }],
  [
    'a draining export of the same job',
    wantedJob,
    running({ of: ofJob, canceling: true }),
    { client: 'join', nexus: 'beingCanceled' },
  ],
  [
    'a draining export of another job',
    { ...wanted, jobId: OTHER_JOB },
    running({ of: ofJob, canceling: true }),
    { client: 'busy', nexus: 'busy' },
  ],
  [
    'a draining export without a job, when the caller names one',
    wantedJob,
    running({ of: same, canceling: true }),
    { client: 'busy', nexus: 'beingCanceled' },
  ],
  [
    'a draining export that looks for its job, when the caller names one',
    wantedJob,
    running({ of: same, canceling: true, seeksJob: true }),
    { client: 'nameJob' },
  ],
];

describe('the joining table', () => {
  it.each(CASES)('gives each kind of caller the right answer for %s', (_, means, found, answers) => {
    for (const caller of CALLERS) {
      if (answers[caller] !== undefined)
        expect([caller, decide(caller, means, found)]).toEqual([caller, answers[caller]]);
    }
  });

  it('has no answer that none of these cases needs', () => {
    const needed = new Set(
      CASES.flatMap(([, means, found, answers]) =>
        CALLERS.filter((caller) => answers[caller]).map((caller) => `${rowFor(caller, means, found).row} ${caller}`),
      ),
    );
    const written = JOINING.flatMap(([, answers], row) =>
      CALLERS.filter((caller, column) => answers[column] && caller !== 'child').map((caller) => `${row} ${caller}`),
    );
    expect(written.filter((cell) => !needed.has(cell))).toEqual([]);
  });

  it('answers a parent by the state alone, which is all that Temporal reports to it', () => {
    for (const [[state], answers] of JOINING) {
      const answer = answers[CALLERS.indexOf('child')];
      // A row without an answer is of what only the run itself sees.
      if (answer !== null) expect([state, answer]).toEqual([state, state === 'running' ? 'busy' : 'start']);
    }
  });

  it('gives a reason when callers in the same situation get different answers', () => {
    for (const [facts, answers, why] of JOINING) {
      const words = new Set(
        answers.filter((answer) => answer !== null).map((answer) => WORD_OF_OTHERS[answer] ?? answer),
      );
      if (words.size > 1) expect([facts, why]).toEqual([facts, expect.stringMatching(/^[A-Z].*\.$/)]);
    }
  });

  it('lets Temporal start an export after any success, and leaves its object to the run', () => {
    for (const [[state, exports], answers] of JOINING) {
      if (state !== 'succeeded' || exports === 'otherType') continue;
      const starters = answers.slice(0, CALLERS.indexOf('run')).filter((answer) => answer !== null);
      expect(new Set(starters)).toEqual(new Set(starters.length === 0 ? [] : ['start']));
      expect(answers[CALLERS.indexOf('run')]).toMatch(/^(earlierResult|exists)$/);
    }
    expect(REUSE_POLICY).toBe('ALLOW_DUPLICATE');
    expect(Object.values(ASKING_POLICIES)).not.toContain(REUSE_POLICY);
  });
});

/** A batch has another word for one answer. */
const WORD_OF_OTHERS: { [answer in Answer]?: Answer } = { alreadyExporting: 'busy' };

// ---------------------------------------------------------------------------------------------------------------------
// Each caller keeps to its column. What Temporal must show for it is in test/client (start, attach), test/nexus (handler) and
// test/workflows: steps/drain, parent-workflows (child), export-images (batch).

const FORMATS: ReadonlyArray<ObjectFormat | null> = ['qcow2', 'vhd', 'zvhd2', null];
const JOBS = [null, JOB, OTHER_JOB];
const meanings: Wanted[] = FORMATS.flatMap((fileFormat) =>
  [undefined, JOB].map((jobId) => ({ imageId: IMAGE, fileFormat, ...(jobId ? { jobId } : {}) })),
);
const exportsThere: RunningExport[] = [IMAGE, OTHER_IMAGE].flatMap((imageId) =>
  FORMATS.flatMap((fileFormat) => JOBS.map((jobId) => ({ imageId, fileFormat, jobId, startedAt: SINCE }))),
);

const BUCKET_URL = 'ims-image:a.qcow2';

function requestFor({ imageId, fileFormat, jobId }: Wanted): ExportRequest {
  const format = fileFormat === 'zvhd2' ? { isQuickExport: true } : { fileFormat };
  // Only an export that attaches to a job needs no format.
  const attach = jobId ?? (fileFormat === null ? OTHER_JOB : undefined);
  return parseExportInput({
    imageId,
    bucketUrl: BUCKET_URL,
    ...format,
    attach: attach ? { jobId: attach } : undefined,
  });
}

describe('an export that is asked by awaitSubmitted', () => {
  const states = exportsThere.flatMap((of) =>
    [false, true].flatMap((draining) => [
      { of, draining, lostSubmit: false },
      { of, draining, lostSubmit: true },
    ]),
  );

  it('rejects an intent exactly when the client column of the joining table does', () => {
    for (const { of, draining, lostSubmit } of states) {
      // A submit is lost only as long as no job is known.
      if (lostSubmit && of.jobId !== null) continue;
      const tracking = trackingOf(of, { draining, lostSubmit });
      for (const means of meanings) {
        const found = running({ of, canceling: draining, seeksJob: lostSubmit });
        const failure = refusalOf(() => refuseOtherIntent(tracking, intentOf(means)));
        expect([means, found, wordFor(failure) ?? 'join']).toEqual([
          means,
          found,
          joined(decide('client', means, found)),
        ]);
      }
    }
  });

  it('accepts any intent before it has read its input', () => {
    for (const means of meanings) {
      expect(refusalOf(() => refuseOtherIntent(beginTracking({ imageId: 7 }, 0), intentOf(means)))).toBeNull();
      expect(joined(decide('client', means, running({})))).toBe('join');
    }
  });

  it('reads image, format and job to attach to from its input before the validation', () => {
    const input = { imageId: IMAGE.toUpperCase(), isQuickExport: true, attach: { jobId: JOB } };
    const refused = (means: Wanted) => refusalOf(() => refuseOtherIntent(beginTracking(input, 0), intentOf(means)));
    expect(refused({ imageId: IMAGE, fileFormat: 'zvhd2', jobId: JOB })).toBeNull();
    expect(refused({ imageId: IMAGE, fileFormat: 'qcow2', jobId: JOB })?.type).toBe('DestinationBusy');
    expect(refused({ imageId: IMAGE, fileFormat: 'zvhd2', jobId: OTHER_JOB })?.type).toBe('DestinationBusy');
  });
});

describe('client and Nexus handler', () => {
  it('throw the failure of the joining table, and return when it says join', () => {
    for (const caller of ['client', 'status', 'nexus'] as const) {
      for (const of of [undefined, ...exportsThere]) {
        for (const means of meanings) {
          for (const canceling of caller === 'nexus' ? [false, true] : [false]) {
            const request = requestFor(means);
            const found = { state: 'running', workflowType: EXPORT_IMAGE_WORKFLOW, of, canceling } as const;
            const asked = { ...means, jobId: request.attach?.jobId };
            const failure = refusalOf(() => refuseToJoin(caller, request, found));
            expect(wordFor(failure) ?? 'join').toBe(joined(decide(caller, asked, found)));
          }
        }
      }
    }
  });

  it('read from a status whether an export still looks for its job', () => {
    const status = { imageId: IMAGE, fileFormat: 'qcow2', jobId: null, startedAt: SINCE } as ExportStatus;
    expect(decide('status', wantedJob, foundByStatus({ ...status, phase: 'needsAnswer' }))).toBe('nameJob');
    expect(decide('status', wantedJob, foundByStatus({ ...status, phase: 'submitting' }))).toBe('join');
    expect(decide('status', wantedJob, foundByStatus({ ...status, phase: 'needsAnswer', imageId: null }))).toBe('join');
  });

  it('start after any earlier end', () => {
    const input = { ...wanted, bucketUrl: BUCKET_URL } as never;
    expect(exportStartOptions(input, requestFor(wanted)).workflowIdReusePolicy).toBe('ALLOW_DUPLICATE');
  });
});

describe('a batch', () => {
  const planned = { imageId: IMAGE, bucketUrl: BUCKET_URL, format: 'quick' } as const;
  const means: Wanted = { imageId: IMAGE, fileFormat: 'zvhd2' };

  it('that was begun before 0.3 reuses an earlier success exactly when the run does now', () => {
    for (const of of exportsThere) {
      const report = { ...of, outcome: 'succeeded', remoteJob: 'ended', object: null, failure: null } as unknown;
      const { verdict, failure } = resultOfEarlier(planned, report as ExportEnded);
      const answer = decide('run', means, { state: 'succeeded', of });
      const expected = answer === 'exists' ? 'DestinationExists' : 'alreadyExported';
      expect(failure === undefined ? verdict : failure.type).toBe(expected);
    }
  });

  it('adopts an export of its own earlier run exactly when its column of the joining table does', () => {
    for (const imageId of [IMAGE, IMAGE.toUpperCase(), OTHER_IMAGE, null]) {
      const of = { imageId: imageId?.toLowerCase() ?? null, fileFormat: null };
      expect(isOfImage(planned, imageId)).toBe(decide('batch', means, running({ own: true, of })) === 'adopt');
    }
  });
});

describe('a joining failure', () => {
  const context = { imageId: IMAGE, bucketUrl: BUCKET_URL };
  const of: RunningExport = { imageId: OTHER_IMAGE, fileFormat: 'zvhd2', jobId: null, startedAt: SINCE };
  const busy = {
    ...context,
    running: { imageId: OTHER_IMAGE, fileFormat: 'zvhd2', isQuickExport: true, startedAt: SINCE },
  };
  const object = { size: 7, etag: 'e', lastModified: SINCE, format: null };
  const earlier = { ...of, bucketUrl: BUCKET_URL, finishedAt: SINCE, object } as unknown as ExportImageResult;

  it.each<[string, ApplicationFailure, string, object]>([
    [
      'busy',
      destinationBusy(context, of),
      `${BUCKET_URL} is already the destination of image ${OTHER_IMAGE} (zvhd2, since ${SINCE}). Choose another object key, or wait for that export.`,
      busy,
    ],
    [
      'busy, by the export itself',
      destinationBusy(context, of, { fileFormat: null, jobId: JOB }),
      `${BUCKET_URL} is already the destination of image ${OTHER_IMAGE} (zvhd2, since ${SINCE}), not of image ${IMAGE} (unknown format, job ${JOB}). Choose another object key, or wait for that export.`,
      busy,
    ],
    [
      'being canceled',
      beingCanceled(context, of),
      `The export of image ${OTHER_IMAGE} to ${BUCKET_URL} is being canceled. Start it again when that has ended.`,
      busy,
    ],
    [
      'being canceled, by the export itself',
      beingCanceled(context, of, true),
      `The export of image ${OTHER_IMAGE} to ${BUCKET_URL} is being canceled, and its object deleted. Start it again when that has ended.`,
      busy,
    ],
    [
      'id taken',
      idTaken(context, otherType),
      `The workflow id ims-export:${BUCKET_URL} was taken by a workflow of type ${otherType}, which is not an export. Choose another object key.`,
      { ...context, running: null, workflowId: `ims-export:${BUCKET_URL}` },
    ],
    [
      'another job tracked',
      otherJobTracked(context, JOB, OTHER_JOB),
      `${BUCKET_URL} is the destination of job ${OTHER_JOB}, which is tracked by ims-export:${BUCKET_URL}, not of job ${JOB}.`,
      { ...context, running: null, workflowId: `ims-export:${BUCKET_URL}` },
    ],
    [
      'exported before',
      exportedBefore(context, earlier),
      `${BUCKET_URL} already holds image ${OTHER_IMAGE} (zvhd2), exported ${SINCE}. Choose another object key.`,
      { ...context, object: { size: 7, etag: 'e', lastModified: SINCE } },
    ],
  ])('says what exists and what to do: %s', (_, failure, message, details) => {
    expect(failure).toMatchObject({ message, nonRetryable: true });
    expect(failure.details).toEqual([details]);
    expect(exactProblemsBy(`failures/${failure.type}`, details)).toEqual([]);
    // The client's error is made of it, and nothing gets lost.
    const { code, message: told, details: shown } = toExportError(failure, 'ims-export:any') as ExportError;
    expect([code, told, shown]).toEqual([failure.type, message, details]);
  });

  const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name, text: readFileSync(join(SOURCES, name), 'utf8') }));
  const filesWith = (pattern: RegExp) => sources.filter(({ text }) => pattern.test(text)).map(({ name }) => name);

  it('is built in src/export and nowhere else', () => {
    expect(filesWith(/(failure|new ExportError)\(\s*'Destination(Busy|Exists)'/).sort()).toEqual([
      'export/failures/before-submit.ts',
      'export/failures/busy.ts',
      'export/failures/not-submitted.ts',
    ]);
  });

  it('follows from the joining table: only it, the export and its batch compare exports', () => {
    expect(filesWith(/\b(isSameImageAndFormat|isSameResult|compareJobs)\(/).sort()).toEqual([
      'export/joining.ts',
      'export/same-export.ts',
      'workflows/batch/verdicts.ts',
      'workflows/intent.ts',
    ]);
  });
});

/** What a validator that compares answers: whether the job is named to the export is up to `attachExport`. */
function joined(answer: Answer): Answer {
  return answer === 'nameJob' ? 'join' : answer;
}

function refusalOf(validate: () => void): ApplicationFailure | null {
  try {
    validate();
    return null;
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  }
}

function wordFor(failure: ApplicationFailure | null): Answer | undefined {
  if (failure === null) return undefined;
  expect(failure.type).toBe('DestinationBusy');
  if (failure.message.includes('is being canceled')) return 'beingCanceled';
  expect(failure.message).toContain('is already the destination of image');
  return 'busy';
}

function intentOf({ imageId, fileFormat, jobId }: Wanted): ExportIntent {
  const format = fileFormat === 'zvhd2' ? { isQuickExport: true } : { fileFormat: fileFormat ?? undefined };
  return { imageId, ...format, ...(jobId === undefined ? {} : { jobId }) };
}

function trackingOf(
  { imageId, fileFormat, jobId }: RunningExport,
  { draining, lostSubmit }: { draining: boolean; lostSubmit: boolean },
): Tracking {
  const request = requestFor({ imageId, fileFormat, jobId: undefined });
  // Of an export without format the job to attach to is named in its input; here it is known, or there is none.
  const tracking = takeRequest(beginTracking({ ...request, attach: null }, Date.parse(SINCE)), {
    ...request,
    attach: null,
  });
  Object.assign(tracking.carried, { jobId, lostSubmit: lostSubmit ? ({} as AmbiguousSubmit) : null });
  tracking.run.draining = draining;
  return tracking;
}
