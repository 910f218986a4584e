import { ApplicationFailure } from '@temporalio/common';
import { beforeEach, expect, it } from 'vitest';
import { processLogger } from '../../src/worker/log';
import type { LogFormat, LogLevel } from '../../src/worker/log-options';

let lines: string[];
beforeEach(() => {
  lines = [];
});

const logger = (format: LogFormat, level: LogLevel = 'info') =>
  processLogger({ format, level, destination: { write: (line: string) => lines.push(line) } });
const said = () => lines.map((line) => JSON.parse(line) as { [name: string]: unknown });

const refusal = ApplicationFailure.create({ type: 'ExportNotAllowed', message: 'ISO image', nonRetryable: true });

it('the worker log keeps its level', () => {
  const log = logger('json', 'warn');
  log.info('no');
  log.warn('yes');
  expect(said()).toMatchObject([{ level: 'warn', msg: 'yes', time: expect.stringMatching(/^2\d{3}-.*Z$/) }]);
});

it('the worker log has stack and causes of an unexpected error', () => {
  const cause = new TypeError('no such field');
  logger('json').warn('Activity failed', { error: new Error('broken', { cause }), taskToken: 'c2VjcmV0' });
  expect(said()).toMatchObject([
    {
      msg: 'Activity failed',
      error: {
        type: 'Error',
        message: 'broken',
        stack: expect.stringContaining('log.test.ts'),
        cause: { type: 'TypeError', message: 'no such field' },
      },
    },
  ]);
  expect(lines[0]).not.toContain('taskToken');
});

it('the worker log has a deliberate failure once, in the line of the workflow', () => {
  logger('json').warn('Activity failed', { error: refusal });
  for (const workflowType of ['exportImageWorkflow', 'exportImagesWorkflow']) {
    logger('json').warn('Workflow failed', { error: new Error('ISO image'), workflowType });
  }
  expect(lines).toEqual([]);
  logger('json', 'debug').warn('Activity failed', { error: refusal });
  expect(said()).toMatchObject([{ level: 'debug', error: { type: 'ExportNotAllowed', message: 'ISO image' } }]);
  expect(lines[0]).not.toContain('stack');
});

it('the worker log has the failure of another workflow type without a stack', () => {
  logger('json').warn('Workflow failed', { error: new Error('sold out'), workflowType: 'orderWorkflow' });
  expect(said()).toMatchObject([{ level: 'warn', error: { message: 'sold out' } }]);
  expect(lines[0]).not.toContain('stack');
});

it('the worker log uses the same field for the run of an activity and of a workflow', () => {
  logger('json').info('from an activity', { workflowRunId: 'run' });
  logger('json').info('from a workflow', { runId: 'run' });
  expect(said()).toMatchObject([{ runId: 'run' }, { runId: 'run' }]);
});

it('the worker log in text format has the message first and its fields behind', () => {
  const log = logger('text');
  log.info('Export ended', { bucket: 'ims-image', reason: 'two words', sdkComponent: 'workflow' });
  log.warn('Something broke', { error: new Error('broken') });
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}Export ended bucket=ims-image reason="two words"\n$/);
  expect(lines[1]).toMatch(/^[\d:.]+ WARN {2}Something broke\n {2}Error: broken\n {6}at /);
});
