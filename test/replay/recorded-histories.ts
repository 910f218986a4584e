import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import type { HistoryEvent } from '../long-exports/history';

const folder = join(__dirname, 'histories');

/** One run, as `npm run record-histories` wrote it. */
export interface RecordedHistory {
  /** Of the package that recorded it. */
  version: string;
  name: string;
  /** `0.1.0/succeeded`. */
  title: string;
  json: string;
  events: HistoryEvent[];
  workflowId: string;
}

export function historiesOf(version: string): string {
  return join(folder, version);
}

export function recordedHistories(): RecordedHistory[] {
  return namesIn(folder, (entry) => entry.isDirectory()).flatMap((version) =>
    namesIn(historiesOf(version), (entry) => entry.name.endsWith('.json')).map((file) => read(version, file)),
  );
}

function read(version: string, file: string): RecordedHistory {
  const json = readFileSync(join(historiesOf(version), file), 'utf8');
  const events = historyFromJSON(JSON.parse(json)).events ?? [];
  const workflowId = events[0]?.workflowExecutionStartedEventAttributes?.workflowId;
  if (!workflowId) throw new Error(`${version}/${file} does not begin with the start of a workflow`);
  const name = file.replace(/\.json$/, '');
  return { version, name, title: `${version}/${name}`, json, events, workflowId };
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
