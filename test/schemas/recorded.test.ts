/** What real exports took and gave, in the recorded histories, against the schemas. */
import { describe, expect, it } from 'vitest';
import { version } from '../../package.json';
import { BATCH_MESSAGES, EXPORT_IMAGES_WORKFLOW } from '../../src/contract';
import { type RecordedHistory, recordedHistories } from '../rigs/recorded-histories';
import { exactProblemsBy, problemsBy } from '../rigs/schema-validator';

interface Found {
  schema: string;
  value: unknown;
}

interface Payload {
  data?: Uint8Array | null;
}

const decoded = (payload: Payload | null | undefined): unknown =>
  payload?.data == null ? undefined : JSON.parse(Buffer.from(payload.data).toString('utf8'));

/** Inputs, results, memos, details of failures and the statuses in them, and reports to a batch. */
function foundIn({ events }: RecordedHistory): Found[] {
  const memo: { [field: string]: unknown } = {};
  const found: Found[] = [];
  const type = events[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name;
  const folder = type === EXPORT_IMAGES_WORKFLOW ? 'batch/' : '';
  for (const event of events) {
    const started = event.workflowExecutionStartedEventAttributes;
    // What follows a continue-as-new is carried state, and no input.
    if (started && !started.continuedExecutionRunId)
      found.push({ schema: `${folder}input`, value: decoded(started.input?.payloads?.[0]) });
    const fields = event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields ?? {};
    for (const [name, payload] of Object.entries(fields)) memo[name] = decoded(payload);
    const completed = event.workflowExecutionCompletedEventAttributes;
    if (completed) found.push({ schema: `${folder}result`, value: decoded(completed.result?.payloads?.[0]) });
    const sent = event.signalExternalWorkflowExecutionInitiatedEventAttributes;
    if (sent?.signalName === BATCH_MESSAGES.signals.exportEnded)
      found.push({ schema: 'messages/exportEnded', value: decoded(sent.input?.payloads?.[0]) });
    const info = event.workflowExecutionFailedEventAttributes?.failure?.applicationFailureInfo;
    if (info) {
      const details = decoded(info.details?.payloads?.[0]) as { status?: unknown };
      found.push({ schema: `failures/${info.type}`, value: details });
      if (details.status !== undefined) found.push({ schema: 'status', value: details.status });
    }
  }
  return [...found, { schema: `${folder}memo`, value: memo }];
}

/** Fields that came after the histories of this version were recorded. */
const NEWER_THAN_THE_RECORD = ['overridable'];

const histories = recordedHistories();

/** An earlier version had fewer fields; what it had must be what it is now. */
function mayMiss(history: RecordedHistory): readonly string[] | 'any' {
  return history.version === version ? NEWER_THAN_THE_RECORD : 'any';
}

describe('the schemas', () => {
  it.each(histories.map((history) => [history.title, history] as const))(
    'fit the recorded history %s',
    (title, history) => {
      for (const { schema, value } of foundIn(history)) {
        if (schema.endsWith('input'))
          expect(problemsBy(schema, value).length > 0).toBe(title.endsWith('refused-input'));
        else expect(exactProblemsBy(schema, value, mayMiss(history))).toEqual([]);
      }
    },
  );

  it('are tested by recorded histories of every kind', () => {
    const kinds = new Set(histories.flatMap(foundIn).map(({ schema }) => schema));
    for (const kind of [
      'input',
      'result',
      'memo',
      'status',
      'batch/input',
      'batch/result',
      'batch/memo',
      'messages/exportEnded',
      'failures/InvalidExportRequest',
      'failures/ExportNotAllowed',
      'failures/DestinationExists',
      'failures/SubmitRejected',
      'failures/AccessDenied',
      'failures/NothingToExport',
      'failures/ExportFailed',
      'failures/ExportOutcomeUnknown',
      'failures/ExportedObjectInvalid',
    ]) {
      expect(kinds).toContain(kind);
    }
  });
});
