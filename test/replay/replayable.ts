import type { RecordedHistory } from '../rigs/recorded-histories';
import { ORIGINAL_RUN_ID } from './fixtures/original-run-id';

/**
 * A history for a replay in which a run that was reset is seen as such, by a bundle with fixtures/original-run-id.ts.
 *
 * The SDK replays a run under the id of its original run, so that one that was reset looks like one that was not. So the ids
 * of the two change places in all payloads, and the workflow gets the other one as that of its original run: it sees what
 * the run saw that was recorded, but for which id is which.
 */
export function replayable({ json, runId }: RecordedHistory): { events: object[] } {
  const history = JSON.parse(json);
  const { originalExecutionRunId } = startOf(history);
  const seen = mapPayloads(history, (text) =>
    text.replaceAll(new RegExp(`${runId}|${originalExecutionRunId}`, 'g'), (id) =>
      id === runId ? originalExecutionRunId : runId,
    ),
  ) as { events: object[] };
  const payload = { metadata: { encoding: toBase64('json/plain') }, data: toBase64(JSON.stringify(runId)) };
  Object.assign(startOf(seen), { header: { fields: { [ORIGINAL_RUN_ID]: payload } } });
  return seen;
}

function startOf({ events: [started] }: { events: object[] }): { originalExecutionRunId: string } {
  const { workflowExecutionStartedEventAttributes: start } = started as {
    workflowExecutionStartedEventAttributes: { originalExecutionRunId: string };
  };
  return start;
}

/** A copy of JSON, with the text of each payload changed. */
function mapPayloads(json: unknown, change: (text: string) => string): unknown {
  if (Array.isArray(json)) return json.map((item) => mapPayloads(item, change));
  if (typeof json !== 'object' || json === null) return json;
  const entries = Object.entries(json).map(([key, value]) => {
    const isPayload = key === 'data' && typeof value === 'string';
    return [key, isPayload ? toBase64(change(fromBase64(value))) : mapPayloads(value, change)];
  });
  return Object.fromEntries(entries);
}

const toBase64 = (text: string) => Buffer.from(text).toString('base64');
const fromBase64 = (data: string) => Buffer.from(data, 'base64').toString('utf8');
