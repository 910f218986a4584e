import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportImageResult } from '../../src/contract';
import { METRICS, type Metric, type MetricName, shownName } from '../../src/metrics';
import { type Ended, type RunningProcess, Stage, until } from '../rigs/processes';
import { queries, readQuery } from '../rigs/promql';
import { ScrapedMetrics } from './scraped-metrics';

const ENDS_WITHIN_MS = 60_000;
/** A worker counts the open exports every 30 s. */
const COUNTED_WITHIN_MS = 45_000;
const FAST = ['--option', 'minInterval=200ms', '--option', 'maxInterval=1s', '--option', 'maxProbes=0'];

let stage: Stage;
let worker: RunningProcess;
let port: number;
/** Before any export. */
let atFirst: ScrapedMetrics;
let metrics: ScrapedMetrics;
let ended: { [name in 'good' | 'failed' | 'lost' | 'refused' | 'taken' | 'empty' | 'refusedBatch']: Ended };
let dryRuns: Ended[];

beforeAll(async () => {
  stage = await Stage.open({ title: 'production', jobSeconds: 2 });
  worker = await stage.startQuickWorker({}, '--metrics-port', '0');
  port = Number(/metrics on port (\d+)/.exec(worker.stdout)?.[1]);
  atFirst = await ScrapedMetrics.of(port);
  // Two polls are throttled, one after the other has a server that is broken.
  await stage.addFault({ service: 'ims', method: 'GET', path: '*/jobs/*', nth: 1, times: 1, action: throttled(429) });
  const good = await exported('linux', 'good');
  const refused = await exported('iso', 'refused');
  // The cloud finds an object that came after the preflight.
  await stage.addFault({ service: 'ims', method: 'POST', path: '*/file', action: DESTINATION_EXISTS });
  const taken = await exported('linux', 'taken');
  const empty = await batch('nightly', { query: { tag: 'nobody-has-it' } });
  const refusedBatch = await batch('misspelt', { query: {}, account: 'nobodys' });
  const refusedImage = { images: [{ imageId: stage.image('iso') }], dryRun: true, failWhen: 'any' };
  dryRuns = [
    await batch('dry-run', refusedImage, '--wait'),
    await batch('dry-run-of-nothing', { query: { tag: 'nobody-has-it' }, dryRun: true }),
  ];
  await stage.addFault({ service: 'ims', method: 'POST', path: '*/file', action: { dropAfter: true } });
  // A lost submit settles for minutes; the deadline comes first.
  const lost = await exported('large', 'lost', '--quick', '--option', 'deadline=15s');
  const willFail = start('windowsFromFile', 'failed');
  const job = await until(
    'the job of the export that fails is there',
    async () => (await stage.jobs()).find(({ bucketUrl }) => bucketUrl.endsWith(':failed')),
    ENDS_WITHIN_MS,
  );
  await stage.changeJob(job.jobId, { status: 'FAIL', error_code: 'IMG.0061', fail_reason: 'the image is broken' });
  ended = { good, refused, taken, lost, empty, refusedBatch, failed: await willFail.endsWithin(ENDS_WITHIN_MS) };
  metrics = await ScrapedMetrics.of(port);
}, 180_000);
afterAll(() => stage?.close());

const DESTINATION_EXISTS = { status: 400, body: { error: { code: 'IMG.0070', message: 'The object exists.' } } };

function throttled(status: number) {
  return { status, body: { error_code: 'IMG.0060', error_msg: 'too many requests' } };
}

function start(image: string, key: string, ...format: string[]): RunningProcess {
  const what = format.length > 0 ? format : ['--format', 'qcow2'];
  const to = `${stage.info.bucket}:${key}`;
  return stage.launch('start', '--image', stage.image(image), '--to', to, ...what, ...FAST, '--wait', '--json');
}

function exported(image: string, key: string, ...format: string[]): Promise<Ended> {
  return start(image, key, ...format).endsWithin(ENDS_WITHIN_MS);
}

async function batch(name: string, input: object, ...flags: string[]): Promise<Ended> {
  const file = join(stage.directory, `${name}.json`);
  await writeFile(file, JSON.stringify({ ...input, to: `${stage.info.bucket}:{imageId}` }));
  return await stage.run('batch', file, '--name', name, ...flags);
}

describe('the metrics of a worker', () => {
  it('come from a success, a failure, two refusals, an ambiguous submit and two failed batches', () => {
    expect(Object.values(ended).map(({ exitCode }) => exitCode)).toEqual([0, 1, 1, 3, 1, 2, 1]);
  });

  it('start at 0, so that Prometheus sees the first increase', () => {
    for (const [name, { type, labels }] of Object.entries(METRICS) as Array<[MetricName, Metric]>) {
      if (type !== 'counter' || Object.values(labels).includes(null)) continue;
      expect(atFirst.value(shownName(name)), name).toBe(0);
      for (const [label, values] of Object.entries(labels)) {
        for (const value of values ?? []) {
          expect(atFirst.value(shownName(name), { [label]: value }), `${name} ${label} ${value}`).toBe(0);
        }
      }
    }
  });

  it('count each end once by outcome and failure', () => {
    const ends = (labels: { [label: string]: string }) => metrics.value('ims_export_ended_total', labels);
    expect(ends({ outcome: 'succeeded', failure: 'none' })).toBe(1);
    expect(ends({ outcome: 'failed', failure: 'ExportFailed' })).toBe(1);
    expect(ends({ outcome: 'failed', failure: 'ExportNotAllowed' })).toBe(1);
    expect(ends({ outcome: 'failed', failure: 'DestinationExists' })).toBe(1);
    expect(ends({ outcome: 'unknown', failure: 'ExportOutcomeUnknown' })).toBe(1);
    expect(ends({})).toBe(5);
    expect(metrics.value('ims_export_duration_seconds_count', { outcome: 'succeeded' })).toBe(1);
    expect(metrics.value('ims_export_duration_seconds_bucket', { outcome: 'succeeded', le: '10' })).toBe(1);
  });

  it('count the end of a batch for the alert on failed batches', () => {
    const ends = (labels: { [label: string]: string }) => metrics.value('ims_export_batches_ended_total', labels);
    expect(ends({ workflowType: 'exportImagesWorkflow', outcome: 'failed', failure: 'NothingToExport' })).toBe(1);
    expect(ends({ workflowType: 'exportImagesWorkflow', outcome: 'failed', failure: 'InvalidExportRequest' })).toBe(1);
    expect(ends({})).toBe(2);
  });

  it('count no dry run, neither its end nor its images', () => {
    expect(dryRuns.map(({ exitCode }) => exitCode)).toEqual([1, 1]);
    expect(dryRuns[0]?.stderr).toContain('ims-export: BatchFailed: ');
    expect(metrics.value('ims_export_batches_ended_total', { failure: 'BatchFailed' })).toBe(0);
    expect(metrics.value('ims_export_batches_ended_total', { failure: 'NothingToExport' })).toBe(1);
    expect(metrics.value('ims_export_batch_items_total')).toBe(0);
  });

  it('count submits by outcome', async () => {
    expect(metrics.value('ims_export_submits_total', { outcome: 'accepted' })).toBe(2);
    expect(metrics.value('ims_export_submits_total', { outcome: 'rejected' })).toBe(1);
    expect(metrics.value('ims_export_submits_total', { outcome: 'ambiguous' })).toBe(1);
    expect(metrics.value('ims_export_submits_total')).toBe((await stage.journal()).filter(isPost).length);
    expect(metrics.value('ims_export_reconciliations_total', { outcome: 'unknown' })).toBe(1);
    expect(metrics.value('ims_export_attention_total', { attention: 'outcomeUnknown' })).toBe(1);
  });

  it('count polls by job status', () => {
    const { polls, observations } = JSON.parse(ended.good.stdout) as ExportImageResult;
    expect(metrics.value('ims_export_polls_total', { status: 'SUCCESS' })).toBe(1);
    expect(metrics.value('ims_export_polls_total', { status: 'FAIL' })).toBe(1);
    expect(metrics.value('ims_export_polls_total', { status: 'error' })).toBe(1);
    expect(metrics.value('ims_export_poll_errors_total', { code: 'IMG.0060' })).toBe(1);
    expect(polls - Object.values(observations).reduce((sum, seen) => sum + seen, 0)).toBe(1);
    expect(metrics.value('ims_export_detection_delay_seconds_count', { status: 'SUCCESS' })).toBe(1);
    expect(metrics.value('ims_export_detection_delay_seconds_sum', { status: 'SUCCESS' })).toBeLessThan(10);
  });

  it('show how many exports are open', async () => {
    // It may have counted while one was open.
    const isNoneOpen = async () => ((await ScrapedMetrics.of(port)).value('ims_export_open') === 0 ? true : undefined);
    expect(await until('the worker counts none', isNoneOpen, COUNTED_WITHIN_MS)).toBe(true);
  });

  it('have labels with few values: no image, bucket or job', () => {
    expect(metrics.text).not.toContain(stage.info.bucket);
    expect(metrics.text).not.toContain(stage.image('linux'));
    const labels = new Set(metrics.samples.filter(isOurs).flatMap((sample) => Object.keys(sample.labels)));
    const own = Object.values(METRICS).flatMap((metric) => Object.keys(metric.labels));
    const sdk = ['namespace', 'taskQueue', 'workflowType', 'activityType', 'le'];
    expect([...labels].sort()).toEqual([...new Set([...own, ...sdk])].sort());
  });

  it('are those of the table, each with its type and its help text', () => {
    for (const [name, { type, meaning }] of Object.entries(METRICS) as Array<[MetricName, Metric]>) {
      expect(metrics.text).toContain(`# TYPE ${shownName(name)} ${type}\n`);
      expect(metrics.text).toContain(`# HELP ${shownName(name)} ${meaning}\n`);
    }
    const families = [...metrics.text.matchAll(/^# TYPE (ims_export_\w+) /gm)].map(([, name]) => name);
    expect(families.sort()).toEqual((Object.keys(METRICS) as MetricName[]).map(shownName).sort());
  });

  it('exist, with those of Temporal, for every query of the dashboard and every alert', async () => {
    for (const { of, expr } of queries()) {
      for (const metric of (await readQuery(expr)).metrics) {
        // Temporal's own counter of failed calls is there once one has failed.
        if (metric !== 'temporal_request_failure_total') expect([...metrics.names], of).toContain(metric);
      }
    }
  });

  it("leave rejections out of Temporal's count of failures", () => {
    expect(metrics.value('temporal_activity_execution_failed_total', { activity_type: 'imsValidateExport' })).toBe(
      undefined,
    );
    expect(metrics.value('temporal_activity_execution_failed_total', { activity_type: 'imsSubmitExport' })).toBe(
      undefined,
    );
    // The job that failed, the submit that was lost, and the batch that had nothing to export, with the two dry runs: not the
    // submit that the cloud refused because the object exists.
    expect(metrics.value('temporal_workflow_failed_total')).toBe(5);
  });

  it("include Temporal's own metrics", () => {
    expect(metrics.value('temporal_activity_execution_latency_seconds_count', { activity_type: 'imsPollJob' })).toBe(
      metrics.value('ims_export_polls_total'),
    );
  });
});

describe('the log of a worker', () => {
  it('is one JSON object a line with time and level', () => {
    expect(log().length).toBeGreaterThan(8);
    for (const { time, level, msg } of log()) {
      expect([String(time), level, msg]).toEqual([
        expect.stringMatching(/^2\d{3}-.*Z$/),
        expect.stringMatching(/^(info|warn)$/),
        expect.any(String),
      ]);
    }
    expect(worker.stdout.split('\n')).toEqual([
      expect.stringMatching(/^ready: .*, signed by the access key of HUAWEICLOUD_SDK_AK/),
      '',
    ]);
  });

  it('has workflow, run, image, bucket, object key and job in its lines', async () => {
    const jobId = (await stage.jobs()).find(({ bucketUrl }) => bucketUrl.endsWith(':good'))?.jobId;
    const bound = {
      workflowId: `ims-export:${stage.info.bucket}:good`,
      runId: expect.stringMatching(/^[\w-]{36}$/),
      imageId: stage.image('linux'),
      bucket: stage.info.bucket,
      objectKey: 'good',
      jobId,
    };
    const lines = log().filter(({ objectKey }) => objectKey === 'good');
    expect(lines).toMatchObject([
      // By the worker that holds the job id, and by the workflow once it has it.
      { ...bound, level: 'info', msg: 'The cloud has accepted the export' },
      { ...bound, level: 'info', msg: 'Export submitted' },
      { ...bound, level: 'info', msg: 'Export ended', outcome: 'succeeded' },
    ]);
  });

  it('has a rejection in one line with its reason and without a stack', () => {
    expect(log().filter((line) => String(line.workflowId).endsWith(':refused'))).toMatchObject([
      {
        level: 'info',
        msg: 'Export ended',
        failure: 'ExportNotAllowed',
        reason: expect.stringContaining('ISO images cannot be exported'),
        imageId: stage.image('iso'),
        objectKey: 'refused',
      },
    ]);
    expect(worker.stderr).not.toContain('stack');
  });

  it('warns about a failure of the cloud, a failed batch and an unknown outcome, and says what to do', () => {
    const warnings = log().filter(({ level }) => level === 'warn');
    expect(warnings).toMatchObject([
      {
        workflowId: 'ims-export-batch:nightly',
        msg: 'Batch ended',
        failure: 'NothingToExport',
        reason: expect.stringContaining('nobody-has-it'),
      },
      {
        workflowId: 'ims-export-batch:misspelt',
        msg: 'Batch ended',
        failure: 'InvalidExportRequest',
        reason: expect.stringMatching(/account is "nobodys"; expected one of the worker's accounts: default/),
      },
      { objectKey: 'lost', attention: 'outcomeUnknown', next: expect.stringContaining('check for the object') },
      { objectKey: 'lost', msg: 'Export ended', failure: 'ExportOutcomeUnknown' },
      {
        objectKey: 'failed',
        msg: 'Export ended',
        failure: 'ExportFailed',
        reason: expect.stringContaining('IMG.0061'),
      },
    ]);
  });
});

describe('the shutdown of a worker', () => {
  it('waits for the answer to a submit, keeps its job, and takes no further tasks', async () => {
    await stage.addFault({ service: 'ims', method: 'POST', path: '*/file', action: { delayMs: 3_000 } });
    const client = start('linux', 'at-the-end');
    await stage.untilAsked('export', isPost, ENDS_WITHIN_MS);
    expect(await probe('readyz')).toBe(200);
    worker.signal('SIGTERM');
    await until('it is not ready', async () => ((await probe('readyz')) === 503 ? true : undefined), ENDS_WITHIN_MS);
    expect(await probe('healthz')).toBe(200);
    expect((await worker.endsWithin(ENDS_WITHIN_MS)).exitCode, worker.said()).toBe(0);
    expect(log().find(({ msg }) => String(msg).startsWith('SIGTERM: '))).toMatchObject({
      level: 'info',
      activities: 1,
    });

    const next = await stage.startWorker('--log-format', 'text', '--log-level', 'debug');
    const { exitCode, stdout } = await client.endsWithin(ENDS_WITHIN_MS);
    expect(exitCode, client.said()).toBe(0);
    const { jobId, submissions } = JSON.parse(stdout) as ExportImageResult;
    expect({ jobId, submissions }).toEqual({ jobId: (await stage.jobs()).at(-1)?.jobId, submissions: 1 });
    expect(next.stderr).toMatch(/^[\d:.]{12} INFO {2}Export ended .*objectKey=at-the-end/m);
    expect(next.stderr).toMatch(
      /DEBUG Activity completed .*activityType=imsPollJob.* imageId=\S+ bucket=\S+ objectKey=at-the-end jobId=/,
    );
    worker = next;
  });

  it('is immediate on a second signal seconds later', async () => {
    await stage.addFault({ service: 'ims', method: 'POST', path: '*/file', action: { delayMs: 40_000 } });
    start('windowsFromFile', 'cut-off');
    await stage.untilAsked('export', isPost, ENDS_WITHIN_MS);
    worker.signal('SIGINT');
    worker.signal('SIGINT');
    await worker.says(/SIGINT: the worker takes no more tasks/, ENDS_WITHIN_MS);
    await sleep(2_100);
    expect(worker.outcome).toBeUndefined();
    worker.signal('SIGINT');
    expect((await worker.endsWithin(10_000)).exitCode).toBe(130);
    expect(worker.stderr).toMatch(/SIGINT again: the process ends now; running activities are lost activities=1/);
  });
});

function log(): Array<{ [name: string]: unknown }> {
  return worker.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { [name: string]: unknown });
}

async function probe(path: string): Promise<number> {
  const { status } = await fetch(`http://127.0.0.1:${port}/${path}`);
  return status;
}

function isPost({ method, path }: { method: string; path: string }): boolean {
  return method === 'POST' && path.endsWith('/file');
}

function isOurs({ name }: { name: string }): boolean {
  return name.startsWith('ims_export_');
}
