import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-codes';
import { ExportError } from '../../src/client';
import { type BatchVerdict, FAILURE_TYPES, type FailureType } from '../../src/contract';
import {
  exportFailureOf,
  type FAILURE_KINDS,
  isBenign,
  isExportFailure,
  outcomeOf,
  saysNothingSubmitted,
} from '../../src/export/failures';
import { METRICS } from '../../src/metrics';
import { resultOf } from '../../src/workflows/batch/verdicts';

// @ts-expect-error A type without a kind does not compile, so that none is forgotten where outcomes are told.
const INCOMPLETE: typeof FAILURE_KINDS = { InvalidExportRequest: 'refused' };

interface Meaning {
  outcome: 'failed' | 'unknown';
  nothingSubmitted: boolean;
  isBenign: boolean;
  verdict: BatchVerdict;
  exit: number;
}
const failed = { outcome: 'failed', nothingSubmitted: false, isBenign: false, verdict: 'failed', exit: 1 } as const;
const refused = { outcome: 'failed', nothingSubmitted: true, isBenign: true, verdict: 'refused', exit: 1 } as const;

/** What each type means, wherever it is asked: written down here once more, by hand. */
const MEANING: { [type in FailureType]: Meaning } = {
  // A wrong request is cured by other arguments.
  InvalidExportRequest: { ...refused, exit: 2 },
  ExportNotAllowed: refused,
  DestinationExists: refused,
  DestinationBusy: refused,
  SubmitRejected: { ...refused, isBenign: false },
  AccessDenied: { ...refused, isBenign: false },
  NothingToExport: { ...refused, isBenign: false },
  BatchFailed: failed,
  ExportFailed: failed,
  ExportedObjectInvalid: failed,
  ExportOutcomeUnknown: { ...failed, outcome: 'unknown', verdict: 'unknown', exit: 3 },
};

describe.each(FAILURE_TYPES)('the failure type %s', (type) => {
  it('has the same meaning in the workflow, the log, the batch and the exit code', () => {
    expect({
      outcome: outcomeOf(type),
      nothingSubmitted: saysNothingSubmitted(type),
      isBenign: isBenign(type),
      verdict: batchVerdictOf(type),
      exit: exitCodeOf(new ExportError(type, '')),
    }).toEqual(MEANING[type]);
  });

  it('is a label value of the metric of ended exports or batches', () => {
    const { ims_export_ended, ims_export_batches_ended } = METRICS;
    const isOfBatches = type === 'NothingToExport' || type === 'BatchFailed';
    const metric = isOfBatches ? ims_export_batches_ended : ims_export_ended;
    expect(metric.labels.failure).toContain(type);
  });

  it('is found as the cause of an error that a caller caught', () => {
    const failure = ApplicationFailure.create({ type, details: [{ bucketUrl: 'b:k', problems: [] }] });
    expect(isExportFailure(failure)).toBe(true);
    expect(exportFailureOf(new Error('of a child', { cause: failure }))?.type).toBe(type);
  });
});

it('a failure table that lacks a type does not compile', () => {
  expect(Object.keys(INCOMPLETE)).toHaveLength(1);
});

function batchVerdictOf(type: FailureType): BatchVerdict {
  const planned = { imageId: 'i', bucketUrl: 'b:k', format: 'qcow2' as const };
  const failure = { type, message: '' };
  const common = { workflowId: 'w', firstRunId: 'r', imageId: 'i', fileFormat: null, jobId: null, object: null };
  return resultOf(planned, { ...common, outcome: outcomeOf(type), remoteJob: 'none', failure }).verdict;
}
