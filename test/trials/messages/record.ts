/**
 * What one performance of a script leaves behind: all that is judged.
 *
 * @module
 */
import type { ExportSettings, ExportStatus } from '../../../src/contract';
import type { HistoryEvent } from '../../rigs/history';
import type { Message, Script } from './script';

export interface Record {
  script: Script;
  /** The settings that the input asks for, defaults included. */
  settings: ExportSettings;
  startedAtMs: number;
  /** Steps whose moment came, in the order in which they were done. */
  steps: StepDone[];
  /** The runs of the export, first to last. */
  runs: Array<{ events: HistoryEvent[]; status: ExportStatus }>;
  verdict: Verdict;
  /** Whether the cloud acted on the POST and what it answered, in their order. */
  posts: Array<{ note: string }>;
  jobs: Array<{ jobId: string; status: string; beginMs: number; endMs: number | null }>;
  /** What messages to the export came to after its end. */
  afterTheEnd: SentMessage[];
}

export interface StepDone {
  /** Where it was in the script. */
  step: number;
  /** What was seen before the messages were sent. */
  before: ExportStatus;
  messages: SentMessage[];
  /** What was seen once they had been answered, and had time to take effect. */
  after: ExportStatus;
}

export interface SentMessage {
  message: Message;
  /** What was sent with it. */
  argument?: unknown;
  /** Of an update whose order among others counts. */
  updateId?: string;
  /** Of a cancel: it is drained, since the input had been validated and asks for it. */
  drains?: boolean;
  /** The server's clock, shortly before. */
  atMs: number;
  answer: MessageAnswer;
}

/**
 * `taken`: a signal or a cancel was acknowledged, an update was accepted and has completed · `refused`: by a failure of a
 * type · `tooLate`: the workflow had ended · `none`: there was no answer in time.
 */
export type MessageAnswer =
  | { kind: 'taken'; value?: unknown }
  | { kind: 'refused'; type: string | null; isTyped: boolean }
  | { kind: 'tooLate' }
  | { kind: 'none'; why?: string };

export type Verdict =
  | { kind: 'succeeded'; jobId: string | null }
  | { kind: 'failed'; type: string }
  | { kind: 'canceled' }
  /** None of the package's verdicts. */
  | { kind: 'other'; error: string };
