import { describe, expect, it } from 'vitest';
import type { ExportReport } from '../../src/client';
import { batchProgress, startProgress } from '../../src/client/start-progress';
import { type BatchStatus, EXPORT_PHASES, type ExportStatus } from '../../src/contract';
import { parseExportInput } from '../../src/request/export';
import { beginTracking, takeRequest } from '../../src/workflows/state';
import { statusOf } from '../../src/workflows/status';

const WORKFLOW_ID = 'ims-export:ims-image:a.qcow2';
const START = Date.UTC(2026, 0, 1);

function report(status: Partial<ExportStatus> | null, changes: Partial<ExportReport> = {}): ExportReport {
  const request = parseExportInput({
    imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64',
    bucketUrl: 'ims-image:a.qcow2',
    fileFormat: 'qcow2',
  });
  return {
    workflowId: WORKFLOW_ID,
    runId: 'r',
    workflowStatus: 'RUNNING',
    startedAt: new Date(START).toISOString(),
    closedAt: null,
    memo: {},
    retrying: null,
    status: status && { ...statusOf(takeRequest(beginTracking({}, START), request), START), ...status },
    ...changes,
  };
}

describe('the progress of `ims-export start`', () => {
  it.each(EXPORT_PHASES)('explains the phase %s and how to give up', (phase) => {
    const { text } = startProgress(report({ phase })) ?? { text: '' };
    expect(text).toMatch(/^[A-Z].*[.?] To cancel the export: `ims-export cancel ims-export:ims-image:a\.qcow2`\.$/);
    expect(text).not.toMatch(new RegExp(`^${phase}\\b`));
  });

  it('shows the last error and the time of the next retry', () => {
    const lastError = 'IMG.0148: another export\nof this image runs.';
    const nextPollAt = '2026-01-01T00:01:00.000Z';
    expect(startProgress(report({ phase: 'waitingToSubmit', lastError, nextPollAt }))?.text).toBe(
      'Waiting to submit. No job is started yet. The next try is automatic. Last error: IMG.0148: another export of this image runs. Next try at 2026-01-01T00:01:00.000Z. To cancel the export: `ims-export cancel ims-export:ims-image:a.qcow2`.',
    );
  });

  it('says what to fix while an ambiguous submit cannot be checked', () => {
    const { text } = startProgress(report({ phase: 'parked', attention: 'parked' })) ?? { text: '' };
    expect(text).toContain('Parked - the cloud denies access to the destination.');
    expect(text).toContain('permissions. Then check again: `ims-export poll-now ims-export:ims-image:a.qcow2`.');
  });

  it('asks the operator for an answer with a command', () => {
    const { text } = startProgress(report({ phase: 'needsAnswer', attention: 'needsAnswer' })) ?? { text: '' };
    expect(text).toContain('`ims-export resolve ims-export:ims-image:a.qcow2 --not-submitted`');
  });

  it('is printed again for a new error, and not for a new retry time', () => {
    const at = (nextPollAt: string, lastError = 'IMG.0148: busy') =>
      startProgress(report({ phase: 'waitingToSubmit', lastError, nextPollAt }));
    const [first, later, other] = [at('12:00'), at('12:01'), at('12:01', 'IMG.0060: throttled')];
    expect(later?.text).not.toBe(first?.text);
    expect(later?.key).toBe(first?.key);
    expect(other?.key).not.toBe(first?.key);
  });

  it('shows the activity that is being retried, and is not printed again for each attempt', () => {
    const retrying = (attempt: number) =>
      startProgress(report(null, { retrying: { activity: 'imsValidateExport', attempt, failure: 'ECONNREFUSED' } }));
    expect(retrying(1)?.text).toContain('imsValidateExport is tried again: ECONNREFUSED.');
    expect(retrying(2)?.key).toBe(retrying(1)?.key);
  });

  it('shows a paused workflow or a missing worker', () => {
    expect(startProgress(report({}, { workflowStatus: 'PAUSED' }))?.text).toMatch(
      /^The workflow is paused in Temporal/,
    );
    expect(startProgress(report(null))?.text).toMatch(/^No worker answers; `ims-export doctor`/);
  });

  it('is empty once the export has ended', () => {
    expect(startProgress(report({ phase: 'ended' }, { closedAt: '2026-01-01T00:00:00.000Z' }))).toBeNull();
  });
});

describe('the progress of a batch', () => {
  const facts = { workflowId: 'ims-export-batch:nightly', runId: 'r', startedAt: '2026-01-01T00:00:00.000Z' };
  const batch = { ...facts, workflowStatus: 'RUNNING', closedAt: null, memo: {}, retrying: null, status: null };
  const FOLLOW = 'To follow it: `ims-export watch ims-export-batch:nightly`.';

  it('says that it was started and waits for a worker, and how to follow it', () => {
    expect(batchProgress(batch)?.text).toBe(
      `Batch ims-export-batch:nightly was started. No worker answers; \`ims-export doctor\` checks whether one runs. ${FOLLOW}`,
    );
  });

  it('shows what is read again, once for each reason', () => {
    const retrying = (attempt: number) =>
      batchProgress({ ...batch, retrying: { activity: 'imsValidateExport', attempt, failure: 'no such bucket' } });
    expect(retrying(1)?.text).toBe(
      `Batch ims-export-batch:nightly was started. imsValidateExport is tried again: no such bucket. ${FOLLOW}`,
    );
    expect(retrying(2)?.key).toBe(retrying(1)?.key);
  });

  it('is empty while nothing keeps it from going on, and once it has ended', () => {
    expect(batchProgress({ ...batch, status: {} as BatchStatus })).toBeNull();
    expect(batchProgress({ ...batch, closedAt: '2026-01-01T00:01:00.000Z' })).toBeNull();
  });
});
