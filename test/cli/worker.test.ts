import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itInLongForm } from '../rigs/long-form';
import { type RunningProcess, Stage } from '../rigs/processes';
import { expectRefusal, SOON_MS } from '../rigs/run-command';

/** A refusal counts once it was seen again a minute later. */
const AGAIN_MS = 120_000;
const WRONG_SECRET = 'thisIsNotTheSecretKeyThatTheSimulatorHas';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({ title: 'worker', jobSeconds: 3_600 });
});
afterAll(() => stage?.close());

const refused = (exitCode: number, code: string, args: string[], env: NodeJS.ProcessEnv = {}) =>
  expectRefusal(stage.launchWith(env, ...args), exitCode, code);

describe.concurrent('ims-export worker', () => {
  it('worker names every missing variable and ends with 2', async () => {
    const missing = { HUAWEICLOUD_SDK_AK: '', HUAWEICLOUD_SDK_SK: '', IMS_EXPORT_REGION: '' };
    const { stderr } = await refused(2, '', ['worker'], missing);
    for (const variable of Object.keys(missing)) expect(stderr).toContain(`${variable} is not set`);
    expect(stderr).toMatch(/^ {4}IMS_EXPORT_REGION is not set; it must name a region/m);
  });

  itInLongForm('worker names the variable with a wrong value and ends with 2', async () => {
    const { stderr } = await refused(2, '', ['worker'], { IMS_EXPORT_OBS_ENDPOINT: 'obs' });
    expect(stderr).toContain("IMS_EXPORT_OBS_ENDPOINT is 'obs'");
  });

  itInLongForm('refuses with 2 a port for the metrics that is taken', async () => {
    const taken = new URL(stage.info.imsEndpoint).port;
    const args = ['worker', '--metrics-port', taken, '--metrics-host', '127.0.0.1'];
    const { stderr } = await refused(2, '', args);
    expect(stderr).toMatch(/Metrics cannot be served on 127\.0\.0\.1:\d+: .* choose another with --metrics-port/);
  });

  itInLongForm('gives up with 2 where Temporal does not have the namespace, as list does', async () => {
    for (const args of [['list'], ['worker']]) {
      const { stderr } = await refused(2, '', args, { TEMPORAL_NAMESPACE: 'nowhere' });
      expect(stderr).toContain('namespace nowhere');
    }
  });

  itInLongForm(
    'with a wrong secret key has a start refused with 1 when the cloud has refused it again, and does not print the key',
    async () => {
      const queue = ['--task-queue', 'wrong-key'];
      const worker = await stage.startWorkerWith({ HUAWEICLOUD_SDK_SK: WRONG_SECRET }, ...queue);
      const to = `${stage.info.bucket}:cli/denied.qcow2`;
      const args = ['start', '--image', stage.image('linux'), '--to', to, '--format', 'qcow2', ...queue];
      const { exitCode, stderr } = await stage.launch(...args).endsWithin(AGAIN_MS);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('AccessDenied') });
      expect(stderr).toContain('imsValidateExport is tried again');
      expect(stderr).toContain('Check its access key');
      expect(worker.said() + stderr).not.toContain(WRONG_SECRET);
    },
    150_000,
  );

  it('ends with 0 on SIGTERM', async () => {
    const worker: RunningProcess = await stage.startWorker();
    worker.signal('SIGTERM');
    expect((await worker.endsWithin(SOON_MS)).exitCode).toBe(0);
  });
});

it('no process except the simulator has printed a secret', () => {
  const { secretKey, iamPassword } = stage.info;
  const outputs = stage.outputs().filter(({ name }) => name !== 'ims-export simulator');
  expect(outputs.length).toBeGreaterThan(1);
  for (const { name, text } of outputs) {
    for (const secret of [secretKey, iamPassword]) expect(text.includes(secret), name).toBe(false);
  }
});
