import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/testing/clock';

describe('the virtual clock', () => {
  it('runs parallel to the real one with an offset', () => {
    let real = 1_000;
    const clock = new VirtualClock(() => real);
    clock.advance(500);
    real += 10;
    expect(clock.now()).toBe(1_510);
  });

  it('stands still once it is set, and moves only on command', () => {
    let real = 1_000;
    const clock = new VirtualClock(() => real);
    clock.set(50);
    real += 10;
    expect([clock.held, clock.now()]).toEqual([true, 50]);
    clock.advance(7);
    expect(clock.now()).toBe(57);
  });

  it('runs on from where it was held', () => {
    let real = 1_000;
    const clock = new VirtualClock(() => real);
    clock.set(50);
    clock.run();
    real += 10;
    expect([clock.held, clock.now()]).toEqual([false, 60]);
  });

  it('notifies about every move', () => {
    const clock = new VirtualClock(() => 0);
    let moves = 0;
    clock.onMove(() => {
      moves += 1;
    });
    clock.advance(1);
    clock.set(5);
    clock.hold();
    clock.run();
    expect(moves).toBe(4);
  });
});
