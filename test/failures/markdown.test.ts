import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startExport } from '../../src/client';
import { exportStartOptions } from '../../src/client/start-options';
import { EXPORT_PHASES, type ExportPhase, exportWorkflowId } from '../../src/contract';
import { startDetails } from '../../src/export/guidance';
import { codeSpan, forTerminal, inMarkdown, oneLine } from '../../src/export/quoting';
import { startSummary, submitSummary, timerSummary, waitSummary } from '../../src/export/summaries';
import { parseExportInput } from '../../src/request/export';
import { batchDetails } from '../../src/workflows/batch/publishing';
import { type Batch, beginBatch } from '../../src/workflows/batch/state';
import { currentDetails } from '../../src/workflows/current-details';
import { beginTracking, takeRequest, type Validated } from '../../src/workflows/state';
import { jobSeen } from '../../src/workflows/status';
import { expectSafeForTerminal, hostileWords } from '../rigs/hostile-words';
import { type Rig, startRig } from '../rigs/rig';
import { converterOfRun } from '../rigs/strict-codec';
import { hasChromium, openWebUi, type Rendered, type WebUi } from '../web-ui/web-ui';

const IMAGE_ID = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';
const JOB_ID = 'edc89b490d7d4392898e19b2deb34797';
const START = Date.UTC(2026, 0, 1);

/** An export in which every word that can be of others is these. */
function exportSaying(words: string, phase: ExportPhase): Validated {
  const input = { imageId: IMAGE_ID, bucketUrl: 'ims-image:a', fileFormat: 'qcow2' };
  const tracking = takeRequest(beginTracking(input, START), { ...parseExportInput(input), bucketUrl: words });
  const error = { code: words, message: words, httpStatus: 400, requestId: words, operation: 'ShowJob' };
  const object = { size: 1, etag: words, lastModified: words, storageClass: null };
  Object.assign(tracking.carried, {
    ...{ lastError: error, jobId: phase === 'exporting' ? JOB_ID : null, warnings: [words, words] },
    ...{ lastJob: { status: words, progress: 0.4 }, resolutionStatus: { jobId: words, taken: null, objection: words } },
    lostSubmit: { candidate: { object }, busyUntilMs: null },
  });
  const failure = { type: 'SubmitRejected', message: words };
  const ended = { outcome: 'failed', atMs: START, failure };
  Object.assign(tracking.run, {
    phase,
    nextPollAtMs: START,
    ...(phase === 'ended' ? { ended, discard: KEPT(words) } : {}),
  });
  return tracking;
}

const KEPT = (words: string) => ({ kind: 'kept', reason: words });

function batchSaying(words: string): Batch {
  const batch = beginBatch({}, START);
  const failure = { type: words, message: words };
  const result = { imageId: words, bucketUrl: words, verdict: 'failed', failure };
  return Object.assign(batch, {
    ended: { outcome: 'failed', atMs: START, failure },
    warnings: [words],
    items: [{ at: 'ended', result }],
  });
}

/** The Markdown of pages that exports and batches show, as one page. */
function pageSaying(words: string, phase: ExportPhase): string {
  const tracking = exportSaying(words, phase);
  const { request } = tracking.carried;
  return [
    currentDetails(tracking, START),
    batchDetails(batchSaying(words), START),
    startDetails(request),
    startDetails({ ...request, attach: { jobId: words } }),
  ].join('\n\n');
}

/** The labels of activities and timers, each of which is a text of its own. */
function labelsSaying(words: string, phase: ExportPhase): string[] {
  const tracking = exportSaying(words, phase);
  const { request } = tracking.carried;
  const seen = { ...jobSeen(tracking, START), jobStatus: words, lastError: null, fraction: null, remainingMs: null };
  const states = [{}, { fraction: 0.4 }, { paused: true }, { noWorker: true }, { lastError: { code: words } }];
  return [
    ...[startSummary(request), submitSummary(request), waitSummary('throttled', words, 1_000)],
    ...states.map((state) => timerSummary({ ...seen, ...state })),
  ];
}

const OF_A_LABEL = ['CODE', 'P'];
const OF_A_PAGE = [...OF_A_LABEL, 'H3', 'LI', 'STRONG', 'UL'];

function expectOnlyOurs({ headings, items, elements }: Rendered, ours = OF_A_PAGE): void {
  expect(elements.filter((element) => !ours.includes(element))).toEqual([]);
  for (const heading of headings) expect(heading).toMatch(HEADING);
  // Each item of ours begins in bold, and has none within it.
  expect(items.filter(({ bold }) => bold === null)).toEqual([]);
}

const HEADING =
  /^(Ended|Exporting|Validating|Checking the job|Waiting to submit|Submitting|The answer|Needs an answer|Parked|Polling|Canceled|Job succeeded)/;

describe('words of others in Markdown', () => {
  it('F61 stay as they are where nothing in them is Markdown, and in a code span else', () => {
    const plain = [
      'ims-image:nightly/db_1.qcow2',
      'The image is busy (IMG.0148): wait, then try.',
      '資料夾',
      'RUNNING',
    ];
    for (const words of plain) expect(inMarkdown(words)).toBe(words);
    expect(inMarkdown('[a](b)')).toBe('`[a](b)`');
    expect(inMarkdown('see https://a.b')).toBe('`see https://a.b`');
    expect(inMarkdown('a\n# b')).toBe('`a # b`');
    for (const words of ['- a', '+ a', '1. a', '12) a', '-', '+', '1.']) expect(inMarkdown(words)).toBe(`\`${words}\``);
    for (const words of ['-a', '1.5 GiB', '+08:00', 'a - b']) expect(inMarkdown(words)).toBe(words);
    expect(codeSpan('a``b`')).toBe('``` a``b` ```');
  });

  it('F61 stand in a code span whose fence is longer than any run of backticks in them, on one line', () => {
    fc.assert(
      fc.property(hostileWords, (words) => {
        const span = inMarkdown(words);
        expect(span).not.toMatch(/\n/);
        if (span === oneLine(words)) return;
        const [fence = ''] = /^`+/.exec(span) ?? [];
        expect(span.endsWith(fence)).toBe(true);
        const within = span.slice(fence.length, -fence.length);
        expect(Math.max(0, ...(within.match(/`+/g) ?? []).map(({ length }) => length))).toBeLessThan(fence.length);
      }),
    );
  });

  it('F61 bring no control character into details and summaries', () => {
    fc.assert(
      fc.property(hostileWords, fc.constantFrom(...EXPORT_PHASES), (words, phase) => {
        expectSafeForTerminal(pageSaying(words, phase));
        for (const label of labelsSaying(words, phase)) expectSafeForTerminal(label);
      }),
    );
  });

  it('F61 leave a label short, whatever they are', () => {
    fc.assert(
      fc.property(hostileWords, fc.integer({ min: 1, max: 40 }), (words, times) => {
        for (const label of labelsSaying(words.repeat(times), 'exporting')) {
          expect(Buffer.byteLength(label)).toBeLessThanOrEqual(200);
        }
      }),
    );
  });
});

describe.skipIf(!hasChromium)('in the real Web UI', () => {
  let rig: Rig;
  let ui: WebUi;
  beforeAll(async () => {
    rig = await startRig({ server: { headless: false } });
    ui = await openWebUi(rig.server.webUi ?? '', rig.server.namespace);
  });
  afterAll(async () => {
    await ui?.close();
    await rig?.close();
  });

  it('F61 words of others are no heading, link, image or other element that is not ours', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(hostileWords, fc.constantFrom(...EXPORT_PHASES), async (words, phase) => {
        const rendered = await ui.render(pageSaying(words, phase));
        expectOnlyOurs(rendered);
        expect(rendered.headings).toHaveLength(2);
        const shown = (text: string) => text.replace(/\s+/g, ' ').trim();
        const visible = shown(forTerminal(words));
        if (visible !== '') expect(rendered.codes.map(shown)).toContain(visible);
      }),
      { numRuns: 25 },
    );
  });

  it('F61 words of others are in each label text or code, and begin no list', { timeout: 120_000 }, async () => {
    const begins = ['- a', '+ a', '* a', '1. a', '7) a', '-', '+', '1.', '1)', '- - -', '> a', ' '];
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.constantFrom(...begins), hostileWords),
        fc.constantFrom(...EXPORT_PHASES),
        async (words, phase) => {
          // Between rules, each is as much a text of its own as it is in the Timeline.
          const labels = labelsSaying(words, phase).join('\n\n***\n\n');
          expectOnlyOurs(await ui.render(labels), [...OF_A_LABEL, 'HR']);
        },
      ),
      { numRuns: 20, examples: ['- a', '1. a', ' '].map((words) => [words, 'exporting']) },
    );
  });

  // The Web UI has no codec.
  it.skipIf(converterOfRun !== undefined)(
    'F61 a key of links and headings is shown as it is, in summary, details and current details',
    async () => {
      const key =
        'a`[Sign in again](https://evil.example)![x](https://evil.example/x.png)<a href="https://evil.example">b</a>#c';
      const input = rig.input({
        bucketUrl: `${rig.simulator.info.bucket}:${key}`,
        options: { rules: { objectName: 'off' } },
      });
      await expect(startExport(rig.client, input, { taskQueue: rig.taskQueue })).rejects.toThrow('IMG.0175');
      const workflowId = exportWorkflowId(input.bucketUrl);
      const { runId } = await rig.client.workflow.getHandle(workflowId).describe();
      const [summary, details, current] = await ui.markdownOf(workflowId, runId);
      for (const part of [summary, details, current]) {
        if (part === undefined) throw new Error('a part is not shown');
        expectOnlyOurs(part);
      }
      expect(summary?.codes).toEqual([expect.stringContaining('Sign in')]);
      expect(details?.codes).toContain(input.bucketUrl);
      expect(current?.codes).toContain(input.bucketUrl);
      expect(current?.headings).toEqual([expect.stringMatching(/^Ended: failed/)]);
      expect(exportStartOptions(input, parseExportInput(input)).staticSummary).toContain('``');
    },
  );
});
