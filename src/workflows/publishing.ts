import { setCurrentDetails } from '@temporalio/workflow';
import { currentDetails } from './current-details';
import { showSearchAttributes } from './search-attributes';
import type { Tracking } from './tracking';

/** Shows where the export stands: in the current details, which cost nothing, and in search attributes where it is asked to. */
export function publish(tracking: Tracking): void {
  setCurrentDetails(currentDetails(tracking, Date.now()));
  showSearchAttributes(tracking);
}
