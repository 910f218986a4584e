import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../src/testing';
import { type Certificates, makeCertificates, removeCertificates } from '../rigs/certificates';
import { ConnectProxy } from '../rigs/connect-proxy';
import { LONG_FORM } from '../rigs/long-form';
import { type Ended, type RunningProcess, Stage } from '../rigs/processes';
import { startTlsFront } from '../rigs/tls-front';
import { TlsProxy } from '../worker/tls-proxy';

const PASSWORD = 'c0ffee-of-the-proxy';
const NAMES = 'DNS:*.cloud.test,DNS:temporal.test';

let stage: Stage;
let certificates: Certificates;
let proxy: ConnectProxy;
let temporal: TlsProxy;
const fronts: Array<{ port: number; close(): Promise<void> }> = [];

/** Of the worker and of the command line, in a network that has no other way out than the proxy, and an authority of its own. */
let network: NodeJS.ProcessEnv;

async function behindTls(host: string, endpoint: string, by = certificates.server): Promise<string> {
  const front = await startTlsFront(Number(new URL(endpoint).port), by);
  fronts.push(front);
  return `https://${host}:${front.port}`;
}

function exportBy(env: NodeJS.ProcessEnv, key: string, ...more: string[]): RunningProcess {
  const to = `${stage.info.bucket}:${key}`;
  const what = ['--image', stage.image('linux'), '--to', to, '--format', 'qcow2', '--option', 'minInterval=200ms'];
  return stage.launchWith(env, 'start', ...what, '--wait', '--json', ...more);
}

async function end(worker: RunningProcess): Promise<void> {
  worker.signal('SIGTERM');
  expect((await worker.endsWithin(30_000)).exitCode, worker.said()).toBe(0);
}

describe.runIf(LONG_FORM)('in a network with a proxy and an authority of its own', () => {
  beforeAll(async () => {
    [stage, certificates, proxy] = await Promise.all([
      Stage.open({ title: 'networks', jobSeconds: 1 }),
      makeCertificates(NAMES),
      ConnectProxy.start(`worker:${PASSWORD}`),
    ]);
    temporal = await TlsProxy.start(stage.environment().TEMPORAL_ADDRESS ?? '', certificates, 'any');
    const { imsEndpoint, obsEndpoint, iamEndpoint } = stage.info;
    network = {
      ...{ HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: certificates.authority },
      IMS_EXPORT_IMS_ENDPOINT: await behindTls('ims.cloud.test', imsEndpoint),
      IMS_EXPORT_OBS_ENDPOINT: await behindTls('obs.cloud.test', obsEndpoint),
      HUAWEICLOUD_SDK_IAM_ENDPOINT: await behindTls('iam.cloud.test', iamEndpoint),
      ...{ TEMPORAL_ADDRESS: `temporal.test:${temporal.port}`, TEMPORAL_TLS: 'true' },
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.authority,
    };
  }, 120_000);
  afterAll(async () => {
    await stage?.close();
    await Promise.all([temporal?.close(), proxy?.kill(), ...fronts.map((front) => front.close())]);
    if (certificates) await removeCertificates(certificates);
  });

  it('F71 worker and command line reach cloud and Temporal through the proxy, and doctor shows it', async () => {
    const worker = await stage.startWorkerWith(network);
    const [exported, doctor] = await Promise.all([
      exportBy(network, 'through-the-proxy').endsWithin(60_000),
      stage.runWith(network, 'doctor'),
    ]);
    expect(exported.exitCode, exported.stderr + worker.said()).toBe(0);
    expect(proxy.hosts()).toEqual(['iam.cloud.test', 'ims.cloud.test', 'obs.cloud.test', 'temporal.test'].filter(used));
    expect(proxy.asked.every(({ status }) => status === 200)).toBe(true);
    const through = `through the proxy http://${proxy.address} (HTTPS_PROXY)`;
    expect(lineOf(doctor, 'Temporal')).toMatch(/^ok /);
    expect(lineOf(doctor, 'Temporal')).toContain(through);
    expect(lineOf(doctor, 'native connection')).toMatch(/^ok /);
    expect(lineOf(doctor, 'IMS default')).toMatch(/^ok /);
    expect(lineOf(doctor, 'IMS default')).toContain(`IMS, OBS, IAM ${through}`);
    await end(worker);
    for (const { name, text } of stage.outputs()) expect(text, name).not.toContain(PASSWORD);
  }, 120_000);

  it('a proxy that cannot be used stops the worker by the name of the variable', async () => {
    const env = { ...network, HTTPS_PROXY: `proxy.example:${PASSWORD}@3128` };
    for (const command of ['worker', 'list']) {
      const { exitCode, stderr } = await stage.runWith(env, command);
      expect(stderr).toMatch(/HTTPS_PROXY is '…@3128', which is not/);
      expect(stderr).not.toContain(PASSWORD);
      expect(exitCode).toBe(2);
    }
  });

  it('F71 the hosts of NO_PROXY are reached without the proxy, by worker and command line alike', async () => {
    const asked = proxy.asked.length;
    const { TEMPORAL_ADDRESS } = stage.environment();
    // Without an address of its own, temporal.test is nowhere: only the proxy leads there.
    const env = { ...network, NO_PROXY: 'temporal.test' };
    const [worker, list] = await Promise.all([stage.runWith(env, 'worker'), stage.runWith(env, 'list')]);
    for (const { exitCode, stderr } of [worker, list]) {
      expect(stderr).toMatch(/No Temporal server answers at temporal\.test:\d+ \(.*(ENOTFOUND|EAI_AGAIN)/);
      expect(exitCode).toBe(5);
    }
    const local = {
      ...network,
      TEMPORAL_ADDRESS,
      TEMPORAL_TLS: undefined,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: undefined,
    };
    expect((await stage.runWith(local, 'list')).exitCode).toBe(0);
    expect(proxy.asked).toHaveLength(asked);
  });

  it('F73 each wrong certificate and an unknown host end an export within a minute, by name', async () => {
    const endpoints = (ims: string, obs = network.IMS_EXPORT_OBS_ENDPOINT) => ({
      ...{ ims, obs, iam: network.HUAWEICLOUD_SDK_IAM_ENDPOINT },
    });
    const { imsEndpoint, obsEndpoint } = stage.info;
    const good = network.IMS_EXPORT_IMS_ENDPOINT ?? '';
    const cases = {
      expired: [endpoints(await behindTls('ims.cloud.test', imsEndpoint, certificates.expired)), 'CERT_HAS_EXPIRED'],
      selfSigned: [
        endpoints(await behindTls('ims.cloud.test', imsEndpoint, certificates.selfSigned)),
        'DEPTH_ZERO_SELF_SIGNED_CERT',
      ],
      wrongName: [
        endpoints(await behindTls('ims.cloud.test', imsEndpoint, certificates.wrongName)),
        'ERR_TLS_CERT_ALTNAME_INVALID',
      ],
      wrongNameOfObs: [
        endpoints(good, await behindTls('obs.cloud.test', obsEndpoint, certificates.wrongName)),
        'ERR_TLS_CERT_ALTNAME_INVALID',
      ],
      unknownHost: [endpoints('https://ims.invalid'), 'ENOTFOUND'],
    } as const;
    const { region, projectId } = stage.info;
    const accounts = Object.entries(cases).map(([name, [its]]) => [
      name,
      { region, projectId, endpoints: its, obsPathStyle: true, credentials: { source: 'environment' } },
    ]);
    const file = join(stage.directory, 'accounts.json');
    await writeFile(file, JSON.stringify({ accounts: Object.fromEntries(accounts) }));
    // A proxy resolves names itself; without one, this machine does.
    const env = { ...network, IMS_EXPORT_CONFIG: file, NO_PROXY: 'ims.invalid' };
    const worker = await stage.startWorkerWith(env, '--task-queue', 'wrong');
    const before = (await stage.journal()).filter(isPost).length;
    await Promise.all(
      Object.entries(cases).map(async ([account, [, code]]) => {
        const to = ['--account', account, '--task-queue', 'wrong'];
        const { exitCode, stderr, tookMs } = await exportBy(network, account, ...to).endsWithin(90_000);
        expect(stderr, account).toContain(code);
        expect(stderr, account).toMatch(/Nothing was submitted: .*(check|name its file)/i);
        expect([account, exitCode]).toEqual([account, 1]);
        expect(tookMs, account).toBeLessThan(60_000);
      }),
    );
    expect((await stage.journal()).filter(isPost)).toHaveLength(before);
    await end(worker);
  }, 180_000);
});

/** The project is configured, so that IAM need not be asked. */
function used(host: string): boolean {
  return host !== 'iam.cloud.test';
}

function isPost({ method, path }: JournalEntry): boolean {
  return method === 'POST' && path.endsWith('/file');
}

function lineOf({ stdout, stderr }: Ended, check: string): string {
  const line = stdout.split('\n').find((text) => new RegExp(`^(ok|problem|not checked) {2,}${check}  `).test(text));
  return line ?? `no line for ${check} in:\n${stdout}${stderr}`;
}
