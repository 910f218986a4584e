import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import type { HistoryEvent } from './history';

export const HISTORIES = join(__dirname, '../replay/histories');

/** One run, as `npm run record-histories` wrote it. */
export interface RecordedHistory {
  /** `0.2.0`, or `0.2.0-further`. */
  folder: string;
  /** Of the package that recorded it. */
  version: string;
  name: string;
  /** What was recorded: the name without the number of the run. */
  of: string;
  /** `0.1.0/succeeded`. */
  title: string;
  json: string;
  events: HistoryEvent[];
  workflowId: string;
  /** Of a run after a reset, which begins with the events of the run before, it is that of the reset. */
  runId: string;
}

export function recordedHistories(): RecordedHistory[] {
  return namesIn(HISTORIES, (entry) => entry.isDirectory()).flatMap((folder) =>
    namesIn(join(HISTORIES, folder), (entry) => entry.name.endsWith('.json')).map((file) => read(folder, file)),
  );
}

function read(folder: string, file: string): RecordedHistory {
  const json = readFileSync(join(HISTORIES, folder, file), 'utf8');
  const events = historyFromJSON(JSON.parse(json)).events ?? [];
  const workflowId = events[0]?.workflowExecutionStartedEventAttributes?.workflowId;
  if (!workflowId) throw new Error(`${folder}/${file} does not begin with the start of a workflow`);
  const name = file.replace(/\.json$/, '');
  const version = folder.replace(/-further$/, '');
  const of = name.replace(/-\d+$/, '');
  return { folder, version, name, of, title: `${folder}/${name}`, json, events, workflowId, runId: runIdIn(events) };
}

function runIdIn(events: readonly HistoryEvent[]): string {
  const reset = events.findLast(({ workflowTaskFailedEventAttributes: failed }) => failed?.newRunId);
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  return reset?.workflowTaskFailedEventAttributes?.newRunId ?? started?.originalExecutionRunId ?? '';
}

/** Every text of a history as JSON, payloads in the clear. */
export function textsOf(json: unknown, field = ''): string[] {
  if (typeof json === 'string') return [field === 'data' ? Buffer.from(json, 'base64').toString('utf8') : json];
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) => textsOf(value, key));
}

function namesIn(path: string, wanted: (entry: { name: string; isDirectory(): boolean }) => boolean): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter(wanted)
    .map(({ name }) => name)
    .sort();
}
