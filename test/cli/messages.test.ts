/** Each message that offers a command: as the sources have it, and, of those that most people meet, as it is printed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { CancelledFailure, TerminatedFailure } from '@temporalio/common';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { reportError } from '../../src/cli/output';
import { nextStep } from '../../src/cli/search-attributes';
import { ExportError } from '../../src/client';
import { toExportError } from '../../src/client/errors';
import { startProgress } from '../../src/client/start-progress';
import { noWorker } from '../../src/client/workers';
import { BATCH_VERDICTS, type BatchCounts } from '../../src/contract';
import { describeEarlier } from '../../src/export/earlier';
import { batchFailed, childTerminated, outcomeUnknown, submitGivenUp } from '../../src/export/failures';
import { nothingToExport } from '../../src/export/failures/before-submit';
import { parseExportInput } from '../../src/request/export';
import { REPOSITORY } from '../docs/pages';
import {
  BATCH_ID,
  BUCKET_URL,
  EXPORT_ID,
  exportStatus,
  IMAGE,
  JOB,
  minutesAgo,
  statusWithoutJob,
} from '../rigs/reports';
import { SCREENS, shownOn } from '../rigs/screen';
import { stubTemporal } from '../rigs/stub-temporal';

/** What makes a command, and what stands in a text as one. */
const MAKES_COMMAND =
  /\b(command|workflowCommand|commandOf|attachCommand)\(|`(ims-export|temporal|npm|npx|chmod|chown) /;

/** Every text of a source file with a command in it, with its placeholders as they are written. */
function messagesIn(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isText =
      ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node);
    const text = isText ? node.getText(source).slice(1, -1).replaceAll('\\`', '`') : '';
    if (MAKES_COMMAND.test(text)) found.push(text.replace(/\s+/g, ' '));
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const sources = readdirSync(join(REPOSITORY, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .sort();

describe('messages with a command', () => {
  it('are these, in the sources', () => {
    const byFile = sources.flatMap((path) => {
      const messages = messagesIn(join(REPOSITORY, 'src', path));
      return messages.length === 0 ? [] : [`src/${path}`, ...messages.map((message) => `  ${message}`)];
    });
    expect(byFile.length).toBeGreaterThan(60);
    expect(byFile.join('\n')).toMatchSnapshot();
  });

  const request = parseExportInput({ imageId: IMAGE, bucketUrl: BUCKET_URL, fileFormat: 'qcow2' });
  const known = {
    request,
    input: {},
    jobId: JOB,
    remoteJob: 'running',
    lastError: null,
    status: exportStatus(),
  } as const;
  const ended = (cause: Error) => new WorkflowFailedError('no', cause, 'NON_RETRYABLE_FAILURE' as never);
  const earlier = {
    runId: 'r',
    outcome: null,
    remoteJob: 'running',
    jobId: JOB,
    fileFormat: null,
    object: null,
    finishedAt: null,
  } as const;
  const none = Object.fromEntries(BATCH_VERDICTS.map((verdict) => [verdict, 0])) as BatchCounts;
  const counts = { ...none, succeeded: 1, failed: 2 };
  const errors: { [what: string]: unknown } = {
    'no such export': new WorkflowNotFoundError('no', EXPORT_ID, undefined),
    'no Temporal': Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: '', metadata: {} }),
    'no worker': noWorker(stubTemporal(), 'ims-export'),
    terminated: ended(new TerminatedFailure('no')),
    canceled: ended(new CancelledFailure('no')),
    'a terminated child': childTerminated(request, EXPORT_ID, new Error('no')),
    'a deadline that is over': outcomeUnknown(known, 'deadline', 'RUNNING 37 %'),
    'a submit that did not start': submitGivenUp(request, Date.parse(minutesAgo(0))),
    'a batch that failed': batchFailed(BATCH_ID, { failWhen: 'any', total: 3, counts, troubles: [] } as never),
    'nothing to export': nothingToExport({ tag: 'backup' }, 'default'),
    'no access': new ExportError('AccessDenied', 'The account was refused.'),
  };
  it.each(Object.entries(errors))('are printed as an error: %s', async (_what, error) => {
    expect(await shownOn(SCREENS.wide, () => reportError(toExportError(error, EXPORT_ID), {}))).toMatchSnapshot();
  });

  it('name the id that was meant where the id of an export is a destination or a URL', () => {
    const messageFor = (id: string) =>
      (toExportError(new WorkflowNotFoundError('no', id, undefined), id) as Error).message;
    for (const id of [BUCKET_URL, 'obs://ims-image/exports/centos7_5.qcow2']) {
      expect(messageFor(id)).toContain(`Did you mean ${EXPORT_ID}?`);
    }
  });

  it('are printed while a start waits, and where something was left behind', () => {
    const facts = {
      workflowId: EXPORT_ID,
      runId: 'r',
      workflowStatus: 'RUNNING',
      startedAt: minutesAgo(1),
      closedAt: null,
    };
    const report = { ...facts, memo: {}, retrying: null };
    const waiting = statusWithoutJob({ phase: 'waitingToSubmit', lastError: 'IMG.0148: busy', remoteJob: 'none' });
    const asked = statusWithoutJob({ phase: 'needsAnswer', attention: 'needsAnswer' });
    const texts = [
      ...[null, waiting, asked].map((status) => startProgress({ ...report, status })?.text),
      describeEarlier(earlier, { imageId: IMAGE, bucketUrl: BUCKET_URL }),
      nextStep([{ name: 'ImsExportPhase', type: 'KEYWORD', registered: false, registeredAs: 'INT' }], 'default'),
      nextStep([{ name: 'ImsExportPhase', type: 'KEYWORD', registered: false, registeredAs: null }], 'default'),
    ];
    expect(texts.join('\n\n')).toMatchSnapshot();
  });
});
