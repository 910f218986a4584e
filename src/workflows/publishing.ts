import { setCurrentDetails } from '@temporalio/workflow';
import type { ExportPhase } from '../contract';
import { currentDetails } from './current-details';
import { showSearchAttributes } from './search-attributes';
import type { Tracking } from './state';
import { recordAttention } from './telemetry';

/**
 * Shows where the export stands: in the current details, which cost nothing, in search attributes where it is asked to, and
 * in the log when it comes to need a person.
 */
export function publish(tracking: Tracking): void {
  setCurrentDetails(currentDetails(tracking, Date.now()));
  showSearchAttributes(tracking);
  recordAttention(tracking);
}

/** Begins a phase in which nothing is waited for. */
export function enter(tracking: Tracking, phase: ExportPhase): void {
  tracking.run.phase = phase;
  tracking.run.nextPollAtMs = null;
  publish(tracking);
}
