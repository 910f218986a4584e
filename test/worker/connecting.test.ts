import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { casesOf, itInLongForm } from '../long-form';
import { type Ended, Stage } from '../processes/processes';
import { type Certificates, makeCertificates, removeCertificates, TlsProxy } from './tls-proxy';

const API_KEY = 'api-key-c0ffee-of-the-test';

let stage: Stage;
let certificates: Certificates;
/** Asks for a client certificate; the other asks for none. */
let mutual: TlsProxy;
let open: TlsProxy;
/** What an environment needs that has nothing else of Temporal. */
let profile: (name: string) => NodeJS.ProcessEnv;

beforeAll(async () => {
  [stage, certificates] = await Promise.all([Stage.open({ title: 'TLS', jobSeconds: 1 }), makeCertificates()]);
  const temporal = stage.environment().TEMPORAL_ADDRESS ?? '';
  [mutual, open] = await Promise.all([
    TlsProxy.start(temporal, certificates, 'signed'),
    TlsProxy.start(temporal, certificates, 'any'),
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
  await Promise.all([mutual?.close(), open?.close(), certificates && removeCertificates(certificates)]);
});

describe('a profile', () => {
  itInLongForm('takes worker and client to Temporal by mutual TLS', async () => {
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

  it('sends its API key with every call of worker and client, over TLS', async () => {
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

describe('what stands between a worker or a client and Temporal', () => {
  const noFile = { TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere/client.pem', TEMPORAL_TLS_CLIENT_KEY_PATH: '/nowhere/key' };
  const key = { TEMPORAL_API_KEY: API_KEY };

  const REFUSALS: Array<[what: string, command: string, env: () => NodeJS.ProcessEnv, says: RegExp]> = [
    ['there is no such profile', 'list', () => profile('missing'), /profile.*missing/i],
    ['the server asks for a certificate', 'worker', () => profile('noCertificate'), /asks for a client certificate/],
    ['nobody vouches for the server', 'worker', () => profile('stranger'), /self.signed certificate|issuer/],
    ['the server has no TLS', 'worker', () => ({ ...key, TEMPORAL_ADDRESS: plainAddress() }), /it has no TLS/],
    ['a certificate is not there', 'worker', () => ({ ...key, ...noFile }), /\/nowhere\/client\.pem/],
  ];

  it.concurrent.each(casesOf(REFUSALS, 3))(
    'is said in one line and where to look further, without the key: %s (%s)',
    async (_what, command, env, says) => {
      const { exitCode, stdout, stderr } = await stage.runWith(env(), command);
      expect(stderr).toMatch(/^ims-export: TemporalUnreachable: .*\n`ims-export doctor` .*\n$/);
      expect(stderr).toMatch(says);
      expect(stdout + stderr).not.toContain(API_KEY);
      expect(exitCode).toBe(5);
    },
  );
});

/** With a name: of an address, Node warns when it is used for TLS. */
function plainAddress(): string {
  return (stage.environment().TEMPORAL_ADDRESS ?? '').replace('127.0.0.1', 'localhost');
}

function exportedBy(env: NodeJS.ProcessEnv, key: string): Promise<Ended> {
  const to = `${stage.info.bucket}:${key}`;
  const what = ['--image', stage.image('linux'), '--to', to, '--format', 'qcow2', '--option', 'minInterval=200'];
  return stage.runWith(env, 'start', ...what, '--wait', '--json');
}
