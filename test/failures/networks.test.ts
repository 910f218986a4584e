import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { accountFromEnvironment } from '../../src/huaweicloud';
import { environmentOf, type SimulatorInfo } from '../../src/testing';
import { ConnectProxy } from '../rigs/connect-proxy';
import { ALWAYS, ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig } from '../rigs/rig';
import { bundleWithQuickSubmits } from '../rigs/temporal';

const USER = 'worker:c0ffee-of-the-proxy';
let proxy: ConnectProxy;
let rig: Rig;

/** The simulator by names that no resolver has, so that only the proxy leads there. */
function far({ imsEndpoint, obsEndpoint, iamEndpoint }: SimulatorInfo) {
  const named = (service: string, endpoint: string) => endpoint.replace('127.0.0.1', `${service}.cloud.test`);
  return { ims: named('ims', imsEndpoint), obs: named('obs', obsEndpoint), iam: named('iam', iamEndpoint) };
}

function startFarRig(env: NodeJS.ProcessEnv, endpoints: (info: SimulatorInfo) => object = far): Promise<Rig> {
  return bundleWithQuickSubmits().then((bundle) =>
    startRig({
      bundle,
      simulator: { jobSeconds: 3_600 },
      account: (account, info) => ({
        ...account,
        endpoints: { ...account.endpoints, ...endpoints(info) },
        allowHttp: true,
      }),
      cloud: { transport: { env }, retry: { maxTries: 1 } },
    }),
  );
}

beforeAll(async () => {
  proxy = await ConnectProxy.start(USER);
  rig = await startFarRig({ http_proxy: proxy.url });
});
afterAll(async () => {
  await rig?.close();
  await proxy?.kill();
});

/** Everything that Temporal keeps of an export. */
async function recorded({ handle: { workflowId } }: OneExport): Promise<string> {
  return JSON.stringify(await rig.client.workflow.getHandle(workflowId).fetchHistory());
}

it('F71 an export runs from start to end through a proxy, submit and checks of the object included', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.poll();
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', verification: { state: 'verified' } });
  expect(proxy.hosts()).toEqual(expect.arrayContaining(['ims.cloud.test', 'obs.cloud.test']));
  expect(one.posts()).toHaveLength(1);
});

it('F72 an export survives a proxy that is killed while the job runs, and comes back', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  await proxy.kill();
  const { lastError } = await one.poll();
  expect(lastError).toMatch(/^ECONNREFUSED: The proxy http:\/\/127\.0\.0\.1:\d+ \(http_proxy\) cannot be reached/);
  await proxy.revive();
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.poll();
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', polls: expect.any(Number) });
  expect(await recorded(one)).not.toContain('c0ffee');
});

/** Starts an export whose preflight passes; by the time of the submit, the proxy refuses. */
async function submitRefusedBy(status: number): Promise<OneExport> {
  const one = new OneExport(rig, { options: ON_REQUEST });
  one.headsFail({ delayMs: 1_000 });
  await one.start();
  const heads = () => one.heads().length;
  await expect.poll(heads, { timeout: 20_000 }).toBe(1);
  proxy.refusesBy = status;
  onTestFinished(() => {
    proxy.refusesBy = null;
  });
  return one;
}

it('F72 a submit whose tunnel the proxy refuses by 502 was not executed, and is made once the proxy lets it through', async () => {
  const one = await submitRefusedBy(502);
  const waiting = await one.until(({ phase, lastError }) => phase === 'waitingToSubmit' && lastError !== null);
  expect(waiting.lastError).toMatch(/^ProxyUnavailable: .*answered 502 .*nothing was sent\. The proxy does not reach/);
  expect([one.posts(), waiting.remoteJob]).toEqual([[], 'none']);
  proxy.refusesBy = null;
  await one.handle.signal('pollNow');
  await one.until(({ jobId }) => jobId !== null);
  expect(one.posts()).toHaveLength(1);
  expect(await recorded(one)).not.toContain('c0ffee');
  await one.handle.cancel();
});

it('F72 a submit that the proxy has taken, and whose answer it loses, is found out about', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, onAmbiguousSubmit: 'ask' } });
  one.postsFail({ delayMs: 60_000 }, ALWAYS);
  await one.start();
  await expect.poll(() => one.posts().length, { timeout: 20_000 }).toBe(1);
  await proxy.kill();
  await proxy.revive();
  const asked = await one.until(({ phase }) => phase === 'needsAnswer');
  expect(asked).toMatchObject({ remoteJob: 'unknown', lastError: expect.stringMatching(/SOCKET|ECONNRESET/) });
  await one.handle.cancel();
});

// The last one of this rig: its requests keep off the proxy for some seconds.
it('F72 a submit whose tunnel the proxy refuses by 407 ends the export, with the variable and without the password', async () => {
  const one = await submitRefusedBy(407);
  const asked = proxy.asked.length;
  expect(await one.failure()).toMatchObject({
    type: 'SubmitRejected',
    message: expect.stringMatching(
      /ProxyAuthenticationRequired: .*answered 407 .*nothing was sent\. It refuses user and password: set http_proxy/,
    ),
  });
  // Once for the submit, and once for the second look: a company may lock the user after a few.
  expect(proxy.asked.length - asked).toBeLessThanOrEqual(2);
  expect([one.posts(), await recorded(one)]).toEqual([[], expect.not.stringContaining('c0ffee')]);
});

const WRONG: Array<[what: string, service: 'ims' | 'obs', endpoint: string, code: string]> = [
  ['the unknown host of IMS', 'ims', 'https://ims.invalid', 'ENOTFOUND'],
  ['the unknown host of OBS', 'obs', 'https://obs.invalid', 'ENOTFOUND'],
  ['a port of IMS without TLS', 'ims', 'tls', 'ERR_SSL_WRONG_VERSION_NUMBER'],
];
it.each(WRONG)('F73 %s ends an export at once, before anything is submitted', async (_what, service, url, code) => {
  const wrong = await startFarRig({}, ({ imsEndpoint, obsEndpoint }) => ({
    ...{ ims: imsEndpoint, obs: obsEndpoint },
    [service]: url === 'tls' ? imsEndpoint.replace('http:', 'https:') : url,
  }));
  onTestFinished(() => wrong.close());
  const one = await new OneExport(wrong).start();
  expect(await one.failure()).toMatchObject({
    type: 'SubmitRejected',
    message: expect.stringMatching(/^Nothing was submitted: .*Check /),
    details: [expect.objectContaining({ error: expect.objectContaining({ code }) })],
  });
  // Read a second time, and no more.
  const history = await wrong.client.workflow.getHandle(one.handle.workflowId).fetchHistory();
  const attempts = (history.events ?? []).map(({ activityTaskStartedEventAttributes: started }) => started?.attempt);
  expect(attempts.filter((attempt) => attempt)).toEqual([2]);
  expect(wrong.posts()).toBe(0);
});

it('F74 an endpoint with plain http beyond the own link is refused by its variable, unless that is allowed', () => {
  const env = { ...environmentOf(rig.simulator.info), IMS_EXPORT_OBS_ENDPOINT: 'http://obs.cloud.test' };
  expect(() => accountFromEnvironment(env)).toThrow(
    /IMS_EXPORT_OBS_ENDPOINT is 'http:\/\/obs\.cloud\.test', which sends credentials over plain http\. .* IMS_EXPORT_ALLOW_HTTP=true/,
  );
  expect(accountFromEnvironment({ ...env, IMS_EXPORT_ALLOW_HTTP: 'true' })).toMatchObject({ allowHttp: true });
});

it('F74 a request to such an endpoint is not sent, whoever has made the account', async () => {
  const asked = proxy.asked.length;
  const plain = await startRig({
    account: (account, info) => ({ ...account, endpoints: { ...account.endpoints, ...far(info) } }),
    cloud: { transport: { env: { http_proxy: proxy.url } } },
  });
  onTestFinished(() => plain.close());
  expect(await (await new OneExport(plain).start()).failure()).toMatchObject({
    type: 'SubmitRejected',
    message: expect.stringMatching(/PlainHttpRefused: Credentials would go to ims\.cloud\.test:\d+ over plain http/),
  });
  expect([plain.posts(), proxy.asked.length]).toEqual([0, asked]);
});
