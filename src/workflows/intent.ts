/**
 * What two callers mean by the same destination: joining a running export is right only for the same image and format.
 *
 * @module
 */
import { type ExportIntent, JOB_ID, type ObjectFormat, type SubmissionResolution } from '../contract';
import {
  answerUnderWay,
  beingCanceled,
  destinationBusy,
  nothingToResolve,
  unreadableIntent,
  unreadableResolution,
} from './failures';
import { iso } from './status';
import { attachedJobId, type Tracking } from './tracking';

interface Intent {
  imageId: string;
  /** What the object will be; null where it is not told. */
  fileFormat: ObjectFormat | null;
}

/** Throws DestinationBusy when the caller means another image or format than this export; an intent without format fits any. */
export function refuseOtherIntent(tracking: Tracking, wanted: ExportIntent): void {
  const other = readIntent(wanted);
  if (other === undefined) throw unreadableIntent(wanted);
  // Whoever names its job helps a drain; anybody else would get an object that is about to be deleted.
  if (tracking.draining && wanted.jobId === undefined) throw beingCanceled(tracking);
  const running = readIntent(tracking.request ?? tracking.input);
  // An export of unreadable input is about to fail by itself: the caller may wait for that failure.
  if (running === undefined) return;
  const sameFormat =
    running.fileFormat === null || other.fileFormat === null || running.fileFormat === other.fileFormat;
  if (running.imageId === other.imageId && sameFormat && mayTrack(tracking, wanted.jobId)) return;
  const { bucketUrl } = (tracking.request ?? tracking.input) as { bucketUrl?: unknown };
  throw destinationBusy(
    {
      imageId: other.imageId,
      bucketUrl: typeof bucketUrl === 'string' ? bucketUrl : '',
      running: {
        imageId: running.imageId,
        fileFormat: running.fileFormat,
        isQuickExport: running.fileFormat === 'zvhd2',
        startedAt: iso(tracking.startedAtMs),
      },
    },
    { imageId: other.imageId, format: other.fileFormat ?? 'unknown format', jobId: wanted.jobId ?? null },
  );
}

/** Whoever means a job joins only its own tracking, or an export whose job is still to be found out. */
function mayTrack({ jobId, input, lostSubmit }: Tracking, wanted: string | undefined): boolean {
  if (wanted === undefined || lostSubmit !== null) return true;
  return wanted === (jobId ?? attachedJobId({ request: null, input }));
}

/** Throws when the answer cannot be read, or when there is no submit whose answer was lost. */
export function refuseResolution(tracking: Tracking, resolution: SubmissionResolution): void {
  if (!isResolution(resolution)) throw unreadableResolution(resolution);
  if (tracking.lostSubmit === null || tracking.ended !== null) throw nothingToResolve(tracking);
  if (tracking.resolution !== null) throw answerUnderWay(tracking.resolution);
}

/** Exactly one of the two, since they contradict each other. */
function isResolution(resolution: unknown): boolean {
  if (typeof resolution !== 'object' || resolution === null || Object.keys(resolution).length !== 1) return false;
  const { jobId, notSubmitted } = resolution as { [field: string]: unknown };
  return notSubmitted === true || (typeof jobId === 'string' && JOB_ID.test(jobId.trim()));
}

/** Reads image and format from a request or from an input that can be anything. */
function readIntent(input: unknown): Intent | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const { imageId, fileFormat, isQuickExport } = input as { [field: string]: unknown };
  if (typeof imageId !== 'string') return undefined;
  const format = isQuickExport === true ? 'zvhd2' : fileFormat;
  return { imageId: imageId.toLowerCase(), fileFormat: typeof format === 'string' ? (format as ObjectFormat) : null };
}
