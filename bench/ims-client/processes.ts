import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ContestantReport, Order } from './contestant-process';
import type { ContestantName } from './contestants';
import type { ServerReport } from './static-server';

/** A child process that answers each message by one. */
class Child<Report> {
  private constructor(private readonly child: ChildProcess) {}

  /** Resolves with the first message of the child. */
  static async start<Report>(module: string, args: string[]): Promise<{ child: Child<Report>; first: Report }> {
    const child = new Child<Report>(fork(join(__dirname, module), args));
    return { child, first: await child.#next() };
  }

  ask(message: object): Promise<Report> {
    this.child.send(message);
    return this.#next();
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }

  async #next(): Promise<Report> {
    const waiting = new AbortController();
    const { signal } = waiting;
    try {
      return await Promise.race([
        once(this.child, 'message', { signal }).then(([message]) => message as Report),
        once(this.child, 'exit', { signal }).then(([code]) => {
          throw new Error(`process ${this.child.pid} of the bench ended with ${code}`);
        }),
      ]);
    } finally {
      waiting.abort();
    }
  }
}

export interface StaticServer {
  origin: string;
  /** Requests and connections so far. */
  count(): Promise<{ requests: number; connections: number }>;
  end(): Promise<void>;
}

export async function startStaticServer(): Promise<StaticServer> {
  const { child, first } = await Child.start<ServerReport>('static-server.js', []);
  if (!('origin' in first)) throw new Error('the static server did not say where it listens');
  return {
    origin: first.origin,
    async count() {
      const report = await child.ask({});
      if ('origin' in report) throw new Error('the static server did not count');
      return report;
    },
    end: () => child.end(),
  };
}

export interface ContestantProcess {
  name: ContestantName;
  play(order: Order): Promise<Extract<ContestantReport, { kind: 'played' }>>;
  end(): Promise<void>;
}

export async function startContestant(name: ContestantName, origin: string): Promise<ContestantProcess> {
  const { child, first } = await Child.start<ContestantReport>('contestant-process.js', [name, origin]);
  if (first.kind === 'failed') throw new Error(`${name}: ${first.message}`);
  return {
    name,
    async play(order) {
      const report = await child.ask(order);
      if (report.kind === 'played') return report;
      throw new Error(`${name}: ${report.kind === 'failed' ? report.message : report.kind}`);
    },
    end: () => child.end(),
  };
}
