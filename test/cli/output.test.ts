import { NamespaceNotFoundError } from '@temporalio/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as main from '../../src';
import { preflight } from '../../src/activities/preflight';
import { errorDocument, reportError, reportLines } from '../../src/cli/output';
import * as client from '../../src/client';
import { ExportError, type ExportReport } from '../../src/client';
import { toExportError } from '../../src/client/errors';
import type { ExportStatus } from '../../src/contract';
import { AccountConfigurationError } from '../../src/huaweicloud';
import { ProxyConfigurationError } from '../../src/network/proxies';
import { parseExportInput } from '../../src/request/export';
import { DataConverterError } from '../../src/temporal/data-converter';
import { TemporalAddressError } from '../../src/temporal/place';
import { beginTracking } from '../../src/workflows/state';
import { statusOf } from '../../src/workflows/status';
import { facts, image } from '../rigs/preflight-facts';

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

/** What a person reads on stderr. */
function said(error: unknown, takes = (_flag: string) => true): string {
  const lines: string[] = [];
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(String(line)));
  reportError(error, { takes });
  return lines.join('\n');
}

describe('an error on the command line', () => {
  it.each([
    ['TemporalConfiguration', toExportError(new NamespaceNotFoundError('nowhere'), 'ims-export:b:k')],
    ['TemporalConfiguration', new TemporalAddressError('it has a scheme')],
    ['ProxyConfiguration', new ProxyConfigurationError('HTTPS_PROXY', 'is no URL')],
    ['DataConverter', new DataConverterError('x.cjs', 'there is no such file')],
    [
      'AccountConfiguration',
      new AccountConfigurationError([{ variable: 'HUAWEICLOUD_SDK_AK', problem: 'is not set' }]),
    ],
    ['Error', new TypeError('x is not a function')],
  ])('has the code %s in its JSON: %s', (code, error) => {
    expect(errorDocument(error)).toEqual({ error: { code, message: (error as Error).message } });
  });

  it('of a wrong configuration is of a class that programs can import', () => {
    const missing = toExportError(new NamespaceNotFoundError('nowhere'), 'ims-export:b:k');
    for (const exported of [main, client]) {
      expect(missing).toBeInstanceOf(exported.TemporalConfigurationError);
      expect(exported.ProxyConfigurationError).toBe(ProxyConfigurationError);
    }
  });

  it('says once that the request is wrong, and names the flag', () => {
    const wrong = () => parseExportInput({ imageId: 'x', bucketUrl: 'ims-image:a', fileFormat: 'qcow2' });
    expect(wrong).toThrow();
    try {
      wrong();
    } catch (error) {
      expect(said(toExportError(error, 'ims-export:ims-image:a'))).toMatch(
        /^ims-export: InvalidExportRequest: imageId is "x"; expected .*\nOn the command line that is --image\.$/,
      );
    }
  });

  it('names only flags that the command has', () => {
    const invalid = (field: string) => new ExportError('InvalidExportRequest', 'no', { field });
    const refused = new ExportError('ExportNotAllowed', 'no', {
      overridable: ['notIso'],
      refusals: [{ rule: 'conversionSizeLimit' }],
    });
    const ofBatch = (flag: string) => ['--fail-when', '--max-concurrent'].includes(flag);
    for (const error of [invalid('account'), invalid('options.deadline'), invalid('fileFormat'), refused]) {
      expect(said(error)).toContain('On the command line that is');
      expect(said(error, ofBatch)).toBe(`ims-export: ${error.code}: no`);
    }
    expect(said(invalid('failWhen'), ofBatch)).toContain('On the command line that is --fail-when.');
  });

  const large = { image: image('large') };
  const encrypted = { image: image('linux', { __system__cmkid: 'key' }), input: { isQuickExport: true } };
  const refused = [
    ['an image that is too large to convert', large],
    ['a quick export of an encrypted image', encrypted],
    ['an image that cannot be exported at all', { image: image('iso') }],
  ] as const;
  it.each(refused)('offers format flags only when another format helps: %s', (_what, changes) => {
    const { refusals, overridable } = preflight(facts(changes));
    expect(refusals).toHaveLength(1);
    // What a person reads in the words of a rule, the command line reads in its field.
    const meansFormat = refusals.some(({ message }) => message.includes('isQuickExport'));
    const text = said(new ExportError('ExportNotAllowed', 'no', { refusals, overridable }));
    expect(text.includes('--quick for isQuickExport, --format for fileFormat')).toBe(meansFormat);
  });
});

describe('`ims-export status`', () => {
  const workflowId = 'ims-export:ims-image:a.qcow2';
  function lines(status: Partial<ExportStatus> | null, memo: ExportReport['memo'] = {}): string {
    const known = status && { ...statusOf(beginTracking({}, 0), 0), ...status };
    const closedAt = status === null ? '2026-01-01T00:00:00.000Z' : null;
    const report = { workflowId, runId: 'r', workflowStatus: 'RUNNING', startedAt: '', closedAt, memo, retrying: null };
    return reportLines({ ...report, status: known }).join('\n');
  }

  it('says what the operator should do, as a command for this export', () => {
    expect(lines({ phase: 'parked', attention: 'parked' })).toMatch(
      /^ {2}action {3}Fix the worker's credentials .* `ims-export poll-now ims-export:ims-image:a\.qcow2`\.$/m,
    );
    expect(lines({ phase: 'exporting', pollingPaused: true })).toContain(
      '  resume   `ims-export resume-polling ims-export:ims-image:a.qcow2`',
    );
  });

  it('reports what remains of job and object from the memo alone', () => {
    const text = lines(null, { outcome: 'canceled', remoteJob: 'ended', jobId: 'j', object: 'kept' });
    expect(text).toContain('  cloud    The job `j` has ended in the cloud.');
    expect(text).toContain('  object   Its object was kept: it may not be of this export');
  });

  it('gives the reason why the object was kept when a worker answers', () => {
    const discard = { kind: 'kept', reason: 'it was replaced' } as const;
    const text = lines({ phase: 'ended', outcome: 'canceled', remoteJob: 'ended', discard }, { object: 'kept' });
    expect(text).toContain('  object   Its object was kept: it was replaced.');
  });
});
