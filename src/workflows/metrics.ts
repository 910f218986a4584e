/**
 * The metrics of the workflow, as it emits them. `src/metrics.ts` takes them from here into the table of all metrics, beside
 * the values of their labels.
 *
 * @module
 */
import type {
  BatchFailureType,
  BatchOutcome,
  BatchVerdict,
  ExportAttention,
  ExportFailureType,
  ExportOutcome,
} from '../contract';

/** The labels of each, and the values that they can have. */
export interface WorkflowLabels {
  ims_export_reconciliations: { outcome: 'jobFound' | 'unconfirmed' | 'unknown' };
  ims_export_ended: { outcome: ExportOutcome; failure: ExportFailureType | 'none' };
  ims_export_batches_ended: { outcome: BatchOutcome; failure: BatchFailureType | 'none' };
  ims_export_batch_items: { verdict: BatchVerdict };
  ims_export_duration: { outcome: ExportOutcome };
  ims_export_detection_delay: { status: 'SUCCESS' | 'FAIL' };
  ims_export_attention: { attention: ExportAttention };
}

export const WORKFLOW_METRICS = {
  ims_export_reconciliations: {
    type: 'counter',
    meaning: 'Submits whose answer was lost, by what was found: a job, only an object, or nothing certain.',
  },
  ims_export_ended: { type: 'counter', meaning: 'Exports that ended, by outcome and failure type.' },
  ims_export_batches_ended: {
    type: 'counter',
    meaning:
      'Batches that ended, by outcome and failure type. `completed`: each image has a verdict; `failed`: no plan, no image matched its query, or its `failWhen` was met. Dry runs are not counted.',
  },
  ims_export_batch_items: {
    type: 'counter',
    meaning: 'Images of batches that ended, by verdict. Dry runs are not counted.',
  },
  ims_export_duration: {
    type: 'histogram',
    unit: 'seconds',
    meaning: 'Time from the start of an export to its end, across continue-as-new.',
  },
  ims_export_detection_delay: {
    type: 'histogram',
    unit: 'seconds',
    meaning: "Time from the job's end in the cloud, by the cloud's clock, to the poll that saw it.",
  },
  ims_export_attention: {
    type: 'counter',
    meaning: 'Times that an export began to need an operator.',
  },
} as const satisfies {
  [name in keyof WorkflowLabels]: { type: 'counter' | 'histogram'; unit?: 'seconds'; meaning: string };
};
