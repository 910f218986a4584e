/** Each trouble of a new machine is brought about for real: in a Temporal dev server, in the simulator, in the environment. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diagnosisLines } from '../../src/cli/doctor';
import { freePort } from '../../src/dev-server/free-port';
import { type Check, type DiagnoseOptions, type Diagnosis, diagnose } from '../../src/doctor';
import { environmentOf, type Simulator, startSimulator } from '../../src/testing';
import { casesOf, itInLongForm } from '../rigs/long-form';
import { type Rig, startRig } from '../rigs/rig';

let rig: Rig;
let folder: string;
/** A machine where nothing is wrong. */
let healthy: NodeJS.ProcessEnv;
const said: string[] = [];

beforeAll(async () => {
  [rig, folder] = await Promise.all([startRig({ server: {} }), mkdtemp(join(tmpdir(), 'doctor-'))]);
  healthy = {
    TEMPORAL_ADDRESS: rig.server.address,
    IMS_EXPORT_TASK_QUEUE: rig.taskQueue,
    IMS_EXPORT_CACHE_DIR: join(folder, 'cache'),
    ...environmentOf(rig.simulator.info),
  };
});

afterAll(async () => {
  await rig?.close();
  await rm(folder, { recursive: true, force: true });
});

async function ask(env: NodeJS.ProcessEnv = healthy, options: DiagnoseOptions = {}): Promise<Diagnosis> {
  const diagnosis = await diagnose({ env, ...options });
  said.push(JSON.stringify(diagnosis), ...diagnosisLines(diagnosis));
  return diagnosis;
}

/** The line of a check as a person reads it, without the spaces between its columns. */
function lineOf(diagnosis: Diagnosis, name: string): string {
  const line = diagnosisLines(diagnosis).find((text) => text.slice(11).trimStart().startsWith(name));
  return (line ?? `no line for ${name}`).replace(/ {2,}/g, ' | ');
}

function problemsOf({ checks }: Diagnosis): string[] {
  return checks.flatMap(({ check, state }) => (state === 'problem' ? [check] : []));
}

describe.concurrent('the doctor', () => {
  it('reports no problem on a sound setup, and says what it could not check', async () => {
    const diagnosis = await ask();
    expect(problemsOf(diagnosis)).toEqual([]);
    expect(diagnosis).toMatchObject({ ok: true, fixFirst: null });
    expect(diagnosis.checks.filter(({ state }) => state === 'notChecked').map(({ check }) => check)).toEqual(['role']);
    expect(lineOf(diagnosis, 'native connection')).toBe(
      `ok | native connection | a worker of this machine reaches ${rig.server.address} too`,
    );
    expect(lineOf(diagnosis, 'role')).toContain(
      'no API shows whether the account has the role OBS Tenant Administrator',
    );
    expect(diagnosisLines(diagnosis).at(-1)).toBe('No problem found (1 not checked).');
  });

  describe('about Temporal', () => {
    it('reports that no server answers', async () => {
      const address = `127.0.0.1:${await freePort()}`;
      const diagnosis = await ask({ ...healthy, TEMPORAL_ADDRESS: address });
      expect(diagnosis).toMatchObject({ ok: false, fixFirst: 'temporal' });
      expect(problemsOf(diagnosis)).toEqual(['Temporal']);
      expect(lineOf(diagnosis, 'Temporal ')).toMatch(
        new RegExp(
          `^problem \\| Temporal \\| No Temporal server answers at ${address} .*by TEMPORAL_ADDRESS.*start-dev`,
        ),
      );
      expect(lineOf(diagnosis, 'native connection')).toBe(
        'not checked | native connection | the problem of Temporal comes first',
      );
      expect(lineOf(diagnosis, 'worker (workflows)')).toBe(
        `not checked | worker (workflows) ${rig.taskQueue} | Temporal was not reached`,
      );
    });

    itInLongForm('reports that the profile of TEMPORAL_PROFILE does not exist', async () => {
      const diagnosis = await ask({ ...healthy, TEMPORAL_ADDRESS: undefined, TEMPORAL_PROFILE: 'nobody' });
      expect(diagnosis.fixFirst).toBe('configuration');
      expect(lineOf(diagnosis, 'Temporal ')).toMatch(/^problem .*nobody.*by --profile or TEMPORAL_PROFILE/);
      expect(lineOf(diagnosis, 'native connection')).toMatch(/^not checked .*the settings of Temporal cannot be read/);
    });

    it('names the setting of a certificate file that does not exist, and no other', async () => {
      const TEMPORAL_TLS_CLIENT_CERT_PATH = '/nowhere/client.pem';
      const diagnosis = await ask({ ...healthy, TEMPORAL_TLS_CLIENT_CERT_PATH });
      expect(diagnosis.fixFirst).toBe('configuration');
      expect(lineOf(diagnosis, 'Temporal ')).toMatch(
        /^problem .* TEMPORAL_TLS_CLIENT_CERT_PATH is "\/nowhere\/client\.pem" \(ENOENT: no such file or directory\)\. Set it /,
      );
      expect(lineOf(diagnosis, 'Temporal ')).not.toContain('TEMPORAL_PROFILE');
    });

    it('reports that the namespace does not exist and which ones do', async () => {
      const diagnosis = await ask({ ...healthy, TEMPORAL_NAMESPACE: 'defualt' });
      expect(diagnosis.fixFirst).toBe('configuration');
      expect(lineOf(diagnosis, 'namespace')).toBe(
        'problem | namespace defualt | Temporal has no namespace defualt. It has default. Set --namespace or TEMPORAL_NAMESPACE to an existing namespace, or create this one.',
      );
      expect(lineOf(diagnosis, 'worker (activities)')).toContain('there is no such namespace');
    });

    it('reports that no worker polls the task queue', async () => {
      const diagnosis = await ask({ ...healthy, IMS_EXPORT_TASK_QUEUE: 'nobody-polls-this' });
      expect(diagnosis.fixFirst).toBe('temporal');
      expect(problemsOf(diagnosis)).toEqual(['worker (workflows)', 'worker (activities)']);
      expect(lineOf(diagnosis, 'worker (workflows)')).toBe(
        'problem | worker (workflows) nobody-polls-this | no worker takes workflows from it in the namespace default. Start one with `ims-export worker --task-queue nobody-polls-this`. If your worker polls another task queue, set IMS_EXPORT_TASK_QUEUE to it.',
      );
    });
  });

  describe('about the account', () => {
    it('reports that a client machine has no account', async () => {
      const { TEMPORAL_ADDRESS, IMS_EXPORT_TASK_QUEUE, IMS_EXPORT_CACHE_DIR } = healthy;
      const diagnosis = await ask(
        { TEMPORAL_ADDRESS, IMS_EXPORT_TASK_QUEUE, IMS_EXPORT_CACHE_DIR, IMS_EXPORT_BUCKET: 'ims-image' },
        {},
      );
      expect(diagnosis.ok).toBe(true);
      expect(lineOf(diagnosis, 'account')).toMatch(/^not checked .*where the worker runs/);
      expect(lineOf(diagnosis, 'bucket')).toMatch(/^not checked /);
    });

    it('says which source signs, for each account', async () => {
      const diagnosis = await ask();
      expect(lineOf(diagnosis, 'account')).toBe(
        'ok | account | region cn-north-4, signed by the access key of HUAWEICLOUD_SDK_AK; configured by the environment',
      );
      expect(lineOf(diagnosis, 'credentials')).toBe(
        'ok | credentials default | IMS accepts the access key of HUAWEICLOUD_SDK_AK',
      );
      const { identityProvider, info } = rig.simulator;
      const token = join(folder, 'pod-token');
      await writeFile(token, identityProvider.issue('pod'));
      const file = join(folder, 'two-accounts.json');
      const endpoints = { ims: info.imsEndpoint, obs: info.obsEndpoint, iam: info.iamEndpoint };
      const place = { region: info.region, projectId: info.projectId, endpoints };
      const accounts = { default: place, pod: { ...place, credentials: { source: 'podIdentity' } } };
      await writeFile(file, JSON.stringify({ accounts }));
      const pod = {
        HC_CONTAINER_CREDENTIALS_FULL_URI: identityProvider.podIdentityUri,
        HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: token,
      };
      const ofFile = await ask({ ...healthy, ...pod, IMS_EXPORT_CONFIG: file }, { buckets: [] });
      expect(lineOf(ofFile, 'account')).toContain(
        'accounts default (cn-north-4, signed by the access key of HUAWEICLOUD_SDK_AK), pod (cn-north-4, signed by the pod identity of HC_CONTAINER_CREDENTIALS_FULL_URI)',
      );
      expect(lineOf(ofFile, 'credentials pod')).toBe(
        'ok | credentials pod | IMS accepts the pod identity of HC_CONTAINER_CREDENTIALS_FULL_URI',
      );
    });

    it('reports half a source of credentials, although another one could sign', async () => {
      const diagnosis = await ask({ ...healthy, HUAWEICLOUD_SDK_IDP_ID: 'idp' });
      expect(diagnosis.fixFirst).toBe('configuration');
      expect(lineOf(diagnosis, 'account')).toMatch(/^problem .*HUAWEICLOUD_SDK_ID_TOKEN_FILE is not set; it must hold/);
    });

    it('reports a missing variable', async () => {
      const diagnosis = await ask({ ...healthy, HUAWEICLOUD_SDK_SK: undefined });
      expect(diagnosis.fixFirst).toBe('configuration');
      expect(lineOf(diagnosis, 'account')).toMatch(/^problem .*HUAWEICLOUD_SDK_SK is not set.*docs\/accounts\.md/);
    });

    it('reports a proxy that cannot be used, once for Temporal and once for the cloud, without its password', async () => {
      const far = { IMS_EXPORT_IMS_ENDPOINT: 'https://ims.invalid', TEMPORAL_ADDRESS: 'temporal.invalid:7233' };
      const diagnosis = await ask(
        { ...healthy, ...far, HTTPS_PROXY: 'socks5://user:c0ffee@proxy.example' },
        { buckets: ['b'] },
      );
      expect(diagnosis.fixFirst).toBe('configuration');
      for (const line of ['Temporal  ', 'account']) {
        expect(lineOf(diagnosis, line)).toMatch(/^problem .*HTTPS_PROXY is '…@proxy\.example'.*Correct the variable/);
      }
      expect(lineOf(diagnosis, 'bucket')).toMatch(/^not checked .*the configuration comes first/);
      expect(JSON.stringify(diagnosis)).not.toContain('c0ffee');
    });

    it('reports that the accounts file is not JSON', async () => {
      const file = join(folder, 'accounts.json');
      await writeFile(file, '{ accounts');
      const diagnosis = await ask({ ...healthy, IMS_EXPORT_CONFIG: file });
      expect(diagnosis.fixFirst).toBe('configuration');
      expect(lineOf(diagnosis, 'account')).toMatch(/^problem .*IMS_EXPORT_CONFIG names a file that is not JSON/);
    });

    itInLongForm('reports that the account of --account is not in the accounts file', async () => {
      const diagnosis = await ask(healthy, { account: 'archive' });
      expect(diagnosis.fixFirst).toBe('configuration');
      expect(lineOf(diagnosis, 'account archive')).toContain('no account of that name. Known are default.');
    });

    it('reports that IMS is not at the configured endpoint', async () => {
      const diagnosis = await ask({ ...healthy, IMS_EXPORT_IMS_ENDPOINT: `http://127.0.0.1:${await freePort()}` });
      expect(diagnosis.fixFirst).toBe('cloud');
      expect(problemsOf(diagnosis)).toEqual(['IMS']);
      expect(lineOf(diagnosis, 'IMS')).toMatch(/^problem .*ECONNREFUSED.*Check IMS_EXPORT_REGION/);
      expect(lineOf(diagnosis, 'credentials')).toMatch(/^not checked /);
    });

    it('reports that IAM does not know the project of the region', async () => {
      const env = { ...healthy, HUAWEICLOUD_SDK_PROJECT_ID: undefined, IMS_EXPORT_REGION: 'xx-nowhere-1' };
      const diagnosis = await ask(env);
      expect(diagnosis.fixFirst).toBe('cloud');
      expect(lineOf(diagnosis, 'project')).toMatch(/^problem .*ProjectNotFound.*Set HUAWEICLOUD_SDK_PROJECT_ID/);
    });
  });

  describe('about credentials', () => {
    const clouds: Simulator[] = [];
    afterAll(() => Promise.all(clouds.map((cloud) => cloud.close())));

    async function withCloud(): Promise<{ cloud: Simulator; env: NodeJS.ProcessEnv }> {
      const cloud = await startSimulator();
      clouds.push(cloud);
      return { cloud, env: { ...healthy, ...environmentOf(cloud.info) } };
    }

    const signedReads = ({ requests }: Simulator) =>
      requests().filter(({ path, method }) => path !== '/' || method !== 'GET');

    it('reports a wrong secret key after one try', async () => {
      const { cloud, env } = await withCloud();
      const diagnosis = await ask({ ...env, HUAWEICLOUD_SDK_SK: 'notTheSecretKeyOfThisAccessKeyAtAll' });
      expect(diagnosis.fixFirst).toBe('credentials');
      expect(lineOf(diagnosis, 'credentials')).toMatch(
        /^problem .*the access key of HUAWEICLOUD_SDK_AK is refused.*APIGW\.0301.*Check this key and its secret/,
      );
      expect(lineOf(diagnosis, 'bucket')).toMatch(/^not checked .*the credentials come first/);
      expect(signedReads(cloud)).toHaveLength(1);
    });

    itInLongForm('reports a revoked key', async () => {
      const { cloud, env } = await withCloud();
      await fetch(`${cloud.info.imsEndpoint}/_simulator/credentials`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"revoke":true}',
      });
      const diagnosis = await ask(env);
      expect(diagnosis.fixFirst).toBe('credentials');
      expect(lineOf(diagnosis, 'credentials')).toMatch(
        /^problem .*the credential is disabled.*that the key is enabled/,
      );
    });

    itInLongForm('reports a wrong password of the IAM user', async () => {
      const { env } = await withCloud();
      const user = {
        HUAWEICLOUD_SDK_AK: undefined,
        HUAWEICLOUD_SDK_SK: undefined,
        IMS_EXPORT_IAM_PASSWORD: 'wrong-Password-1',
      };
      const diagnosis = await ask({ ...env, ...user });
      expect(diagnosis.fixFirst).toBe('credentials');
      expect(lineOf(diagnosis, 'credentials')).toMatch(/^problem .*There are no credentials to sign with/);
    });

    it('reports that the clock of this machine is off', async () => {
      const { env } = await withCloud();
      const diagnosis = await ask(env, { now: () => Date.now() - 20 * 60_000 });
      expect(diagnosis.fixFirst).toBe('configuration');
      expect(lineOf(diagnosis, 'clock')).toMatch(
        /^problem .*(19|20) min( \d+ s)? behind that of IMS.*Set the clock of this machine/,
      );
      expect(lineOf(diagnosis, 'credentials')).toMatch(/^problem .*x-sdk-date is more than 15 minutes off/);
    });
  });

  const BUCKETS: Array<[what: string, suffix: string, expected: string]> = [
    ['missing', '-not-there', 'There is no bucket .* Create it in the region'],
    ['of another storage class', '-cold', 'is not of the Standard storage class .*COLD'],
    ['in another region', '-elsewhere', 'is not in the region of the image, .* Choose one that is'],
    ['denied', '-denied', 'cannot read the bucket .*403.* Give it the role OBS Tenant Administrator'],
  ];

  it.each(casesOf(BUCKETS, 2))('reports that a bucket is %s, and what to do', async (_what, suffix, expected) => {
    const bucket = `${rig.simulator.info.bucket}${suffix}`;
    const diagnosis = await ask(healthy, { buckets: [rig.simulator.info.bucket, bucket] });
    expect(diagnosis.fixFirst).toBe('cloud');
    expect(problemsOf(diagnosis)).toEqual(['bucket']);
    expect(lineOf(diagnosis, `bucket ${bucket}`)).toMatch(new RegExp(`^problem .*${expected}`));
  });

  itInLongForm('reports that OBS does not answer', async () => {
    const diagnosis = await ask({ ...healthy, IMS_EXPORT_OBS_ENDPOINT: `http://127.0.0.1:${await freePort()}` });
    expect(problemsOf(diagnosis)).toEqual(['bucket']);
    expect(lineOf(diagnosis, 'bucket')).toMatch(/OBS does not answer at .* Check IMS_EXPORT_OBS_ENDPOINT/);
  });
});

describe('`ims-export doctor`', () => {
  const run = promisedRun(resolve(__dirname, '../../lib/cli.js'));

  it('prints one line for each check and ends with the exit code of the first problem to fix', async () => {
    const { code, stdout, stderr } = await run(
      { ...healthy, HUAWEICLOUD_SDK_SK: undefined },
      'doctor',
      '--task-queue',
      'nobody',
    );
    expect(stderr).toBe('');
    expect(code).toBe(2);
    const lines = stdout.trimEnd().split('\n');
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/^(ok|problem|not checked) {2,}\S/);
    expect(lines.at(-1)).toBe('3 problems (1 not checked). Fix account first: it may cause the others.');
  });

  const CODES: Array<[what: string, code: number, changes: NodeJS.ProcessEnv]> = [
    ['2 when Temporal does not have the namespace', 2, { TEMPORAL_NAMESPACE: 'nowhere' }],
    ['0 when nothing is wrong', 0, {}],
    ['1 when the cloud rejects the key', 1, { HUAWEICLOUD_SDK_SK: 'wrong' }],
  ];

  it.each(casesOf(CODES, 2))(
    'with --json prints one document and ends with exit code %s',
    async (_what, expected, changes) => {
      const { code, stdout } = await run({ ...healthy, ...changes }, 'doctor', '--json');
      const { checks, ok } = JSON.parse(stdout) as Diagnosis;
      expect(code).toBe(expected);
      expect(ok).toBe(expected === 0);
      const problems = checks.filter((one): one is Check & { state: 'problem' } => one.state === 'problem');
      expect(problems.length > 0).toBe(expected !== 0);
      for (const { found, next } of problems) expect(found && next).toBeTruthy();
    },
  );
});

it('the doctor prints no secret in any of these tests', () => {
  const { secretKey, iamPassword } = rig.simulator.info;
  expect(said.length).toBeGreaterThan(100);
  const secrets = [secretKey, iamPassword, 'notTheSecretKeyOfThisAccessKeyAtAll', 'wrong-Password-1'];
  for (const secret of secrets) expect(said.join('\n')).not.toContain(secret);
});

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

function promisedRun(cli: string) {
  return (env: NodeJS.ProcessEnv, ...args: string[]): Promise<Ran> =>
    new Promise((done) => {
      const child = execFile(process.execPath, ['--', cli, ...args], { env }, (_error, stdout, stderr) =>
        done({ code: child.exitCode, stdout, stderr }),
      );
    });
}
