import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { TerminatedFailure } from '@temporalio/common';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { batchLines } from '../../src/cli/batch';
import { diagnosisLines } from '../../src/cli/doctor';
import { listLines } from '../../src/cli/list';
import { reportError, reportLines, resultLines } from '../../src/cli/output';
import { progressDisplay } from '../../src/cli/progress-display';
import { nextStep } from '../../src/cli/search-attributes';
import { type BatchReport, ExportError, type ExportReport } from '../../src/client';
import { toExportError } from '../../src/client/errors';
import { listedExport } from '../../src/client/list';
import { startProgress } from '../../src/client/start-progress';
import {
  EXPORT_PHASES,
  type ExportImageResult,
  type ExportMemo,
  type ExportStatus,
  exportWorkflowId,
} from '../../src/contract';
import { DevServerNotStarted, ServerNotFound } from '../../src/dev-server';
import type { Diagnosis } from '../../src/doctor';
import { describeEarlier } from '../../src/export/earlier';
import { childTerminated, outcomeUnknown } from '../../src/export/failures';
import { attachCommand, attentionText, commandOf, RESUME } from '../../src/export/guidance';
import { command, cut, cutToBytes, forTerminal, inMarkdown, oneLine } from '../../src/export/quoting';
import { parseBatchInput } from '../../src/request/batch';
import { parseExportInput } from '../../src/request/export';
import { hasHidden } from '../../src/request/visible';
import { print, printJson } from '../../src/terminal/output';
import { processLogger } from '../../src/worker/log';
import { beginTracking } from '../../src/workflows/state';
import { statusOf } from '../../src/workflows/status';
import { printedBy, runHere } from '../rigs/command-here';
import { expectExactCommands, expectSafeForTerminal, hasShell, hostileWords, offersIn } from '../rigs/hostile-words';
import { itInLongForm, LONG_FORM } from '../rigs/long-form';
import { type Rig, startRig } from '../rigs/rig';
import { bundleOnce } from '../rigs/temporal';

/** Commands that Temporal answers take their time, and so do shells. */
const runs = (short: number) => (LONG_FORM ? 5 * short : short);

const IMAGE_ID = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';
const AT = '2026-01-01T00:00:00.000Z';

/** A status of which every text is these words. */
function statusSaying(words: string, phase: ExportStatus['phase'] = 'parked'): ExportStatus {
  return {
    ...statusOf(beginTracking({}, 0), 0),
    ...{
      phase,
      outcome: phase === 'ended' ? 'unknown' : null,
      attention: phase === 'ended' ? 'outcomeUnknown' : 'parked',
    },
    ...{ imageId: words, bucketUrl: words, jobId: words, jobStatus: words, lastError: words, warnings: [words, words] },
    ...{ remoteJob: 'running', startedAt: words, endedAt: words, deadlineAt: words, nextPollAt: words },
    ...{ pollingPaused: true, fileFormat: words as 'qcow2', progress: 0.5 },
    ...{ failure: { type: words, message: words }, discard: { kind: 'kept', reason: words } },
    ...{ resolution: { jobId: words, taken: null, objection: words } },
    earlier: memoSaying(words).earlier ?? null,
  } as ExportStatus;
}

/** A memo of which every text is these words. */
function memoSaying(words: string): ExportMemo {
  const earlier = {
    runId: words,
    outcome: words,
    remoteJob: 'running',
    jobId: words,
    fileFormat: words,
    finishedAt: words,
  };
  const memo = { jobId: words, imageId: words, bucketUrl: words, outcome: words, remoteJob: 'running', object: 'kept' };
  return { ...memo, earlier: { ...earlier, object: { size: 1, etag: words, lastModified: words } } } as ExportMemo;
}

function reportSaying(words: string, status: ExportStatus | null): ExportReport {
  const run = {
    workflowId: exportWorkflowId(words),
    runId: words,
    workflowStatus: 'RUNNING',
    startedAt: AT,
    closedAt: null,
  };
  return { ...run, memo: memoSaying(words), retrying: { activity: words, attempt: 3, failure: words }, status };
}

function batchSaying(words: string): BatchReport {
  const failure = { type: words, message: words };
  const trouble = { verdict: 'failed', imageId: words, bucketUrl: words, failure };
  const status = { phase: 'running', dryRun: false, total: 1, running: 1, maxConcurrent: 1, pending: 0, counts: {} };
  return {
    ...reportSaying(words, null),
    memo: { outcome: words, total: 1 },
    status: { ...status, failure, troubles: [trouble], warnings: [words] },
  } as unknown as BatchReport;
}

const diagnosisSaying = (words: string): Diagnosis => ({
  ok: false,
  fixFirst: 'cloud',
  checks: [{ check: 'bucket', subject: words, state: 'problem', kind: 'cloud', found: words, next: words }],
});

const resultSaying = (words: string) =>
  ({
    ...{ imageId: words, bucketUrl: words, fileFormat: words, jobId: words, startedAt: AT, finishedAt: AT },
    ...{
      polls: 1,
      submissions: 1,
      object: { size: 1, etag: words },
      verification: { state: 'skipped', reason: words },
      warnings: [words],
    },
  }) as unknown as ExportImageResult;

/** Errors whose texts and details have words of the cloud, of a caller or of a history. */
const errorsSaying = (words: string) => [
  new ExportError('InvalidExportRequest', words, { field: `options.${words}` }),
  new ExportError('ExportNotAllowed', words, { overridable: [words], refusals: [{ rule: 'x', message: words }] }),
  Object.assign(new Error(words), { stack: words, cause: new Error(words) }),
];

/** The characters of which a terminal or a page shows nothing: with one, two names look the same. */
const IGNORABLE = Array.from({ length: 0x11_0000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((character) => /\p{Default_Ignorable_Code_Point}/u.test(character));

describe('words of others in a terminal', () => {
  it('F59 hide no character: each that is shown as nothing is shown by its escape, in Markdown too', () => {
    expect(IGNORABLE.length).toBeGreaterThan(4_000);
    for (const character of IGNORABLE) {
      const words = `a${character}b`;
      expect(forTerminal(words)).toMatch(/^a(\\u[0-9a-f]{4}){1,2}b$/);
      expect(inMarkdown(words)).toMatch(/^(`a(\\u[0-9a-f]{4}){1,2}b`|a b)$/);
      expect(command('ims-export', 'status', words)).toMatch(/^ims-export status \$'a[\\0-7]+b'$/);
    }
  });

  const lines: Array<[string, (words: string) => string[]]> = [
    ['status of an export', (words) => reportLines(reportSaying(words, statusSaying(words)))],
    ['status of an export without a worker', (words) => reportLines(reportSaying(words, null))],
    ['list', (words) => listLines([listedExport(reportSaying(words, statusSaying(words)))], null)],
    ['list in a narrow terminal', (words) => listLines([listedExport(reportSaying(words, null))], 20)],
    ['status of a batch', (words) => batchLines(batchSaying(words))],
    ['doctor', (words) => diagnosisLines(diagnosisSaying(words))],
    ['the result of an export', (words) => resultLines(resultSaying(words))],
  ];
  it.each(lines)('F59 are shown by their escapes, and make no line of their own: %s', async (_what, linesOf) => {
    await fc.assert(
      fc.asyncProperty(hostileWords, async (words) => {
        const { stdout } = await printedBy(() => print(...linesOf(words)));
        expectSafeForTerminal(stdout);
        expect(stdout.split('\n')).toHaveLength(linesOf(words).length + 1);
      }),
    );
  });

  it('F59 are shown by their escapes beside the progress bar', async () => {
    const before = Object.getOwnPropertyDescriptor(process.stdout, 'isTTY') ?? { value: undefined };
    Object.defineProperty(process.stdout, 'isTTY', { value: true, configurable: true });
    const { stdout } = await printedBy(async () => {
      const display = await progressDisplay('stdout');
      display.show({ ...reportSaying('', statusSaying('\u001b]0;owned\u0007')), memo: {} });
      display.end();
    });
    Object.defineProperty(process.stdout, 'isTTY', { ...before, configurable: true });
    expect(stdout).toContain('parked: \\u001b]0;owned\\u0007');
    expect(stdout).not.toContain('\u001b]');
  });

  it('F59 are shown by their escapes in errors, with stack and cause', async () => {
    await fc.assert(
      fc.asyncProperty(hostileWords, async (words) => {
        for (const error of errorsSaying(words)) {
          const { stderr } = await printedBy(() => reportError(error, { verbose: true, takes: () => true }));
          expectSafeForTerminal(stderr);
          expect(stderr.match(/^ims-export: /gm)).toHaveLength(1);
        }
      }),
    );
    process.exitCode = 0;
  });

  it('F59 are one line of an error of any kind; only what was tried to find a server has lines of its own', async () => {
    const forged = 'no\n  workflow   COMPLETED since 2026-01-01';
    const linesOf = async (error: unknown) =>
      (await printedBy(() => reportError(error, { takes: () => true }))).stderr.split('\n').length - 1;
    for (const error of [new Error(forged), new TypeError(forged), forged]) expect(await linesOf(error)).toBe(1);
    const tried = [{ way: 'pip install', said: 'no network' }];
    const program = { title: 'Temporal CLI', advice: ['install it.'] as readonly string[] } as ConstructorParameters<
      typeof ServerNotFound
    >[0];
    expect(await linesOf(new ServerNotFound(program, tried))).toBe(4);
    expect(await linesOf(new DevServerNotStarted('EXITED', 'It ended.', 'bind: in use\nbye'))).toBe(3);
    process.exitCode = 0;
  });

  it('F59 are escaped in JSON, and are there the same', async () => {
    await fc.assert(
      fc.asyncProperty(hostileWords, async (words) => {
        const { stdout } = await printedBy(() => printJson({ words }));
        expectSafeForTerminal(stdout);
        expect(JSON.parse(stdout)).toEqual({ words });
      }),
    );
  });

  it.each(['text', 'json'] as const)('F59 are escaped in the log: %s', (format) => {
    fc.assert(
      fc.property(hostileWords, (words) => {
        const written: string[] = [];
        const logger = processLogger({ format, destination: { write: (line) => void written.push(line) } });
        logger.warn(words, { workflowId: words, [words]: words, nested: { words }, error: new Error('why') });
        const said = written.join('');
        expectSafeForTerminal(said);
        if (format === 'json') expect(JSON.parse(said)).toMatchObject({ msg: words, workflowId: words });
        else expect(said.split('\n').filter((line) => /^\d\d:\d\d/.test(line))).toHaveLength(1);
      }),
    );
  });
});

describe('commands for copying', () => {
  /** Every text that offers commands with an id, a destination or a job in them. */
  const texts = (id: string, bucketUrl: string, phase: ExportStatus['phase']): string[] => {
    const status = { ...statusSaying(id, phase), jobId: id, imageId: id, bucketUrl, earlier: null };
    const report = { ...reportSaying(id, status), workflowId: id, retrying: null };
    const known = { request: { ...parseExportInput(VALID), bucketUrl }, jobId: id };
    const offered = [commandOf(RESUME, id), attachCommand(id, { imageId: id, bucketUrl }, { fileFormat: 'qcow2' })];
    const errors = [
      toExportError(new WorkflowNotFoundError('no', id, undefined), id),
      toExportError(new WorkflowFailedError('no', new TerminatedFailure('no'), 'NON_RETRYABLE_FAILURE' as never), id),
      childTerminated({ imageId: id, bucketUrl }, id, new Error('no')),
      outcomeUnknown({ ...known, input: {}, remoteJob: 'running', lastError: null, status }, 'deadline', 'RUNNING'),
    ];
    return [
      ...offered.map((command) => `\`${command}\``),
      ...errors.map((error) => (error as Error).message),
      attentionText(status, id) ?? '',
      startProgress(report)?.text ?? '',
      ...reportLines({ ...report, memo: {} }),
      describeEarlier({ ...EARLIER, jobId: id }, { imageId: id, bucketUrl }),
      nextStep([{ name: 'ImsExportPhase', type: 'KEYWORD', registered: false, registeredAs: 'INT' }], id),
    ];
  };
  const VALID = { imageId: IMAGE_ID, bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' };
  const EARLIER = {
    ...{ runId: 'r', outcome: null, remoteJob: null, fileFormat: null, object: null, finishedAt: null },
  } as const;

  for (const shell of ['bash', 'zsh', 'ksh'] as const) {
    it.skipIf(!hasShell(shell))(
      `F60 hand exactly their arguments to the program, in ${shell}`,
      { timeout: 60_000 },
      async () => {
        await fc.assert(
          fc.asyncProperty(
            hostileWords,
            hostileWords,
            fc.constantFrom(...EXPORT_PHASES),
            async (id, bucketUrl, phase) => {
              const { stdout } = await printedBy(() => print(...texts(id, bucketUrl, phase)));
              const all = expectExactCommands(stdout, [id, bucketUrl, IMAGE_ID], shell);
              expect(all.length).toBeGreaterThan(6);
              expect(all).toContainEqual(['resume-polling', ...(id.startsWith('-') ? ['--', id] : [id])]);
              const attach = ['attach', '--job', id, '--image', id, '--to', bucketUrl, '--format', 'qcow2'];
              expect(all).toContainEqual(attach);
            },
          ),
          { numRuns: shell === 'bash' ? 100 : runs(40) },
        );
      },
    );
  }

  it('F60 are left out whole where a message is cut in one of them', () => {
    const cuts = [cut, cutToBytes, oneLine];
    fc.assert(
      fc.property(
        hostileWords,
        hostileWords,
        fc.constantFrom(...EXPORT_PHASES),
        fc.nat(),
        (id, bucketUrl, phase, at) => {
          for (const text of texts(id, bucketUrl, phase)) {
            for (const shorten of cuts) {
              const short = shorten(text, 3 + (at % Math.max(1, text.length)));
              expect(offersIn(text)).toEqual(expect.arrayContaining(offersIn(short)));
              const begun = short.split('`').at(-1) ?? '';
              expect(/^(ims-export|temporal) /.test(begun) && short.endsWith('…')).toBe(false);
            }
          }
        },
      ),
    );
  });
});

describe('against Temporal, with workflows that say anything', () => {
  let rig: Rig;
  beforeAll(async () => {
    const workflowsPath = require.resolve('../rigs/fixtures/says-anything/index.ts');
    rig = await startRig({ bundle: await bundleOnce({ workflowsPath }) });
  });
  afterAll(() => rig?.close());

  const start = (type: string, workflowId: string, args: { words: string; status: object }) =>
    rig.client.workflow.start(type, {
      ...{ workflowId, taskQueue: rig.taskQueue, memo: { ...memoSaying(args.words), outcome: undefined } },
      args: [args],
    });

  /** What commands print, each of which is looked at. */
  function looking(words: readonly string[]) {
    const printed: string[] = [];
    const run = async (...args: string[]): Promise<string> => {
      const { stdout, stderr } = await runHere(rig.server, ...args);
      printed.push(stdout, stderr);
      expectSafeForTerminal(stdout + stderr);
      // Of a document, the commands in its texts.
      const said = args.includes('--json') ? stdout.replace(/"(?:[^"\\]|\\.)*"/g, (text) => JSON.parse(text)) : stdout;
      expectExactCommands(said + stderr, words);
      for (const line of stderr.split('\n')) expect(line.startsWith('ims-export: NoWorker: forged')).toBe(false);
      return stdout;
    };
    return { printed, run, json: async (...args: string[]) => JSON.parse(await run(...args)) as unknown };
  }

  /** Of an export or a batch that has the words for its id, its memo and its status. */
  async function outputsOf(words: string, type: string, status: object): Promise<string[]> {
    const workflowId = `${words}${Math.random()}`;
    const handle = await start(type, workflowId, { words, status });
    const { printed, run, json } = looking([words, workflowId]);
    // An id that begins as a flag does is given after `--`.
    await run('list');
    await run('status', '--', workflowId);
    expect(await json('status', '--json', '--', workflowId)).toMatchObject({ workflowId });
    await run('retune', '--deadline', '+6h', '--', workflowId);
    for (const command of ['pause-polling', 'resume-polling', 'poll-now', 'cancel'])
      await run(command, '--', workflowId);
    await handle.signal('end');
    await run('watch', '--', workflowId);
    const [last] = (await run('watch', '--json', '--', workflowId)).trimEnd().split('\n').slice(-1);
    expect(JSON.parse(last ?? '')).toMatchObject({ type: 'error', error: { message: words } });
    await run('status', '--', workflowId);
    await run('poll-now', '--', workflowId);
    await run('status', '--', `not ${workflowId}`);
    await json('list', '--json');
    return printed;
  }

  it.each([
    ['an export', 'exportImageWorkflow', (words: string) => statusSaying(words)],
    ['a batch', 'exportImagesWorkflow', (words: string) => batchSaying(words).status ?? {}],
  ])(
    'F59 every command on %s shows them by their escapes, and offers only exact commands',
    {
      timeout: 120_000,
    },
    async (_what, type, statusOf) => {
      await fc.assert(
        fc.asyncProperty(hostileWords, async (words) => {
          expect((await outputsOf(words, type, statusOf(words))).join('')).not.toBe('');
        }),
        { numRuns: runs(2), endOnFailure: true },
      );
    },
  );

  it('F59 start, attach and resolve show them by their escapes, and offer only exact commands', {
    timeout: 120_000,
  }, async () => {
    const destination = (bucketUrl: string) => ['--image', IMAGE_ID, '--to', bucketUrl, '--format', 'qcow2'];
    await fc.assert(
      fc.asyncProperty(hostileWords, async (words) => {
        const job = words.trim() || 'job';
        const bucketUrl = `ims-image:${[...words].filter((character) => !hasHidden(character)).join('')}${Math.random()}`;
        const workflowId = exportWorkflowId(bucketUrl);
        const resolution = { jobId: job, taken: false, objection: words };
        const status = { ...statusSaying(words), bucketUrl, resolution };
        const handle = await start('exportImageWorkflow', workflowId, { words, status });
        const { run, json } = looking([words, job, bucketUrl, workflowId]);
        expect(await run('start', ...destination(bucketUrl))).toMatch(/^Joined the running export /);
        expect(await json('start', '--json', ...destination(bucketUrl))).toMatchObject({ jobId: words, how: 'joined' });
        await run('attach', '--job', words, ...destination(bucketUrl));
        await run('attach', '--job', 'e'.repeat(32), ...destination(bucketUrl));
        await run('resolve', '--job', job, '--', workflowId);
        await run('resolve', '--not-submitted', '--', workflowId);
        await handle.signal('end');
      }),
      { numRuns: runs(2), endOnFailure: true },
    );
  });

  it('F59 arguments, files and folders are shown by their escapes when they are wrong', {
    timeout: 120_000,
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ims-export-words-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await fc.assert(
      fc.asyncProperty(hostileWords, async (words) => {
        // Half a character has no name in a file system.
        const name = [...words.replaceAll('/', '')].slice(0, 50).join('');
        const file = join(folder, 'batch.json');
        await writeFile(file, JSON.stringify({ images: [{ imageId: words, [words]: words }], to: words, [words]: 1 }));
        const state = join(folder, `${name}${Math.random()}`);
        await mkdir(state);
        await writeFile(join(state, 'of another'), '');
        const { run, json } = looking([words, file, state, join(state, 'simulator-state')]);
        const wrong = ['--image', words, '--to', words, '--format', words, '--account', words];
        await run('start', ...wrong);
        await run('start', ...wrong, '--option', words);
        await run('start', ...wrong, '--option', `${words}=${words}`);
        expect(await json('start', '--json', ...wrong)).toMatchObject({ error: { code: 'InvalidExportRequest' } });
        expect(await json('attach', '--json', '--job', words, ...wrong)).toHaveProperty('error.message');
        await run('batch', file);
        await run('batch', '--name', words, '--', file);
        expect(await json('batch', '--json', '--', file)).toHaveProperty('error.message');
        await run('batch', '--', words);
        await run('list', '--data-converter', words);
        await run('search-attributes', '--data-converter', words);
        await run('schema', '--', words);
        await run('simulator', '--state', state);
        await run('simulator', '--write-env', join(state, 'none', words));
        for (const args of [
          [`a${words}`],
          ['status', '--', 'a', words],
          ['status', `--x${words}`],
          ['retune', '--deadline'],
        ])
          await run(...args);
      }),
      { numRuns: runs(4), endOnFailure: true },
    );
  });

  itInLongForm('F59 the doctor shows them by their escapes', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(hostileWords, async (words) => {
        const { run, json } = looking([words]);
        await run('doctor', '--bucket', words, '--account', words, '--task-queue', words);
        expect(await json('doctor', '--json', '--bucket', words, '--task-queue', words)).toHaveProperty('checks');
      }),
      { numRuns: 3, endOnFailure: true },
    );
  });

  it('F60 a key, an account or a batch with characters that nobody sees is invalid, and is shown by its escapes', () => {
    const invalid = (parse: () => unknown) => {
      try {
        parse();
      } catch (error) {
        return (error as Error).message;
      }
      return 'valid';
    };
    const base = { imageId: IMAGE_ID, bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' };
    const controls = fc.constantFrom('\u001b[2J', '\n', '\r', '\u0085', '\u2028', '\u202e', '\u0000', '\u200b');
    const blanks = fc.constantFrom('\u00a0', '\u2003', '\u202f', '\u2800', '\u3000');
    const bad = fc.oneof(controls, blanks, fc.constantFrom(...IGNORABLE));
    fc.assert(
      fc.property(bad, (control) => {
        const wrong = [
          invalid(() => parseExportInput({ ...base, bucketUrl: `ims-image:a${control}b` })),
          invalid(() => parseExportInput({ ...base, account: `a${control}b` })),
          invalid(() => parseBatchInput({ images: [{ imageId: IMAGE_ID }], to: `ims-image:{name}${control}` })),
          invalid(() =>
            parseBatchInput({ images: [{ imageId: IMAGE_ID, objectKey: `a${control}` }], to: 'ims-image:' }),
          ),
          invalid(() =>
            parseBatchInput({ images: [{ imageId: IMAGE_ID }], to: 'ims-image:{name}', account: `a${control}` }),
          ),
        ];
        for (const message of wrong) {
          expectSafeForTerminal(message);
          expect(message).toMatch(/^(bucketUrl|account|to|images\.0\.objectKey) is ".*"; expected .*visible/);
        }
      }),
    );
  });
});
