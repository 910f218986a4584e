import { describe, expect, it } from 'vitest';
import { type CloudErrorInfo, type EarlierExport, FAILURE_TYPES } from '../../src/contract';
import * as failures from '../../src/export/failures';
import { destinationTaken, notAllowed, notRead } from '../../src/export/failures/before-submit';
import { guidanceOf } from '../../src/export/guidance';
import { parseExportInput } from '../../src/request/export';
import { currentDetails } from '../../src/workflows/current-details';
import { beginTracking, type ExportState, resumeTracking, type Tracking, takeRequest } from '../../src/workflows/state';
import { statusOf } from '../../src/workflows/status';
import { asFarAsKnown, notValidated, submitGivenUp, submitRejected } from '../../src/workflows/verdict';

const START = Date.UTC(2026, 0, 1);
const REQUEST = parseExportInput({
  imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64',
  bucketUrl: 'ims-image:a.qcow2',
  fileFormat: 'qcow2',
});
const JOB_ID = 'edc89b490d7d4392898e19b2deb34797';
const ERROR: CloudErrorInfo = {
  code: 'APIGW.0302',
  message: 'not allowed',
  httpStatus: 403,
  requestId: 'r',
  operation: 'ExportImage',
};
const EXISTS = { ...ERROR, code: 'IMG.0070' };
const REFUSALS = [{ rule: 'sizeLimit', found: '2 TiB', message: 'The image is too large.' }];

/** Says that this export has submitted nothing. */
const SAYS_NONE = /nothing (was|is) (submitted|tracked|begun)|no job was begun|cloud refused/i;

/** Every failure by which an export says that nothing was submitted. */
const CLAIMS: Array<[string, (tracking: ReturnType<typeof takeRequest>) => failures.ExportApplicationFailure]> = [
  ['the input is refused', () => failures.invalidField('account', 'x', 'one of a, b')],
  ['a rule refuses', () => notAllowed(REQUEST, null, { refusals: REFUSALS, overridable: [] })],
  ['a rule finds the destination taken', () => destinationTaken(REQUEST, null, REFUSALS)],
  ['the validation is denied', () => notRead(REQUEST, 'default', ERROR, true)],
  ['the validation is refused by the cloud', () => notRead(REQUEST, 'default', ERROR, false)],
  ['the validation did not come through', (tracking) => notValidated(tracking, ERROR)],
  ['the cloud refuses the submit', (tracking) => submitRejected(tracking, ERROR, false)],
  ['the cloud denies the submit', (tracking) => submitRejected(tracking, ERROR, true)],
  ['the cloud says that the object exists', (tracking) => submitRejected(tracking, EXISTS, false)],
  ['the time to submit is over', (tracking) => submitGivenUp(tracking)],
  [
    'the last try to submit was denied',
    (tracking) => submitGivenUp(tracking, { reason: 'unauthorized', error: ERROR, retryAfterMs: null }),
  ],
  ['the destination is busy', () => failures.beingCanceled(REQUEST, { ...REQUEST, jobId: null, startedAt: '' })],
] as Array<[string, (tracking: ReturnType<typeof takeRequest>) => failures.ExportApplicationFailure]>;

/** What makes it possible that a run of this export has submitted. */
const DOUBTS: Array<[string, Partial<ExportState>]> = [
  ['a run that was reset or retried', { mayHaveSubmitted: true }],
  ['a run whose submit is ambiguous', { lostSubmit: { candidate: null } as never, submissions: 1 }],
  ['a run that has submitted', { submissions: 1 }],
];

function tracked(changes: Partial<ExportState> = {}, input: unknown = {}): ReturnType<typeof takeRequest> {
  const tracking: Tracking = beginTracking(input, START);
  Object.assign(tracking.carried, changes);
  return takeRequest(tracking, REQUEST);
}

describe('"nothing was submitted"', () => {
  describe.each(DOUBTS)('is not said by %s', (_who, doubt) => {
    it.each(CLAIMS)('when %s', (_what, claim) => {
      const tracking = tracked(doubt);
      const claimed = claim(tracking);
      expect(failures.saysNothingSubmitted(claimed.type)).toBe(true);
      const failure = asFarAsKnown(tracking, claimed);
      expect(failure.type).toBe('ExportOutcomeUnknown');
      expect(failures.outcomeOf(failure.type)).toBe('unknown');
      expect(failure.message).not.toMatch(SAYS_NONE);
      expect(failure.details?.[0]).toMatchObject({ reason: 'submitAmbiguous', remoteJob: 'unknown' });
      tracking.run.phase = 'ended';
      tracking.run.ended = { outcome: 'unknown', atMs: START, failure };
      expect(currentDetails(tracking, START)).not.toMatch(SAYS_NONE);
    });
  });

  it('is not said in the details of a run that was reset, from its begin on', () => {
    const fresh = beginTracking({}, START);
    expect(currentDetails(fresh, START)).toContain('Nothing was submitted yet.');
    const reset = beginTracking({}, START, true);
    expect(currentDetails(reset, START)).not.toMatch(SAYS_NONE);
    const { carried } = takeRequest(reset, REQUEST);
    expect(guidanceOf(statusOf(resumeTracking({}, carried), START)).why ?? '').not.toMatch(SAYS_NONE);
  });

  it.each(CLAIMS)('is said by an export that surely has not submitted, when %s', (_what, claim) => {
    const tracking = tracked();
    tracking.run.remoteJob = 'unknown';
    const claimed = claim(tracking);
    expect(asFarAsKnown(tracking, claimed)).toBe(claimed);
    expect(tracking.run.remoteJob).toBe('none');
  });

  it('is said of every failure type of the kinds refused and rejected', () => {
    const said = new Set(CLAIMS.map(([, claim]) => claim(tracked()).type));
    const types = FAILURE_TYPES.filter((type) => failures.saysNothingSubmitted(type) && type !== 'NothingToExport');
    expect([...said].sort()).toEqual([...types].sort());
  });

  it('is said of an attach in a run that was reset, too: it never submits', () => {
    const tracking = beginTracking({ attach: { jobId: JOB_ID } }, START, true);
    const refused = failures.invalidField('attach.jobId', JOB_ID, 'another') as failures.ExportApplicationFailure;
    expect(asFarAsKnown(tracking, refused)).toBe(refused);
  });

  it('names the job that an earlier run has left', () => {
    const earlier: EarlierExport = {
      runId: 'r',
      outcome: 'canceled',
      remoteJob: 'running',
      jobId: JOB_ID,
      fileFormat: null,
      object: null,
      finishedAt: null,
    };
    const tracking = tracked({ earlier });
    const { type, message, details, nonRetryable } = asFarAsKnown(
      tracking,
      submitRejected(tracking, ERROR, false) as failures.ExportApplicationFailure,
    );
    expect({ type, details, nonRetryable }).toMatchObject({
      type: 'SubmitRejected',
      nonRetryable: true,
      details: [{ error: ERROR, imageId: REQUEST.imageId }],
    });
    expect(message).toContain(`ended as canceled. In the cloud, job ${JOB_ID} may still run`);
    expect(message).toContain(`ims-export attach --job ${JOB_ID} --image ${REQUEST.imageId} --to ims-image:a.qcow2`);
  });
});

describe('the time to submit is over while the key rests', () => {
  const heldBack = {
    ...{ ...ERROR, httpStatus: null },
    ...{ code: 'CredentialsHeldBack', message: 'The key rests until 2026-01-01T00:05:00.000Z.' },
  };
  it.each([
    ['SubmitRejected where the cloud has refused none of its tries', 0],
    ['AccessDenied where the cloud has refused the try before', 1],
  ])('ends as %s', (what, refusedTries) => {
    const last = { reason: 'unauthorized', error: heldBack, retryAfterMs: null } as const;
    const failure = submitGivenUp(tracked({ refusedTries }), last);
    expect(failure).toMatchObject({
      type: what.split(' ')[0],
      message: expect.stringMatching(
        /Last error: CredentialsHeldBack: The key rests until 2026-01-01T00:05:00\.000Z\.$/,
      ),
    });
  });

  it('asks for the worker and names the error of a key that rests where no try was answered', () => {
    expect(submitGivenUp(tracked()).message).toMatch(
      /: the submit did not start in time\. Check that a worker polls the task queue, and that its key is accepted/,
    );
  });
});
