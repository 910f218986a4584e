import { expect, it } from 'vitest';
import { runProcess, whatItSaid } from '../../src/dev-server/run-process';

const env = process.env;

it('runProcess returns exit code and output', async () => {
  const outcome = await runProcess('sh', ['-c', 'echo out; echo err >&2; exit 3'], { timeoutMs: 5_000, env });
  expect(outcome).toEqual({ kind: 'exited', exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
});

it('runProcess reports a missing command as not found', async () => {
  const outcome = await runProcess('no-such-command-here', [], { timeoutMs: 5_000, env });
  expect(outcome).toMatchObject({ kind: 'notStarted', code: 'ENOENT' });
  expect(whatItSaid(outcome)).toBe('not found');
});

it('runProcess keeps its time limit when a grandchild holds the output open', async () => {
  const begun = Date.now();
  const outcome = await runProcess('sh', ['-c', 'echo begun; sleep 3; true'], { timeoutMs: 200, env });
  expect(outcome).toMatchObject({ kind: 'timedOut', stdout: 'begun\n' });
  expect(whatItSaid(outcome)).toBe('stopped after 0.2 s without an end: begun');
  expect(Date.now() - begun).toBeLessThan(2_000);
});

it('the description of a process outcome quotes lines marked as errors or warnings first', () => {
  const stderr = 'WARNING: name resolution failed\nERROR: No matching distribution found for x==1\nhint: see above\n';
  expect(whatItSaid({ kind: 'exited', exitCode: 1, stdout: '', stderr })).toBe(
    'exit code 1: WARNING: name resolution failed | ERROR: No matching distribution found for x==1',
  );
});
