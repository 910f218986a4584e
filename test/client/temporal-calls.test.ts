import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ExportError, OUTAGE_PATIENCE_MS } from '../../src/client/errors';
import { reportsUntilEnd, throughOutages } from '../../src/client/temporal-calls';

const away = () => Object.assign(new Error('14 UNAVAILABLE'), { code: 14 });

describe('a wait for Temporal', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => void vi.useRealTimers());

  it('is taken up again after an outage', async () => {
    const answers = [() => Promise.reject(away()), async () => 'the result'];
    expect(await throughOutages<string>(() => answers.shift()?.() ?? Promise.reject(new Error('asked again')))).toBe(
      'the result',
    );
  });

  it('is given up when the outage is longer than ten minutes', async () => {
    let tries = 0;
    const wait = () => {
      tries += 1;
      // Time passes between the tries: a try that holds for long was answered. After the last one no timer may be left, which
      // would set the clock of another test.
      if (tries === 1) setTimeout(() => vi.setSystemTime(Date.now() + OUTAGE_PATIENCE_MS + 1), 10);
      return Promise.reject(away());
    };
    await expect(throughOutages(wait)).rejects.toThrow('UNAVAILABLE');
    expect(tries).toBe(2);
  });

  it('ends at once with what is no outage', async () => {
    const wait = vi.fn(() => Promise.reject(new TypeError('a bug')));
    await expect(throughOutages(wait)).rejects.toThrow('a bug');
    expect(wait).toHaveBeenCalledTimes(1);
  });
});

describe('reports of a workflow', () => {
  const report = (workflowStatus: string, closedAt: string | null = null, firstRunId = 'a', runId = firstRunId) => ({
    firstRunId,
    report: { workflowStatus, closedAt, runId },
  });

  async function followed(reads: Array<() => ReturnType<typeof report>>, onOutage = () => {}): Promise<string[]> {
    const seen: string[] = [];
    const read = async () => (reads.shift() ?? (() => Promise.reject(new Error('read after the end'))))();
    for await (const { workflowStatus } of reportsUntilEnd(read, { intervalMs: 1, onOutage }))
      seen.push(workflowStatus);
    return seen;
  }

  it('come to its end, the last one included, and across a continue-as-new', async () => {
    const reads = [
      () => report('RUNNING'),
      () => report('PAUSED'),
      () => report('CONTINUED_AS_NEW', '2026-01-01T00:00:00Z'),
      () => report('RUNNING'),
      () => report('COMPLETED', '2026-01-01T01:00:00Z'),
    ];
    expect(await followed(reads)).toEqual(['RUNNING', 'PAUSED', 'CONTINUED_AS_NEW', 'RUNNING', 'COMPLETED']);
  });

  it('are of one workflow alone, when another one of its id begins before the end of the first was seen', async () => {
    const asked: Array<string | undefined> = [];
    const runs = [
      report('RUNNING', null, 'a', 'a1'),
      report('RUNNING', null, 'a', 'a2'),
      report('RUNNING', null, 'b'),
      report('FAILED', '2026-01-01T00:00:00Z', 'a', 'a2'),
    ];
    const read = async (runId?: string) => {
      asked.push(runId);
      return runs.shift() ?? Promise.reject(new Error('read after the end'));
    };
    const seen: string[] = [];
    for await (const { runId, workflowStatus } of reportsUntilEnd(read, { intervalMs: 1, runId: 'a1' }))
      seen.push(`${runId} ${workflowStatus}`);
    expect(seen).toEqual(['a1 RUNNING', 'a2 RUNNING', 'a2 FAILED']);
    expect(asked).toEqual(['a1', undefined, undefined, 'a2']);
  });

  it('go on after an outage, of which the caller is told', async () => {
    const onOutage = vi.fn();
    const outage = () => {
      throw new ExportError('TemporalUnreachable', 'away', undefined, { cause: away() });
    };
    expect(await followed([outage, outage, () => report('FAILED', '2026-01-01T00:00:00Z')], onOutage)).toEqual([
      'FAILED',
    ]);
    expect(onOutage).toHaveBeenCalledTimes(2);
  });

  it('end with any other error', async () => {
    const gone = () => {
      throw new ExportError('NoSuchExport', 'There is no export.');
    };
    await expect(followed([gone])).rejects.toMatchObject({ code: 'NoSuchExport' });
  });
});
