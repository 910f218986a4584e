/**
 * Client and Nexus handler by the table of `export/joining.ts`: they pass what they found, and it throws where the caller may not join.
 *
 * @module
 */
import { EXPORT_IMAGE_WORKFLOW, type ExportPhase, type ExportRequest, type ExportStatus } from '../contract';
import { beingCanceled, destinationBusy } from '../export/failures';
import { idTaken } from '../export/failures/before-submit';
import { type Caller, decide, type Found } from '../export/joining';
import type { RunningExport, Wanted } from '../export/same-export';

/** Starts of one call, which find another state than it read just before. More than a few are not to be expected. */
export const MAX_STARTS = 10;

/** `of` is absent where the image is not known. */
export interface FoundRunning extends Found {
  state: 'running';
  workflowType: string;
  of?: RunningExport;
}

export function wantedBy({ imageId, fileFormat, attach }: ExportRequest): Wanted {
  return { imageId, fileFormat, jobId: attach?.jobId };
}

/**
 * Returns when the caller may join.
 *
 * @throws ApplicationFailure DestinationBusy
 */
export function refuseToJoin(caller: Caller, request: ExportRequest, found: FoundRunning): void {
  const answer = decide(caller, wantedBy(request), found);
  if (answer === 'join' || answer === 'nameJob') return;
  if (answer === 'idTaken') throw idTaken(request, found.workflowType);
  if (found.of === undefined) throw new Error(`${answer}, though nothing is known of the export that runs`);
  throw answer === 'beingCanceled' ? beingCanceled(request, found.of) : destinationBusy(request, found.of);
}

/**
 * Returns when the caller may start an export after a success under its id.
 *
 * @throws ApplicationFailure DestinationBusy
 */
export function refuseTakenId(caller: Caller, request: ExportRequest, workflowType: string): void {
  if (decide(caller, wantedBy(request), { state: 'succeeded', workflowType }) === 'idTaken')
    throw idTaken(request, workflowType);
}

/** Phases of an export that may search for the job of an ambiguous submit. */
const SEEKING_PHASES: ReadonlySet<ExportPhase> = new Set(['reconciling', 'needsAnswer', 'parked', 'draining']);

/** The image is unknown until the export has validated its input. */
export function foundByStatus({ imageId, fileFormat, jobId, startedAt, phase }: ExportStatus): FoundRunning {
  return {
    state: 'running',
    workflowType: EXPORT_IMAGE_WORKFLOW,
    of: imageId === null ? undefined : { imageId, fileFormat, jobId, startedAt },
    seeksJob: jobId === null && SEEKING_PHASES.has(phase),
  };
}
