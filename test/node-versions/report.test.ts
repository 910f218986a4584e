import { describe, expect, it } from 'vitest';
import { exclusionsIn, settingsOf, table, testsIn, whyUnsupported, withoutVitest } from './report';

const NPM_SAID = `npm warn EBADENGINE Unsupported engine {
npm warn EBADENGINE   package: 'vite@8.3.8',
npm warn EBADENGINE   required: { node: '^20.19.0 || >=22.12.0' },
npm warn EBADENGINE   current: { node: 'v22.0.0', npm: '11.19.1' }
npm warn EBADENGINE }
npm warn EBADENGINE Unsupported engine {
npm warn EBADENGINE   package: '@temporalio/worker@1.24.0',
npm warn EBADENGINE   required: { npm: '>=7', node: '>= 22.3.0' },
npm warn EBADENGINE   current: { node: 'v22.0.0', npm: '11.19.1' }
npm warn EBADENGINE }

added 500 packages in 20s
`;

describe('npm run node-versions', () => {
  it('tries the newest release of four lines, or the versions that it is given', () => {
    expect(settingsOf([]).versions).toEqual(['20', '22', '24', '26']);
    expect(settingsOf(['--versions', '20.19.0, 24']).versions).toEqual(['20.19.0', '24']);
  });

  it.each(['', 'lts', '20,', '24; rm -rf /'])('refuses "%s", which names no version', (versions) => {
    expect(() => settingsOf(['--versions', versions])).toThrow(`not "${versions}"`);
  });

  it('reads from npm which packages exclude a Node: without vite no tests run, without the SDK there is no support', () => {
    const exclusions = exclusionsIn(NPM_SAID);
    expect(exclusions).toEqual([
      { package: 'vite@8.3.8', needs: '^20.19.0 || >=22.12.0' },
      { package: '@temporalio/worker@1.24.0', needs: '>= 22.3.0' },
    ]);
    expect(withoutVitest(exclusions)?.package).toBe('vite@8.3.8');
    expect(whyUnsupported('22.0.0', exclusions)).toBe('not supported: @temporalio/worker@1.24.0 needs Node >= 22.3.0');
    expect(exclusionsIn('added 500 packages in 20s')).toEqual([]);
  });

  it("says of a Node that npm installs Temporal's SDK under, and the SDK does not name, that it is not yet supported", () => {
    expect(whyUnsupported('24.21.0', [])).toBeUndefined();
    expect(whyUnsupported('26.10.0', [])).toBe("not yet supported by Temporal's SDK, which names 20, 22, 24");
  });

  it('counts the tests that vitest ran and those that it skipped, in colour or not', () => {
    const said = ' Test Files  2 passed (2)\n      Tests  37 passed | 2 skipped (39)\n   Duration  1s\n';
    expect(testsIn(said)).toBe('37 passed, 2 skipped');
    expect(testsIn('\u001b[2m      Tests \u001b[22m \u001b[1m\u001b[32m5 passed\u001b[39m\u001b[22m (5)\n')).toBe(
      '5 passed',
    );
    expect(testsIn('it crashed')).toBe('');
  });

  it('prints a table in Markdown', () => {
    const row = { node: '24.21.0', result: 'passed', isSupported: true, note: '' } as const;
    expect(
      table([
        { ...row, step: 'demo', seconds: 20.4 },
        { ...row, step: 'consumers', seconds: null, result: 'not run', note: 'why' },
      ]),
    ).toBe(
      [
        '| Node | Step | Result | Seconds | Note |',
        '| --- | --- | --- | --: | --- |',
        '| 24.21.0 | demo | passed | 20 |  |',
        '| 24.21.0 | consumers | not run |  | why |',
      ].join('\n'),
    );
  });
});
