import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../src/dev-server/free-port';
import { environmentOf } from '../../src/testing';
import { type Certificates, makeCertificates, removeCertificates } from '../rigs/certificates';
import { casesOf, itInLongForm } from '../rigs/long-form';
import { type Ended, RunningProcess, Stage } from '../rigs/processes';
import { TlsProxy } from './tls-proxy';

const API_KEY = 'api-key-c0ffee-of-the-test';
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;
const QUOTING = 'key "k-1" of C:\\keys is unknown';

let stage: Stage;
let certificates: Certificates;
/** Asks for a client certificate; the other asks for none. */
let mutual: TlsProxy;
let open: TlsProxy;
/** Refuse the first call, the one after it, the second of these, and the polls of a worker that runs. */
let locked: TlsProxy;
let withoutNamespaces: TlsProxy;
let closing: TlsProxy;
let withoutPolls: TlsProxy;
let quoting: TlsProxy;
let expired: TlsProxy;
/** Takes connections, and says nothing. */
let silent: Server;
/** What an environment needs that has nothing else of Temporal. */
let profile: (name: string) => NodeJS.ProcessEnv;

beforeAll(async () => {
  [stage, certificates] = await Promise.all([Stage.open({ title: 'TLS', jobSeconds: 1 }), makeCertificates()]);
  const temporal = stage.environment().TEMPORAL_ADDRESS ?? '';
  silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  let namespaces = 0;
  [mutual, open, locked, withoutNamespaces, closing, withoutPolls, quoting, expired] = await Promise.all([
    TlsProxy.start(temporal, certificates, 'signed'),
    TlsProxy.start(temporal, certificates, 'any'),
    TlsProxy.start(temporal, certificates, 'any', () => UNAUTHENTICATED),
    TlsProxy.start(temporal, certificates, 'any', (method) =>
      method === 'DescribeNamespace' ? PERMISSION_DENIED : undefined,
    ),
    TlsProxy.start(temporal, certificates, 'any', (method) => {
      if (method === 'DescribeNamespace') namespaces += 1;
      return namespaces > 1 ? PERMISSION_DENIED : undefined;
    }),
    TlsProxy.start(temporal, certificates, 'any', (method) =>
      method === 'PollWorkflowTaskQueue' ? PERMISSION_DENIED : undefined,
    ),
    TlsProxy.start(temporal, certificates, 'any', () => UNAUTHENTICATED, { words: QUOTING }),
    TlsProxy.start(temporal, certificates, 'any', undefined, { server: certificates.expired }),
  ]);
  const { authority, client } = certificates;
  const file = join(certificates.directory, 'temporal.toml');
  await writeFile(
    file,
    `
[profile.mutual]
address = "localhost:${mutual.port}"
namespace = "default"
[profile.mutual.tls]
server_ca_cert_path = "${authority}"
client_cert_path = "${client.certificate}"
client_key_path = "${client.key}"

[profile.key]
address = "localhost:${open.port}"
namespace = "default"
api_key = "${API_KEY}"
[profile.key.tls]
server_ca_cert_path = "${authority}"

[profile.noCertificate]
address = "localhost:${mutual.port}"
[profile.noCertificate.tls]
server_ca_cert_path = "${authority}"

[profile.stranger]
address = "localhost:${open.port}"
api_key = "${API_KEY}"
`,
  );
  profile = (name) => ({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: name, TEMPORAL_ADDRESS: undefined });
}, 120_000);
afterAll(async () => {
  await stage?.close();
  silent?.close();
  const proxies = [mutual, open, locked, withoutNamespaces, closing, withoutPolls, quoting, expired];
  await Promise.all([...proxies.map((proxy) => proxy?.close()), certificates && removeCertificates(certificates)]);
});

describe('a Temporal profile', () => {
  itInLongForm('connects worker and client by mutual TLS', async () => {
    const worker = await stage.startWorkerWith(profile('mutual'));
    expect(worker.stdout).toContain(`namespace default at localhost:${mutual.port}`);
    const { exitCode, stderr } = await exportedBy(profile('mutual'), 'mutual');
    expect(exitCode, stderr).toBe(0);
    const methods = new Set(mutual.calls.map(({ ':path': path }) => String(path).split('/').at(-1)));
    expect([...methods]).toEqual(
      expect.arrayContaining(['PollActivityTaskQueue', 'PollWorkflowTaskQueue', 'ExecuteMultiOperation']),
    );
    worker.signal('SIGTERM');
    expect((await worker.endsWithin(30_000)).exitCode, worker.said()).toBe(0);
  });

  it('sends its API key with every call of worker and client over TLS', async () => {
    const worker = await stage.startWorkerWith(profile('key'));
    const { exitCode, stderr } = await exportedBy(profile('key'), 'key');
    expect(exitCode, stderr).toBe(0);
    expect(open.calls.length).toBeGreaterThan(10);
    expect(new Set(open.calls.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${API_KEY}`]));
    expect(new Set(open.calls.map(({ 'client-name': client }) => client))).toEqual(new Set(['temporal-typescript']));
    worker.signal('SIGTERM');
    await worker.endsWithin(30_000);
  });
});

describe('a failed connection to Temporal', () => {
  const noFile = { TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere/client.pem', TEMPORAL_TLS_CLIENT_KEY_PATH: '/nowhere/key' };
  const key = { TEMPORAL_API_KEY: API_KEY };

  const trusting = (proxy: TlsProxy) => ({
    ...{ ...key, TEMPORAL_ADDRESS: `localhost:${proxy.port}` },
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.authority,
  });
  const proxied = { TEMPORAL_ADDRESS: 'temporal.example:7233', HTTPS_PROXY: 'http://user:c0ffee@localhost:1' };

  type Case = [what: string, command: string, env: () => NodeJS.ProcessEnv | Promise<NodeJS.ProcessEnv>, says: RegExp];
  const REFUSALS: Case[] = [
    ['the server rejects the API key', 'worker', () => trusting(locked), /refuses .*\(Request unauthorized\.\)/],
    [
      'the server certificate has another name',
      'worker',
      () => ({ ...trusting(open), TEMPORAL_TLS_SERVER_NAME: 'other.example' }),
      /NotValidForName.*\)\. Check TEMPORAL_ADDRESS, or set TEMPORAL_TLS_SERVER_NAME to the name .*\.\n/,
    ],
    [
      'the server certificate has an unknown issuer',
      'worker',
      () => profile('stranger'),
      /does not trust .*UnknownIssuer\)\. Add the server's authority .*SSL_CERT_FILE/,
    ],
    [
      "the server's answer contains quotes",
      'worker',
      () => trusting(quoting),
      /refuses access \(key "k-1" of C:\\keys is unknown\)\. Check TEMPORAL_API_KEY/,
    ],
    [
      'the server certificate has expired',
      'worker',
      () => trusting(expired),
      /certificate \(Expired.*\)\. Check the clock of this machine; .*renew the server's certificate\.\n/,
    ],
    ['the key is for another namespace', 'worker', () => trusting(withoutNamespaces), /refuses .*TEMPORAL_NAMESPACE/],
    ['the server asks for a certificate', 'worker', () => profile('noCertificate'), /asks for a client certificate/],
    ['the profile does not exist', 'list', () => profile('missing'), /profile.*missing/i],
    ['the profile does not exist', 'worker', () => profile('missing'), /profile.*missing/i],
    ['the server rejects the API key', 'list', () => trusting(locked), /refuses .*\(Request unauthorized\.\)/],
    ...['worker', 'list'].map((command): Case => {
      const says = /ECONNREFUSED.*\. It is reached through the proxy http:\/\/localhost:1 \(HTTPS_PROXY\): check/;
      return ['the proxy does not listen', command, () => proxied, says];
    }),
    [
      'the server asks for a certificate',
      'list',
      () => ({ ...trustedByNode(mutual), SSL_CERT_FILE: undefined }),
      /asks for a client certificate/,
    ],
    ['the server is silent', 'list', () => ({ ...key, TEMPORAL_ADDRESS: silentAddress() }), /it does not answer/],
    ['the server is silent', 'worker', () => ({ ...key, TEMPORAL_ADDRESS: silentAddress() }), /it does not answer/],
    ['the server has no TLS', 'worker', () => ({ ...key, TEMPORAL_ADDRESS: plainAddress() }), /it has no TLS/],
  ];

  it.concurrent.each(casesOf(REFUSALS, 3))(
    'gives one line with advice and without the API key when %s (%s)',
    async (_what, command, env, says) => {
      const { exitCode, stdout, stderr } = await stage.runWith(await env(), command);
      expect(stderr).toMatch(/^ims-export: TemporalUnreachable: .*\n`ims-export doctor` .*\n$/);
      expect(stderr).toMatch(says);
      expect(stdout + stderr).not.toContain(API_KEY);
      expect(stdout + stderr).not.toContain('c0ffee');
      expect(exitCode).toBe(5);
    },
  );

  itInLongForm('is refused with the setting and exit code 2 when the certificate file does not exist', async () => {
    const { exitCode, stderr } = await stage.runWith({ ...key, ...noFile }, 'worker');
    expect(stderr).toMatch(/TEMPORAL_TLS_CLIENT_CERT_PATH is "\/nowhere\/client\.pem"/);
    expect(exitCode).toBe(2);
  });

  // The polls last: Temporal's core puts up with their refusal for a minute.
  const REFUSED_LATER: Array<[what: string, proxy: () => TlsProxy]> = [
    ['was just accepted', () => closing],
    ['polls its task queue', () => withoutPolls],
  ];
  it.concurrent.each(casesOf(REFUSED_LATER, 1))(
    'is reported when the server starts to reject a worker that %s',
    async (_what, proxy) => {
      const worker = stage.launchWith(trusting(proxy()), 'worker', '--task-queue', 'refused-later');
      const { exitCode, stderr } = await worker.endsWithin(100_000);
      expect(stderr).toMatch(
        /^ims-export: TemporalUnreachable: The Temporal server at localhost:\d+ no longer accepts this worker \(Request unauthorized\.\)\. Check TEMPORAL_API_KEY, .*TEMPORAL_NAMESPACE\.\n`ims-export doctor --task-queue refused-later` .*\n$/m,
      );
      expect(exitCode).toBe(5);
    },
    120_000,
  );
});

it('src/worker.ts, run directly, ends with 5 when Temporal is not reachable', async () => {
  const env = { ...stage.environment(), TEMPORAL_ADDRESS: `localhost:${await freePort()}` };
  const child = spawn(process.execPath, [resolve(__dirname, '../../lib/worker.js')], { env, stdio: 'pipe' });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [exitCode] = await once(child, 'close');
  expect(stderr).toMatch(/^No Temporal server answers at localhost:\d+ /);
  expect(exitCode).toBe(5);
});

it('F59 words of others are escaped in the log of src/worker.ts, run directly', async () => {
  const worker = new RunningProcess('worker', [], stage.environment(), [resolve(__dirname, '../../lib/worker.js')]);
  await worker.says(/^Worker polls /m, 60_000);
  worker.signal('SIGTERM');
  const { exitCode, stderr } = await worker.endsWithin(30_000);
  expect(exitCode).toBe(0);
  // By the log of `ims-export worker`, which writes JSON where nobody reads along: not by that of Temporal's SDK, which writes raw.
  const lines = stderr.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).sdkComponent)).toContain('worker');
});

describe('a machine whose certificate store', () => {
  const NOWHERE = '/nowhere/certificates';

  it('is missing keeps the worker from connecting to Temporal, and worker and doctor report it', async () => {
    const env = { ...trustedByNode(open), SSL_CERT_FILE: NOWHERE, SSL_CERT_DIR: NOWHERE };
    const [worker, doctor] = await Promise.all([stage.runWith(env, 'worker'), stage.runWith(env, 'doctor')]);
    const cause = new RegExp(
      `no trusted certificates by SSL_CERT_FILE=${NOWHERE}, .*NativeCertsNotFound.*ca-certificates.*TEMPORAL_TLS_SERVER_CA`,
    );
    expect(worker.stderr).toMatch(/^ims-export: TemporalUnreachable: .*\n`ims-export doctor` .*\n$/);
    expect(worker.stderr).toMatch(cause);
    expect(worker.exitCode).toBe(5);
    expect(lineOf(doctor, 'Temporal')).toMatch(/^ok /);
    expect(lineOf(doctor, 'native connection')).toMatch(/^problem /);
    expect(lineOf(doctor, 'native connection')).toMatch(cause);
    expect(doctor.stdout).not.toContain('No problem found');
    expect(doctor.exitCode).toBe(5);
  });

  itInLongForm('is missing is no problem for the doctor without an account, since clients do not need it', async () => {
    const queue = ['--task-queue', 'for-clients'];
    const worker = await stage.startWorker(...queue);
    const none = Object.keys(environmentOf(stage.info)).map((name) => [name, undefined]);
    const env = { ...trustedByNode(open), ...Object.fromEntries(none), SSL_CERT_FILE: NOWHERE, SSL_CERT_DIR: NOWHERE };
    const doctor = await stage.runWith(env, 'doctor', ...queue);
    expect(lineOf(doctor, 'Temporal')).toMatch(/^ok /);
    expect(lineOf(doctor, 'native connection')).toMatch(
      /^not checked .*no account is configured here.*NativeCertsNotFound.*Install the package ca-certificates/,
    );
    expect(doctor.stdout).toMatch(/^No problem found \(\d not checked\)\.$/m);
    expect(doctor.exitCode).toBe(0);
    worker.signal('SIGTERM');
    expect((await worker.endsWithin(30_000)).exitCode, worker.said()).toBe(0);
  });

  itInLongForm('trusts the server lets the worker connect, even when clients do not trust it', async () => {
    const env = { ...trustedByNode(open), SSL_CERT_FILE: certificates.authority };
    const onlyNative = { ...env, GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: undefined };
    const [worker, doctor, other] = await Promise.all([
      stage.startWorkerWith(onlyNative, '--task-queue', 'natively-trusted'),
      stage.runWith(env, 'doctor'),
      stage.runWith(onlyNative, 'doctor'),
    ]);
    expect(lineOf(doctor, 'native connection')).toMatch(/^ok .*reaches localhost/);
    expect(lineOf(other, 'native connection')).toMatch(/^ok /);
    expect(lineOf(other, 'Temporal')).toMatch(/^problem .*(self-signed certificate|issuer)/);
    worker.signal('SIGTERM');
    expect((await worker.endsWithin(30_000)).exitCode, worker.said()).toBe(0);
  });
});

/** The line of the doctor about one thing. */
function lineOf({ stdout, stderr }: Ended, check: string): string {
  const line = stdout.split('\n').find((text) => new RegExp(`^(ok|problem|not checked) {2,}${check}  `).test(text));
  return line ?? `no line for ${check} in:\n${stdout}${stderr}`;
}

/** By TLS, with the certificates that a client goes by, and a worker does not. */
function trustedByNode({ port }: TlsProxy): NodeJS.ProcessEnv {
  return {
    ...{ TEMPORAL_ADDRESS: `localhost:${port}`, TEMPORAL_TLS: 'true' },
    GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: certificates.authority,
  };
}

/** With a name: of an address, Node warns when it is used for TLS. */
function plainAddress(): string {
  return (stage.environment().TEMPORAL_ADDRESS ?? '').replace('127.0.0.1', 'localhost');
}

function silentAddress(): string {
  return `localhost:${(silent.address() as AddressInfo).port}`;
}

function exportedBy(env: NodeJS.ProcessEnv, key: string): Promise<Ended> {
  const to = `${stage.info.bucket}:${key}`;
  const what = ['--image', stage.image('linux'), '--to', to, '--format', 'qcow2', '--option', 'minInterval=200ms'];
  return stage.runWith(env, 'start', ...what, '--wait', '--json');
}
