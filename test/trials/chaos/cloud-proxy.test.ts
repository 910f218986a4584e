import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../src/testing';
import { type Answer, callIms, callObs, exportImage } from '../../rigs/simulator-requests';
import { CloudProxy } from './cloud-proxy';

let simulator: Simulator;
let proxy: CloudProxy;
let info: Simulator['info'];

beforeEach(async () => {
  simulator = await startSimulator({ jobSeconds: 60 });
  const { imsEndpoint: ims, obsEndpoint: obs, iamEndpoint: iam, metadataEndpoint: metadata } = simulator.info;
  const caller = { process: 'worker', account: 'default' } as const;
  proxy = await CloudProxy.open({ ims, obs, iam, metadata }, [caller]);
  const through = proxy.endpointsOf(caller);
  info = { ...simulator.info, imsEndpoint: through.ims, obsEndpoint: through.obs };
});
afterEach(async () => {
  await proxy.close();
  await simulator.close();
});

const readImages = (): Promise<Answer> => callIms(info, 'GET', '/v2/cloudimages');
const submit = () =>
  exportImage(info, info.images.linux ?? '', { bucket_url: `${info.bucket}:a`, file_format: 'qcow2' });
/** The answer, or that there is none so far. */
const soon = (answer: Promise<Answer>) => Promise.race([answer.then(({ status }) => status), sleep(300, 'nothing')]);

describe('the network of the chaos', () => {
  it('lets signed requests and their answers through', async () => {
    expect((await readImages()).json.images.length).toBeGreaterThan(0);
    expect((await callObs(info, 'HEAD', `/${info.bucket}/none`)).status).toBe(404);
    expect((await submit()).status).toBe(200);
    expect(proxy.requests).toMatchObject([
      { service: 'ims', method: 'GET', path: '/v2/cloudimages', arrived: true, status: 200 },
      { service: 'obs', method: 'HEAD', status: 404, answeredAtMs: expect.any(Number) },
      { process: 'worker', account: 'default', method: 'POST', arrived: true, status: 200, wrong: null },
    ]);
    const keys = new Set(proxy.requests.map(({ key }) => key));
    expect([...keys]).toEqual([expect.stringMatching(/^[0-9a-f]{8}$/)]);
  });

  it('breaks connections while it is cut, and new ones come through afterwards', async () => {
    proxy.cut('reset');
    await expect(readImages()).rejects.toThrow();
    proxy.restore();
    expect((await readImages()).status).toBe(200);
  });

  it('holds what is sent while it is silent, and lets it through afterwards', async () => {
    proxy.cut('silent');
    const answer = readImages();
    expect(await soon(answer)).toBe('nothing');
    proxy.restore();
    expect((await answer).status).toBe(200);
  });

  it('never answers in a connection that is half open, and does in a new one', async () => {
    proxy.slow(200, 0);
    const answer = readImages();
    const broken = expect(answer).rejects.toThrow();
    await sleep(100);
    proxy.leaveHalfOpen();
    expect(await soon(answer)).toBe('nothing');
    expect((await readImages()).status).toBe(200);
    proxy.heal();
    await broken;
  });

  it('loses the request of a submit, or its answer, once', async () => {
    proxy.loseNextSubmit('request');
    await expect(submit()).rejects.toThrow();
    expect(simulator.jobs()).toHaveLength(0);
    proxy.loseNextSubmit('answer');
    await expect(submit()).rejects.toThrow();
    expect(simulator.jobs()).toHaveLength(1);
    expect(proxy.requests).toMatchObject([
      { arrived: false, status: null },
      { arrived: true, status: null },
    ]);
  });

  it('answers one read in the place of the cloud, with a page of its own or a refusal', async () => {
    proxy.answerWrongly('image', 'page200');
    proxy.answerWrongly('object', 'page404');
    proxy.answerWrongly('image', '401');
    const head = () => callObs(info, 'HEAD', `/${info.bucket}/none`);
    const page = await readImages();
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('nginx') });
    expect(page.headers['x-request-id']).toBeUndefined();
    expect((await head()).headers['x-obs-request-id']).toBeUndefined();
    expect((await head()).headers['x-obs-request-id']).toEqual(expect.any(String));
    expect((await readImages()).status).toBe(401);
    expect((await readImages()).status).toBe(200);
  });
});
