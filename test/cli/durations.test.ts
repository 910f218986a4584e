import { describe, expect, it } from 'vitest';
import { durationOf, retuneFlag } from '../../src/cli/durations';
import { inputOf } from '../../src/cli/start';
import { durationMs } from '../../src/contract';

/** `retune --deadline +6h` */
const MAY_ADD = { mayAdd: true };

describe('a duration on the command line', () => {
  it.each([
    ['90s', 90_000],
    ['1.5h', 5_400_000],
    ['1d12h', 129_600_000],
    ['1h 30m', 5_400_000],
    ['0', 0],
  ])('%s is understood', (text, ms) => {
    expect(durationMs(durationOf('--max-interval', 'maxInterval', text))).toBe(ms);
  });

  it('of a deadline may move the one in force', () => {
    expect(durationOf('--deadline', 'deadline', '+1d12h', MAY_ADD)).toBe('+36h');
    expect(durationOf('--deadline', 'deadline', '6h', MAY_ADD)).toBe('6h');
  });

  it.each([
    ['deadline', '12', '12h?'],
    ['deadline', '+12', '+12h?'],
    ['minInterval', '10', '10s?'],
    ['maxInterval', '5', '5m?'],
  ] as const)('without a unit is answered with the likeliest one: %s=%s', (option, text, meant) => {
    expect(() => durationOf(retuneFlag(option), option, text, MAY_ADD)).toThrow(
      `${retuneFlag(option)} is '${text}'; it needs a unit. Did you mean ${meant}`,
    );
  });

  it.each(['', 'soon', '12 parsecs', '1d 12', '-1h', '+6h'])(
    'that cannot be read is refused with examples: %s',
    (text) => {
      expect(() => durationOf('--max-interval', 'maxInterval', text)).toThrow(/expected a duration .* 1d12h/);
    },
  );

  it('is answered with a unit only where that gives a duration that is possible', () => {
    const given = (setting: string) => () =>
      inputOf({ image: 'i', to: 'ims-image:a', taskQueue: 'q', option: [setting] });
    expect(given('deadline=43200000')).toThrow(/^--option deadline is '43200000'; it needs a unit, such as 90s/);
    expect(given('minInterval=10000')).toThrow('Did you mean 10000s?');
  });

  it('may move the one in force by retune only', () => {
    const given = (setting: string) => () =>
      inputOf({ image: 'i', to: 'ims-image:a', taskQueue: 'q', option: [setting] });
    expect(given('deadline=+6h')).toThrow(/^--option deadline is '\+6h'; expected a duration with a unit, such as 90s/);
    expect(given('deadline=+6')).toThrow(/^--option deadline is '\+6'; expected a duration with a unit, such as 90s/);
  });

  it('needs its unit in --option, too', () => {
    const start = (setting: string) => inputOf({ image: 'i', to: 'ims-image:a', taskQueue: 'q', option: [setting] });
    expect(start('deadline=1d12h').options).toEqual({ deadline: '36h' });
    expect(start('deadline="12h"').options).toEqual({ deadline: '12h' });
    expect(() => start('deadline=12')).toThrow("--option deadline is '12'; it needs a unit. Did you mean 12h?");
  });
});
