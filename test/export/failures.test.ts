import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-codes';
import { ExportError } from '../../src/client';
import { BATCH_VERDICTS, type BatchVerdict, FAILURE_TYPES, type FailureType } from '../../src/contract';
import {
  exportFailureOf,
  FAILURE_KINDS,
  type FailureKind,
  isExportFailure,
  isRefusal,
  outcomeOf,
  saysNothingSubmitted,
} from '../../src/export/failures';
import { METRICS } from '../../src/metrics';
import { resultOf } from '../../src/workflows/batch/verdicts';

// @ts-expect-error A type without a kind does not compile, so that none is forgotten where outcomes are told.
const INCOMPLETE: typeof FAILURE_KINDS = { InvalidExportRequest: 'refused' };

/** What each kind means, wherever it is asked. */
const MEANING: {
  [kind in FailureKind]: {
    outcome: 'failed' | 'unknown';
    nothingSubmitted: boolean;
    verdict: BatchVerdict;
    exit: number;
  };
} = {
  refused: { outcome: 'failed', nothingSubmitted: true, verdict: 'refused', exit: 1 },
  rejected: { outcome: 'failed', nothingSubmitted: true, verdict: 'refused', exit: 1 },
  failed: { outcome: 'failed', nothingSubmitted: false, verdict: 'failed', exit: 1 },
  unknown: { outcome: 'unknown', nothingSubmitted: false, verdict: 'unknown', exit: 3 },
};

describe.each(FAILURE_TYPES)('a failure of type %s', (type) => {
  const kind = FAILURE_KINDS[type];
  const { outcome, nothingSubmitted, verdict, exit } = MEANING[kind];

  it('means the same for the workflow, the metrics, the batch and the exit code', () => {
    expect(outcomeOf(type)).toBe(outcome);
    expect(saysNothingSubmitted(type)).toBe(nothingSubmitted);
    expect(isRefusal(type)).toBe(kind === 'refused');
    expect(batchVerdictOf(type)).toBe(verdict);
    // A wrong request is cured by other arguments.
    expect(exitCodeOf(new ExportError(type, ''))).toBe(type === 'InvalidExportRequest' ? 2 : exit);
  });

  it('is in the metric of what has ended', () => {
    const { ims_export_ended, ims_export_batches_ended } = METRICS;
    const metric = type === 'NothingToExport' ? ims_export_batches_ended : ims_export_ended;
    expect(metric.labels.failure).toContain(type);
  });

  it('is found as the cause of what a caller caught', () => {
    const failure = ApplicationFailure.create({ type, details: [{ bucketUrl: 'b:k', problems: [] }] });
    expect(isExportFailure(failure)).toBe(true);
    expect(exportFailureOf(new Error('of a child', { cause: failure }))?.type).toBe(type);
  });
});

it('every verdict of a failed export is one of a batch', () => {
  expect(BATCH_VERDICTS).toEqual(expect.arrayContaining(Object.values(MEANING).map(({ verdict }) => verdict)));
  expect(Object.keys(INCOMPLETE)).toHaveLength(1);
});

function batchVerdictOf(type: FailureType): BatchVerdict {
  const planned = { imageId: 'i', bucketUrl: 'b:k', format: 'qcow2' as const };
  const failure = { type, message: '' };
  const common = { workflowId: 'w', firstRunId: 'r', imageId: 'i', fileFormat: null, jobId: null, object: null };
  return resultOf(planned, { ...common, outcome: outcomeOf(type), remoteJob: 'none', failure }).verdict;
}
