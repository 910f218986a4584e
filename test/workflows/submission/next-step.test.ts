import { describe, expect, it } from 'vitest';
import type { CloudErrorInfo, ExportedObject, ReconcileOutcome } from '../../../src/contract';
import type { JobCheck } from '../../../src/workflows/submission/job-check';
import {
  type AmbiguousSubmit,
  type Known,
  type NextStep,
  nextStep,
  nothingToFindOut,
} from '../../../src/workflows/submission/next-step';
import { SUBMIT_LIMITS } from '../../../src/workflows/submit-limits';

const NOW = 1_000_000_000;
const DAY = 86_400_000;

const LOST: AmbiguousSubmit = {
  settledAtMs: NOW - 1,
  seenByThisRun: true,
  probes: 0,
  granted: 0,
  busyUntilMs: null,
  timesBusy: 0,
  probeUntilMs: null,
  refusals: 0,
  candidate: null,
};
const OPTIONS: Known['options'] = {
  onAmbiguousSubmit: 'probe',
  maxProbes: 1,
  acceptUnconfirmed: false,
  maxIntervalMs: 600_000,
};
const ERROR: CloudErrorInfo = {
  code: 'ECONNREFUSED',
  message: '',
  httpStatus: null,
  requestId: null,
  operation: 'HeadObject',
};
const OBJECT: ExportedObject = { size: 1, etag: 'e', lastModified: '2026-01-01T00:00:00Z', format: 'qcow2' };
const FREE: ReconcileOutcome = { kind: 'free' };
const SEEN: ReconcileOutcome = { kind: 'candidate', object: OBJECT, doubt: null };
const seenSince = (sinceMs: number) => ({ object: OBJECT, doubt: null, sinceMs });

/** The job that the operator named could not be read a moment ago. */
const CHECK: JobCheck = {
  reads: 1,
  lastReadAtMs: NOW - 10,
  readAtMs: NOW + 5_000,
  code: 'HTTP_503',
  denied: false,
  notFound: 0,
  notFoundSinceMs: null,
};

const ask = { ...OPTIONS, onAmbiguousSubmit: 'ask' } as const;
const accept = { ...OPTIONS, acceptUnconfirmed: true };
const noProbes = { ...OPTIONS, maxProbes: 0 };
const waitForAnswer: NextStep = {
  do: 'wait',
  as: 'needsAnswer',
  untilMs: Number.POSITIVE_INFINITY,
  for: 'for resolveSubmission',
};
const waitForMs = (
  ms: number,
  what: string,
  as: 'reconciling' | 'needsAnswer' | 'parked' = 'reconciling',
): NextStep => ({
  do: 'wait',
  as,
  untilMs: NOW + ms,
  for: what,
});
const giveUp = (finding: string, as: 'reconciling' | 'needsAnswer' | 'parked' = 'reconciling'): NextStep => ({
  do: 'giveUp',
  as,
  finding,
});

type Row = [
  situation: string,
  known: Partial<Omit<Known, 'lost'>> & { lost?: Partial<AmbiguousSubmit> },
  step: NextStep,
];

const USED_UP = 'there is no object at the destination, and maxProbes (1) is used up';
const OVER = 'the deadline has passed';

const ROWS: Row[] = [
  // A person's answer comes before everything else.
  [
    'is to read the job that the operator named',
    { answer: { jobId: 'j' } },
    { do: 'confirmAnswer', answer: { jobId: 'j' } },
  ],
  [
    'is to read the job that the operator named while the POST may still run',
    { answer: { jobId: 'j' }, lost: { settledAtMs: NOW + 5 } },
    { do: 'confirmAnswer', answer: { jobId: 'j' } },
  ],
  [
    'is to read the job that the operator named even after the deadline',
    { answer: { jobId: 'j' }, deadlineAtMs: NOW - 1 },
    { do: 'confirmAnswer', answer: { jobId: 'j' } },
  ],
  [
    'is to wait, and not to probe, while the job that the operator named could not be read',
    { answer: { jobId: 'j' }, check: CHECK, destination: FREE },
    waitForMs(5_000, 'job j could not be checked (HTTP_503)'),
  ],
  [
    'is to wait, and not to inspect, while the job that the operator named could not be read',
    { answer: { jobId: 'j' }, check: CHECK },
    waitForMs(5_000, 'job j could not be checked (HTTP_503)'),
  ],
  [
    'is to wait parked while the credentials for the named job are refused',
    { answer: { jobId: 'j' }, check: { ...CHECK, code: 'HTTP_403', denied: true } },
    waitForMs(5_000, 'job j could not be checked (HTTP_403)', 'parked'),
  ],
  [
    'is to read the named job again when that is due',
    { answer: { jobId: 'j' }, check: { ...CHECK, readAtMs: NOW } },
    { do: 'confirmAnswer', answer: { jobId: 'j' } },
  ],
  [
    'is to read the named job once more at the deadline',
    { answer: { jobId: 'j' }, check: CHECK, deadlineAtMs: NOW },
    { do: 'confirmAnswer', answer: { jobId: 'j' } },
  ],
  [
    'is to give up when the named job could not be read at the deadline either',
    { answer: { jobId: 'j' }, check: { ...CHECK, lastReadAtMs: NOW - 1 }, deadlineAtMs: NOW - 2 },
    giveUp('job j was named, and could not be checked by the deadline (HTTP_503)'),
  ],
  [
    'is to wait no longer than to the deadline for the named job',
    { answer: { jobId: 'j' }, check: CHECK, deadlineAtMs: NOW + 2 },
    waitForMs(2, 'job j could not be checked (HTTP_503)'),
  ],
  [
    'is to take the job that the worker submitted, without a read',
    { answer: { jobId: 'j', runId: 'r' } },
    { do: 'followAnswer', answer: { jobId: 'j', runId: 'r' } },
  ],
  [
    'is to take the job that the worker submitted even after the deadline',
    { answer: { jobId: 'j', runId: 'r' }, deadlineAtMs: NOW - 1, destination: SEEN },
    { do: 'followAnswer', answer: { jobId: 'j', runId: 'r' } },
  ],
  [
    "is to follow the operator's answer even after the deadline",
    { answer: { notSubmitted: true }, deadlineAtMs: NOW - 1 },
    { do: 'followAnswer', answer: { notSubmitted: true } },
  ],
  [
    'is to follow an answer that arrived while the destination was read',
    { answer: { jobId: 'j' }, destination: SEEN, options: noProbes },
    { do: 'confirmAnswer', answer: { jobId: 'j' } },
  ],
  [
    'is to give up when the operator has not answered by the deadline',
    { destination: FREE, options: ask, deadlineAtMs: NOW },
    giveUp(OVER, 'needsAnswer'),
  ],
  [
    'is to give up when OBS denies a readable destination until the deadline',
    { destination: { kind: 'denied', error: ERROR }, wasReadable: true, deadlineAtMs: NOW },
    giveUp(OVER, 'parked'),
  ],
  // Nothing is decided before the POST is surely over.
  ['is to wait while the POST may still run', { lost: { settledAtMs: NOW + 5 } }, { do: 'settle', untilMs: NOW + 5 }],
  [
    'is to give up when the deadline comes before the POST is over',
    { lost: { settledAtMs: NOW + 5 }, deadlineAtMs: NOW },
    giveUp(OVER),
  ],
  ['is to inspect the destination when the POST is over', {}, { do: 'inspectDestination' }],
  // Nothing could be found out: only the worker that submitted may still report the job.
  [
    'is to wait without probes, too, while the POST may still run',
    { lost: { settledAtMs: NOW + 5 }, options: noProbes },
    { do: 'settle', untilMs: NOW + 5 },
  ],
  [
    'is to give up without probes when the POST is over',
    { options: noProbes },
    giveUp('no job was reported, and maxProbes is 0'),
  ],
  [
    'is to inspect the destination without probes when the operator allowed another submit',
    { options: noProbes, lost: { granted: 1 } },
    { do: 'inspectDestination' },
  ],
  [
    'is to inspect the destination when the POST is over after the deadline',
    { deadlineAtMs: NOW - 1 },
    { do: 'inspectDestination' },
  ],
  // The destination cannot be read.
  [
    'is to wait when OBS is not reachable',
    { destination: { kind: 'unreachable', error: ERROR } },
    waitForMs(SUBMIT_LIMITS.firstWaitMs, 'OBS was not reached (ECONNREFUSED)'),
  ],
  [
    'is to give up when OBS is not reachable at the deadline',
    { destination: { kind: 'unreachable', error: ERROR }, deadlineAtMs: NOW },
    giveUp(OVER),
  ],
  [
    'is to park when OBS denies a destination that was readable',
    { destination: { kind: 'denied', error: ERROR }, wasReadable: true },
    waitForMs(600_000, 'until the destination can be read (ECONNREFUSED)', 'parked'),
  ],
  [
    'is to give up when the destination was never readable',
    { destination: { kind: 'denied', error: ERROR }, wasReadable: false },
    giveUp('the destination cannot be read, so whether an object appeared there is not known'),
  ],
  [
    'is to wait for an answer with ask when the destination was never readable',
    { destination: { kind: 'denied', error: ERROR }, wasReadable: false, options: ask },
    waitForMs(600_000, 'until the destination can be read (ECONNREFUSED)', 'needsAnswer'),
  ],
  // An object that may be ours.
  [
    'is to give up when an object appeared and acceptUnconfirmed is off',
    { destination: SEEN },
    giveUp('acceptUnconfirmed is not set'),
  ],
  ['is to wait for an answer with ask when an object appeared', { destination: SEEN, options: ask }, waitForAnswer],
  [
    'is to give up when an object of another format appeared',
    { destination: { ...SEEN, doubt: 'it is vmdk' }, options: accept },
    giveUp('it is vmdk'),
  ],
  [
    'is to wait when the object cannot be read for now',
    { destination: { ...SEEN, doubt: 'not read', passing: true }, options: accept },
    waitForMs(SUBMIT_LIMITS.firstWaitMs, 'for the object to be readable'),
  ],
  [
    'is to give up when the object cannot be read until the deadline',
    { destination: { ...SEEN, doubt: 'not read', passing: true }, options: accept, deadlineAtMs: NOW },
    giveUp('not read'),
  ],
  [
    'is to wait whether an acceptable new object stays as it is',
    { destination: SEEN, options: accept, lost: { candidate: seenSince(NOW) } },
    waitForMs(SUBMIT_LIMITS.objectRestMs, 'for the object to stay unchanged'),
  ],
  [
    'is to accept an object that has not changed for long enough',
    { destination: SEEN, options: accept, lost: { candidate: seenSince(NOW - SUBMIT_LIMITS.objectRestMs) } },
    { do: 'takeObject', object: OBJECT },
  ],
  [
    'is to give up when the object is gone again',
    { destination: FREE, lost: { candidate: seenSince(NOW - 1) } },
    giveUp('the object that was there is gone'),
  ],
  [
    'is to wait for an answer with ask when the object is gone again',
    { destination: FREE, lost: { candidate: seenSince(NOW - 1) }, options: ask },
    waitForAnswer,
  ],
  // No object.
  ['is a probe when there is no object and a probe is left', { destination: FREE }, { do: 'probe' }],
  [
    'is to give up when there is no object and no probe is left',
    { destination: FREE, lost: { probes: 1 } },
    giveUp(USED_UP),
  ],
  [
    'is a probe when the operator allowed another submit',
    { destination: FREE, lost: { probes: 1, granted: 1 } },
    { do: 'probe' },
  ],
  ['is to wait for an answer with ask when there is no object', { destination: FREE, options: ask }, waitForAnswer],
  [
    'is a probe with ask when the operator allowed another submit',
    { destination: FREE, options: ask, lost: { granted: 1 } },
    { do: 'probe' },
  ],
  [
    'is to give up when the time to submit is over',
    { destination: FREE, lost: { probeUntilMs: NOW } },
    giveUp('the time to submit is over'),
  ],
  [
    'is a probe when a busy image may be free again',
    { destination: FREE, options: { ...OPTIONS, maxProbes: 2 }, lost: { probes: 1, busyUntilMs: NOW } },
    { do: 'probe' },
  ],
  [
    'is to watch the destination while the image is busy',
    { destination: FREE, options: { ...OPTIONS, maxProbes: 2 }, lost: { probes: 1, busyUntilMs: NOW + 1 } },
    { do: 'watchDestination' },
  ],
  [
    'is to watch the destination when the image was busy and no probe is left',
    { destination: FREE, lost: { probes: 1, busyUntilMs: NOW - 1 } },
    { do: 'watchDestination' },
  ],
  [
    'is to give up when the image was busy until the deadline',
    { destination: FREE, lost: { probes: 1, busyUntilMs: NOW - 1 }, deadlineAtMs: NOW },
    giveUp(OVER),
  ],
];

describe('the next step after an ambiguous submit', () => {
  it.each(ROWS)('%s', (_situation, { lost, ...known }, step) => {
    expect(
      nextStep({
        lost: { ...LOST, ...lost },
        answer: null,
        check: null,
        destination: null,
        wasReadable: true,
        options: OPTIONS,
        deadlineAtMs: NOW + DAY,
        nowMs: NOW,
        ...known,
      }),
    ).toEqual(step);
  });
});

it('an ambiguous submit leaves nothing to find out without probes, asking and acceptUnconfirmed', () => {
  expect(nothingToFindOut(noProbes)).toBe(true);
  expect(nothingToFindOut(OPTIONS)).toBe(false);
  expect(nothingToFindOut({ ...noProbes, ...{ onAmbiguousSubmit: 'ask' } })).toBe(false);
  expect(nothingToFindOut({ ...noProbes, acceptUnconfirmed: true })).toBe(false);
});
