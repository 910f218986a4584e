import { describe, expect, it } from 'vitest';
import { isAtLeast, parseCliVersion } from '../../src/dev-server/cli-version';

describe('the version of the Temporal CLI', () => {
  it('is read from what `temporal --version` prints', () => {
    expect(parseCliVersion('temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)\n')).toEqual({
      cli: '1.9.1',
      server: '1.32.0',
      webUi: '2.54.1',
    });
  });

  it('keeps the suffix of a pre-release', () => {
    expect(parseCliVersion('temporal version 1.9.4-time-skipping (Server 1.32.0-162.0, UI 2.54.1)')).toEqual({
      cli: '1.9.4-time-skipping',
      server: '1.32.0-162.0',
      webUi: '2.54.1',
    });
  });

  it.each(['', 'pyenv: temporal: command not found', 'tctl version 1.18.0', 'temporal version DEV'])(
    'is not read from %j',
    (output) => {
      expect(parseCliVersion(output)).toBeNull();
    },
  );

  it.each([
    ['1.8.0', '1.8.0', true],
    ['1.10.0', '1.8.0', true],
    ['2.0.0', '1.8.0', true],
    ['1.9.4-time-skipping', '1.8.0', true],
    ['1.7.9', '1.8.0', false],
    ['0.13.2', '1.8.0', false],
    ['1.8.0', '1.8.1', false],
  ])('version %s is at least %s: %s', (version, minimum, expected) => {
    expect(isAtLeast(version, minimum)).toBe(expected);
  });
});
