import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { ServiceName } from './faults';

/** One request that a service received. Holds no header, no query and no body, hence no secret. */
export interface JournalEntry {
  /** ISO 8601, by the virtual clock. */
  at: string;
  service: ServiceName;
  method: string;
  /** As on the request line, without the query. */
  path: string;
  /** Null when no answer was sent (yet). */
  status: number | null;
  /** What came of it in a word: an error code, a job ID, the fault that hit it. */
  note: string;
}

/** The requests in the order of their arrival. In a durable directory it goes on after a restart. */
export class Journal {
  private readonly entries: JournalEntry[];

  constructor(private readonly file: string | null) {
    this.entries = file !== null && existsSync(file) ? readLines(file) : [];
  }

  /** Enters a request at its arrival; the returned function completes it. */
  begin(entry: Omit<JournalEntry, 'status' | 'note'>): (status: number | null, note: string) => void {
    const open: JournalEntry = { ...entry, status: null, note: '' };
    const position = this.entries.push(open) - 1;
    this.write(position, open);
    return (status, note) => {
      open.status = status;
      open.note = note;
      this.write(position, open);
    };
  }

  /** Once at the arrival and once at the answer, so that a kill between the two does not lose a request. */
  private write(position: number, entry: JournalEntry): void {
    if (this.file === null) return;
    appendFileSync(this.file, `${JSON.stringify([position, entry] satisfies JournalLine)}\n`, { mode: 0o600 });
  }

  /** Oldest first, without the first `skip`. */
  list(skip = 0): JournalEntry[] {
    return this.entries.slice(skip).map((entry) => ({ ...entry }));
  }
}

/** The later line of a position is what became of the request. */
type JournalLine = [position: number, entry: JournalEntry];

/** A line cut by a kill is left out. */
function readLines(file: string): JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    try {
      const [position, entry] = JSON.parse(line) as JournalLine;
      entries[position] = entry;
    } catch {}
  }
  return entries.filter((entry) => entry !== undefined);
}
