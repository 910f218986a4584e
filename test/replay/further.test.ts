import { describe, expect, it } from 'vitest';
import { closeOf, type HistoryEvent, newRunAfter } from '../rigs/history';
import { type RecordedHistory, recordedHistories } from '../rigs/recorded-histories';

const further = recordedHistories().filter(({ folder }) => folder.endsWith('-further'));

/** The runs of each recording that is of that kind, in their order. */
function recordings(isOfKind: (name: string) => boolean): Array<[string, RecordedHistory[]]> {
  const runs = new Map<string, RecordedHistory[]>();
  for (const history of further.filter(({ of }) => isOfKind(of))) {
    const recording = `${history.folder}/${history.of}`;
    runs.set(recording, [...(runs.get(recording) ?? []), history]);
  }
  return [...runs];
}

function messagesIn(events: readonly HistoryEvent[]): number {
  return events.filter(
    (event) => event.workflowExecutionSignaledEventAttributes ?? event.workflowExecutionUpdateAcceptedEventAttributes,
  ).length;
}

const startOf = ({ events }: RecordedHistory) => events[0]?.workflowExecutionStartedEventAttributes;

describe('the recorded history', () => {
  it.each(recordings((name) => name.includes('steered')))('%s contains more than sixty messages', (_, runs) => {
    expect(runs).toHaveLength(1);
    expect(runs.reduce((sum, { events }) => sum + messagesIn(events), 0)).toBeGreaterThan(60);
  });

  it.each(recordings((name) => name.includes('reset')))(
    '%s is a run that was reset, and has the run before it',
    (_, runs) => {
      const [before, reset] = runs.slice(-2);
      expect(reset && startOf(reset)?.originalExecutionRunId).toBe(before?.runId);
      expect(reset?.runId).not.toBe(before?.runId);
      expect(closeOf(reset?.events ?? [])).toBeDefined();
    },
  );

  it.each(recordings((name) => name.includes('unreadable')))('%s contains four checks', (_, runs) => {
    const checks = (runs.at(-1)?.events ?? []).filter(
      ({ activityTaskScheduledEventAttributes: activity }) => activity?.activityType?.name === 'imsLookAtExports',
    );
    expect(checks).toHaveLength(4);
  });

  it.each(recordings((name) => name.includes('retried')))('%s is a second attempt after a timeout', (_, runs) => {
    const [first, second] = runs.slice(-2);
    expect(first?.events.at(-1)?.workflowExecutionTimedOutEventAttributes).toBeTruthy();
    expect(newRunAfter(first?.events ?? [])).toBe(second?.runId);
    expect(second && startOf(second)?.attempt).toBe(2);
  });

  it.each(recordings((name) => name.includes('carried') || name.includes('continued')))(
    '%s continued as new, and has the next run',
    (_, runs) => {
      const [first, second] = runs;
      expect(newRunAfter(first?.events ?? [])).toBe(second?.runId);
    },
  );
});
