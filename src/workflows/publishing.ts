import { setCurrentDetails } from '@temporalio/workflow';
import type { Tracking } from './tracking';
import { currentDetails } from './wording';

/** Shows where the export stands under "Current details" in the Web UI. No event, no cost. */
export function publishDetails(tracking: Tracking): void {
  setCurrentDetails(currentDetails(tracking, Date.now()));
}
