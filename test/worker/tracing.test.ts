import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../src/dev-server/free-port';
import { itInLongForm } from '../rigs/long-form';
import { type RunningProcess, Stage } from '../rigs/processes';
import { OtlpReceiver, type Span } from './otlp-receiver';

describe('the traces of a worker', () => {
  let stage: Stage;
  let collector: OtlpReceiver;
  let worker: RunningProcess;
  beforeAll(async () => {
    [stage, collector] = await Promise.all([Stage.open({ title: 'traces', jobSeconds: 1 }), OtlpReceiver.start()]);
    worker = await stage.startWorkerWith({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_SERVICE_NAME: 'exports',
    });
    const to = `${stage.info.bucket}:traced`;
    const what = ['--image', stage.image('linux'), '--to', to, '--format', 'qcow2', '--option', 'minInterval=200ms'];
    const { exitCode, stderr } = await stage.run('start', ...what, '--wait', '--json');
    expect(exitCode, stderr).toBe(0);
    worker.signal('SIGTERM');
    expect((await worker.endsWithin(30_000)).exitCode, worker.said()).toBe(0);
  }, 120_000);
  afterAll(() => Promise.all([stage?.close(), collector?.close()]));

  it('contain the workflow and its activities in one trace', () => {
    const [workflow] = spans('RunWorkflow:exportImageWorkflow');
    expect(workflow).toBeDefined();
    for (const activity of ['imsValidateExport', 'imsSubmitExport', 'imsPollJob', 'imsVerifyObject']) {
      const [started] = spans(`StartActivity:${activity}`);
      const [run] = spans(`RunActivity:${activity}`);
      expect(run, activity).toMatchObject({ traceId: workflow?.traceId, parentSpanId: started?.spanId });
    }
  });

  it('are sent before the process ends, with the name of the service', () => {
    expect(spans('RunWorkflow:exportImageWorkflow')).toHaveLength(1);
    expect(Buffer.concat(collector.bodies).includes('exports')).toBe(true);
  });

  it('contain no secret', () => {
    expect(Buffer.concat(collector.bodies).includes(stage.info.secretKey)).toBe(false);
  });

  function spans(name: string): Span[] {
    return collector.spans.filter((span) => span.name === name);
  }
});

itInLongForm(
  'a worker with tracing that cannot reach Temporal says so before it builds its workflow bundle',
  async () => {
    const stage = await Stage.open({ title: 'unreachable', jobSeconds: 1 });
    const cache = join(stage.directory, 'cache');
    const address = `127.0.0.1:${await freePort()}`;
    try {
      const env = { TEMPORAL_ADDRESS: address, IMS_EXPORT_CACHE_DIR: cache };
      const { exitCode, stderr } = await stage.runWith(env, 'worker', '--otel');
      expect(stderr).toContain(`No Temporal server answers at ${address}`);
      expect(exitCode).toBe(5);
      expect(existsSync(join(cache, 'workflow-bundles'))).toBe(false);
    } finally {
      await stage.close();
    }
  },
);

it('a worker with tracing says what to install when the tracing packages are missing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'without-opentelemetry-'));
  try {
    await copyFile(resolve(__dirname, '../../lib/worker/tracing.js'), join(directory, 'tracing.js'));
    const script = "require('./tracing.js').startTracing().catch(({ message }) => console.log(message))";
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { cwd: directory });
    expect(stdout).toMatch(
      /^OpenTelemetry is optional, .* npm install @temporalio\/interceptors-opentelemetry@\^1\.24\.0 @opentelemetry\/sdk-trace-node/,
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});
