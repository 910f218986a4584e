/**
 * The failures of exports: what each means for the outcome, how each is built, and how one is read.
 *
 * Those that only activities, clients and the Nexus handler throw are in `before-submit.ts`, outside of the workflow bundle.
 *
 * @module
 */
export { beingCanceled, childBusy, destinationBusy } from './busy';
export { exportFailed, objectInvalid } from './failed';
export { contextOf, failure, NO_EXPORT } from './failure';
export { asText, invalidField, invalidRequest, type Problem, stateFromOutside } from './invalid-request';
export { FAILURE_KINDS, type FailureKind, isBenign, isFailureType, outcomeOf, saysNothingSubmitted } from './kinds';
export { answerUnderWay, nothingToResolve, notTunable } from './not-now';
export { namingEarlier, notPlanned, notValidated, submitGivenUp, submitRejected } from './not-submitted';
export { type ExportApplicationFailure, exportFailureOf, isExportFailure, shortReason } from './reading';
export {
  batchUnknown,
  childTerminated,
  earlierAttempt,
  type LastKnown,
  outcomeUnknown,
  submitAmbiguous,
  type UnknownOfJob,
} from './unknown';
