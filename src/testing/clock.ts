/** How a {@link VirtualClock} stands: running beside the real clock, or held at a time. */
export type ClockState = { offsetMs: number } | { heldAtMs: number };

/**
 * The clock of the simulated cloud. It moves jobs, Last-Modified, begin and end times, the expiry of tokens and the
 * lock of a key. Signature windows and the header `Date` go by the real clock instead: they belong to the clients.
 *
 * It either runs (the real time plus an offset) or is held, and then moves only when a test moves it. A test that calls
 * {@link set} owns the time from then on; {@link run} lets go of it again.
 *
 * @example
 * simulator.clock.set(Date.UTC(2026, 0, 1)); // held at that time
 * simulator.clock.advance(60_000); // one minute later, still held
 * simulator.clock.run(); // runs on from there
 */
export class VirtualClock {
  private state: ClockState = { offsetMs: 0 };
  private readonly listeners: Array<() => void> = [];

  constructor(private readonly realNow: () => number = Date.now) {}

  /** Milliseconds since 1970. */
  now(): number {
    return 'heldAtMs' in this.state ? this.state.heldAtMs : this.realNow() + this.state.offsetMs;
  }

  get held(): boolean {
    return 'heldAtMs' in this.state;
  }

  /** Moves the clock on by `ms`, whether it runs or is held. */
  advance(ms: number): void {
    this.move(
      'heldAtMs' in this.state ? { heldAtMs: this.state.heldAtMs + ms } : { offsetMs: this.state.offsetMs + ms },
    );
  }

  /** Holds the clock at a time. It may go back: what has ended stays ended. */
  set(epochMs: number): void {
    this.move({ heldAtMs: epochMs });
  }

  /** Stops the clock where it is. */
  hold(): void {
    this.set(this.now());
  }

  /** Lets a held clock run on from where it stands. */
  run(): void {
    this.move({ offsetMs: this.now() - this.realNow() });
  }

  /** Called after every move that was not just time passing. */
  onMove(listener: () => void): void {
    this.listeners.push(listener);
  }

  snapshot(): ClockState {
    return { ...this.state };
  }

  restore(state: ClockState): void {
    this.state = { ...state };
  }

  private move(state: ClockState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}
