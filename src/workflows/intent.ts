/**
 * What two callers mean by the same destination: joining a running export is right only for the same image and format.
 *
 * @module
 */
import { type ExportIntent, JOB_ID, type SubmissionResolution } from '../contract';
import { answerUnderWay, beingCanceled, destinationBusy, invalidArgument, nothingToResolve } from '../export/failures';
import { iso } from '../export/time';
import { isSameImageAndFormat, readImageAndFormat } from './image-and-format';
import { attachedJobId, requestOf, type Tracking } from './tracking';

const INTENT = '{imageId} with fileFormat or isQuickExport, as in the input of the export';
const RESOLUTION = '{"jobId": "<id of the job>"} or {"notSubmitted": true}';

/** Throws DestinationBusy when the caller means another image or format than this export; an intent without format fits any. */
export function refuseOtherIntent(tracking: Tracking, wanted: ExportIntent): void {
  const other = readImageAndFormat(wanted);
  if (other === undefined) throw invalidArgument({ field: 'intent', value: wanted, expected: INTENT });
  // Whoever names its job helps a drain; anybody else would get an object that is about to be deleted.
  if (tracking.draining && wanted.jobId === undefined)
    throw beingCanceled(requestOf(tracking), iso(tracking.startedAtMs));
  const running = readImageAndFormat(tracking.request ?? tracking.input);
  // An export of unreadable input is about to fail by itself: the caller may wait for that failure.
  if (running === undefined) return;
  if (isSameImageAndFormat(running, other) && mayTrack(tracking, wanted.jobId)) return;
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
  if (!isResolution(resolution))
    throw invalidArgument({ field: 'resolution', value: resolution, expected: RESOLUTION });
  if (tracking.lostSubmit === null || tracking.ended !== null) throw nothingToResolve(tracking.jobId, tracking.phase);
  if (tracking.resolution !== null) throw answerUnderWay(tracking.resolution);
}

/** Exactly one of the two, since they contradict each other. */
function isResolution(resolution: unknown): boolean {
  if (typeof resolution !== 'object' || resolution === null || Object.keys(resolution).length !== 1) return false;
  const { jobId, notSubmitted } = resolution as { [field: string]: unknown };
  return notSubmitted === true || (typeof jobId === 'string' && JOB_ID.test(jobId.trim()));
}
