import { timeOf } from '../../rigs/history';
import type { Tally } from '../trial';
import type { Record } from './record';

/** What many performances had in them: a check that meets nothing checks nothing. */
export class MessagesTally implements Tally<Record> {
  #performances = 0;
  #runs = 0;
  #events = 0;
  #hours = 0;
  #givenOnceMore = 0;
  readonly #answers = new Map<string, number>();
  readonly #phases = new Map<string, number>();
  readonly #verdicts = new Map<string, number>();

  add({ runs, steps, verdict }: Record): void {
    const events = runs.flatMap((run) => run.events);
    this.#performances += 1;
    this.#runs += runs.length;
    this.#events += events.length;
    this.#givenOnceMore += events.filter((event) => event.workflowTaskTimedOutEventAttributes).length;
    this.#hours += (timeOf(events.at(-1)) - timeOf(events[0])) / 3_600_000;
    count(this.#verdicts, verdict.kind === 'failed' ? verdict.type : verdict.kind);
    for (const { before, messages } of steps) {
      for (const { message, answer } of messages) {
        count(this.#phases, before.phase);
        count(this.#answers, `${message.send} ${answer.kind === 'refused' ? answer.type : answer.kind}`);
      }
    }
  }

  toString(): string {
    return [
      `${this.#performances} exports in ${this.#runs} runs of ${this.#events} events, ${Math.round(this.#hours)} h by the server's clock, ${this.#givenOnceMore} workflow tasks given once more`,
      `messages by phase: ${listed(this.#phases)}`,
      `messages by answer: ${listed(this.#answers)}`,
      `verdicts: ${listed(this.#verdicts)}`,
    ].join('\n');
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function listed(counts: Map<string, number>): string {
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ');
}
