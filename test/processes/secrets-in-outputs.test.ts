import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startExport } from '../../src/client';
import type { ExportImageInput } from '../../src/contract';
import type { SimulatorState } from '../../src/testing/state';
import { type RunningProcess, Stage, until } from '../rigs/processes';
import { textsOf } from '../rigs/recorded-histories';

/** One account for each source of credentials, and an image that only it exports. */
const SOURCES = {
  environment: 'linux',
  keys: 'dataDisk',
  temporaryKeys: 'windowsFromFile',
  profile: 'exactly128GiB',
  metadata: 'encrypted',
  password: 'large',
  agency: 'huge',
} as const;
type Account = keyof typeof SOURCES;
const ACCOUNTS = Object.keys(SOURCES) as [Account, ...Account[]];
const QUICK_IMAGES = ['large', 'huge'];
const LONG_ENOUGH_MS = 120_000;

let stage: Stage;
let client: Client;
let worker: RunningProcess;
/** What was to be found nowhere, by what it is. */
let secrets: { [what: string]: string };
/** Where it was looked for. */
let texts: { [where: string]: string[] };

beforeAll(async () => {
  stage = await Stage.open({ title: 'secrets', jobSeconds: 1 });
  client = new Client({ connection: await Connection.connect({ address: stage.environment().TEMPORAL_ADDRESS }) });
  worker = await stage.startQuickWorker(await writeAccounts());
  const [first, ...others] = ACCOUNTS;
  const waiting = stage.launch(...start(first, 'good'), '--wait', '--json');
  const argumentsSeen = [worker, waiting].map(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  await Promise.all(others.map(exportOnce));
  const { exitCode } = await waiting.endsWithin(LONG_ENOUGH_MS);
  expect(exitCode, waiting.said()).toBe(0);
  await breakTheCredentials();
  texts = {
    'process arguments': argumentsSeen,
    'the output of worker and clients': stage
      .outputs()
      .flatMap(({ name, text }) => (/simulator/.test(name) ? [] : [text])),
    'the journal of the simulator': [JSON.stringify(await stage.journal())],
    'a workflow history': await histories(),
  };
  secrets = plantedSecrets();
}, 300_000);
afterAll(async () => {
  await client.connection.close();
  await stage.close();
});

function start(account: Account, key: string): string[] {
  const { imageId, bucketUrl, isQuickExport } = inputOf(account, key);
  const format = isQuickExport ? ['--quick'] : ['--format', 'qcow2'];
  return ['start', '--image', imageId, '--to', bucketUrl, '--account', account, ...format];
}

async function exportOnce(account: Account): Promise<void> {
  const { result } = await startExport(client, inputOf(account, 'good'));
  await result();
}

function inputOf(account: Account, key: string): ExportImageInput {
  const image = SOURCES[account];
  const target = { imageId: stage.image(image), bucketUrl: `${stage.info.bucket}:${key}/${account}`, account };
  return QUICK_IMAGES.includes(image) ? { ...target, isQuickExport: true } : { ...target, fileFormat: 'qcow2' };
}

/** IMS_EXPORT_CONFIG with every source, each secret where that source has it. */
async function writeAccounts(): Promise<NodeJS.ProcessEnv> {
  const { info, directory } = stage;
  const profile = join(directory, 'profile');
  await writeFile(profile, `[basic]\nak = ${info.accessKey}\nsk = ${info.secretKey}\n`);
  const secretKeyFile = join(directory, 'secret-key');
  await writeFile(secretKeyFile, `${info.secretKey}\n`);
  const { credential } = (await (await fetch(`${info.metadataEndpoint}/openstack/latest/securitykey`)).json()) as {
    credential: { access: string; secret: string; securitytoken: string };
  };
  const sources: { [account in keyof typeof SOURCES]: object } = {
    environment: { source: 'environment' },
    keys: { source: 'static', accessKey: info.accessKey, secretKey: { file: secretKeyFile } },
    temporaryKeys: {
      source: 'static',
      accessKey: { env: 'TEMPORARY_AK' },
      secretKey: { env: 'TEMPORARY_SK' },
      securityToken: { env: 'TEMPORARY_TOKEN' },
    },
    profile: { source: 'profile', file: profile },
    metadata: { source: 'metadata', endpoint: info.metadataEndpoint },
    password: { source: 'iamPassword', user: info.iamUser, password: { env: 'PASSWORD' }, domainName: info.iamDomain },
    agency: { source: 'assumeRole', agency: 'exporters', domainName: info.iamDomain, from: { source: 'environment' } },
  };
  const place = {
    region: info.region,
    projectId: info.projectId,
    endpoints: { ims: info.imsEndpoint, obs: info.obsEndpoint, iam: info.iamEndpoint },
  };
  const accounts = Object.fromEntries(
    Object.entries(sources).map(([name, credentials]) => [name, { ...place, credentials }]),
  );
  const config = join(directory, 'accounts.json');
  await writeFile(config, JSON.stringify({ accounts }));
  return {
    IMS_EXPORT_CONFIG: config,
    TEMPORARY_AK: credential.access,
    TEMPORARY_SK: credential.secret,
    TEMPORARY_TOKEN: credential.securitytoken,
    PASSWORD: info.iamPassword,
  };
}

/** Each account meets a refusal, since errors are where secrets leak; an export under way is parked by it. */
async function breakTheCredentials(): Promise<void> {
  const underWay = { to: `${stage.info.bucket}:under/way`, id: `ims-export:${stage.info.bucket}:under/way` };
  await stage.addFault({ service: 'ims', method: 'GET', path: '*/jobs/*', times: 1_000, action: { status: 401 } });
  const target = ['--image', stage.image('linux'), '--to', underWay.to, '--format', 'vhd', '--account', 'keys'];
  await stage.run('start', ...target, '--option', 'minInterval=200ms', '--option', 'maxInterval=1s');
  await stage.changeCredentials({ revoke: true });
  const [first, ...others] = ACCOUNTS;
  // A refusal counts when it was seen again a minute later. They do not wait for a key that rests.
  const refusing = stage.launch(...start(first, 'refused'), '--option', 'submitBudget=1s', '--json');
  for (const refused of await Promise.allSettled(
    others.map((account) => startExport(client, { ...inputOf(account, 'refused'), options: { submitBudget: '1s' } })),
  )) {
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'AccessDenied' } });
  }
  const { exitCode, stdout } = await refusing.endsWithin(LONG_ENOUGH_MS);
  expect(exitCode, stdout).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'AccessDenied' } });
  await until(
    'the status says that the export is parked',
    async () => ((await stage.run('status', underWay.id, '--json')).stdout.includes('parked') ? true : undefined),
    40_000,
  );
  await stage.run('cancel', underWay.id);
}

async function histories(): Promise<string[]> {
  const found: string[] = [];
  for await (const { workflowId, runId, memo } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    found.push(...textsOf(JSON.parse(historyToJSON(history))), JSON.stringify(memo));
  }
  return found;
}

/** As the simulator keeps them: also the keys and tokens that it gave out meanwhile. */
function plantedSecrets(): { [what: string]: string } {
  const state = JSON.parse(readFileSync(join(stage.directory, 'cloud/state.json'), 'utf8')) as SimulatorState;
  const { temporary, tokens, permanent } = state.keyring;
  return {
    'the secret key': permanent.secretKey,
    'the password': state.user.password,
    ...Object.fromEntries(temporary.map(({ secretKey }, index) => [`temporary secret key ${index}`, secretKey])),
    ...Object.fromEntries(temporary.map(({ securityToken }, index) => [`security token ${index}`, securityToken])),
    ...Object.fromEntries(tokens.map(({ id }, index) => [`token ${index}`, id])),
  };
}

describe('a secret of any source of credentials', () => {
  it('is used in this test: keys, a password, temporary keys and tokens', () => {
    const kinds = Object.keys(secrets).map((what) => what.replace(/ \d+$/, ''));
    expect(new Set(kinds)).toEqual(
      new Set(['the secret key', 'the password', 'temporary secret key', 'security token', 'token']),
    );
    expect(Object.values(secrets).filter((secret) => secret.length < 16)).toEqual([]);
  });

  it.each([
    'process arguments',
    'the output of worker and clients',
    'the journal of the simulator',
    'a workflow history',
  ])('is not in %s', (where) => {
    const searched = texts[where] ?? [];
    // What is no secret is there, so a secret would have been found.
    expect(searched.join('\n')).toContain(stage.info.bucket);
    const found = Object.entries(secrets).filter(([, secret]) => searched.some((text) => text.includes(secret)));
    expect(found.map(([what]) => what)).toEqual([]);
  });
});
