import { setCurrentDetails } from '@temporalio/workflow';
import { currentDetails } from './current-details';
import { showSearchAttributes } from './search-attributes';
import { tellAttention } from './telemetry';
import type { Tracking } from './tracking';

/**
 * Shows where the export stands: in the current details, which cost nothing, in search attributes where it is asked to, and
 * in the log when it comes to need a person.
 */
export function publish(tracking: Tracking): void {
  setCurrentDetails(currentDetails(tracking, Date.now()));
  showSearchAttributes(tracking);
  tellAttention(tracking);
}
