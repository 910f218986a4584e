import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type SimulatorInfo, startSimulator } from '../../src/testing';
import { beginExport, callIms, callObs, control, keyOf, send, showJob } from '../rigs/simulator-requests';

let stateDir: string;
let processes: ChildProcess[] = [];
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'simulator-state-'));
});
afterEach(() => {
  for (const child of processes) child.kill('SIGKILL');
  processes = [];
  rmSync(stateDir, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

async function startProcess(port = 0): Promise<{ child: ChildProcess; info: SimulatorInfo }> {
  const script = join(__dirname, 'simulator-process.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, stateDir, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, info: JSON.parse(line) };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

it('the simulator keeps addresses, keys, images, jobs, objects, clock and journal after a kill', async () => {
  const before = await startProcess();
  const { info } = before;
  await callObs(info, 'PUT', '/ims-image/note.txt', { body: 'kept' });
  const ended = await beginExport(info, 'linux', 'ended.qcow2');
  await control(info, 'POST', '/clock', { advanceMs: 3_600_000 });
  const running = await beginExport(info, 'windowsFromFile', 'running.qcow2');
  await control(info, 'PUT', `/jobs/${running}`, { percent: 0.25 });
  const key = keyOf((await send(info.metadataEndpoint, 'GET', '/openstack/latest/securitykey')).json);
  const clock = await readClock(info);
  await kill(before.child);

  const { info: again } = await startProcess();
  expect(again).toEqual(info);
  const now = await readClock(info);
  expect(now).toBeGreaterThanOrEqual(clock);
  expect((await callIms(info, 'GET', '/v2/cloudimages', { key })).status).toBe(200);
  expect((await showJob(info, ended)).json.status).toBe('SUCCESS');
  expect((await showJob(info, running)).json).toMatchObject({ status: 'RUNNING', entities: { process_percent: 0.25 } });
  expect((await callObs(info, 'GET', '/ims-image/note.txt')).text).toBe('kept');
  expect((await callObs(info, 'HEAD', '/ims-image/ended.qcow2')).status).toBe(200);
  await control(info, 'POST', '/clock', { advanceMs: 3_600_000 });
  expect((await callObs(info, 'HEAD', '/ims-image/running.qcow2')).status).toBe(200);
  const journal: Array<{ method: string }> = JSON.parse((await control(info, 'GET', '/requests')).text);
  expect(journal.filter(({ method }) => method === 'POST')).toHaveLength(2);
});

it('the simulator keeps all images of one name and its catalogue after a restart', async () => {
  const first = await startSimulator({ stateDir });
  const { images } = first.info;
  const ids = first.addImages('linux', 1_203, { name: 'golden' }).map(({ id }) => id);
  await first.close();
  const second = await startSimulator({ stateDir });
  const { json } = await callIms(second.info, 'GET', `/v2/cloudimages?name=golden&marker=${ids[999]}`);
  expect(json.images.map(({ id }) => id)).toEqual(ids.slice(1_000));
  expect(second.info.images).toEqual(images);
  await second.close();
});

it('the simulator reads a state with image attributes of other types or missing', async () => {
  const first = await startSimulator({ stateDir });
  const { info } = first;
  const unusual = { name: 2024, min_disk: '40', __imagetype: ['private'], tags: 'none' };
  const answer = await control(info, 'POST', '/images', { like: 'linux', attributes: unusual });
  const [added] = JSON.parse(answer.text) as Array<{ id: string }>;
  const nameless = first.addImage('linux', { name: undefined });
  expect((await control(info, 'POST', '/images', { like: 'linux', attributes: { id: 7 } })).status).toBe(400);
  await first.close();
  const second = await startSimulator({ stateDir });
  const { json } = await callIms(second.info, 'GET', `/v2/cloudimages?id=${nameless.id}`);
  expect(json.images).toMatchObject([{ id: nameless.id }]);
  expect(JSON.parse(readFileSync(join(stateDir, 'state.json'), 'utf8')).images[added?.id ?? '']).toMatchObject(unusual);
  await second.close();
});

it('the simulator reads a state of version 1 from an earlier package', async () => {
  cpSync(join(__dirname, 'fixtures/state-of-version-1'), stateDir, { recursive: true });
  const left = JSON.parse(readFileSync(join(stateDir, 'state.json'), 'utf8'));
  for (const start of ['first', 'second']) {
    const simulator = await startSimulator({ stateDir });
    const { info } = simulator;
    expect(info, start).toMatchObject({ projectId: left.projectId, accessKey: left.keyring.permanent.accessKey });
    expect(Object.keys(info.images)).toHaveLength(22);
    expect(info.images).toMatchObject({ linux: left.images.linux.id, queued: left.images.queued.id });
    const { json } = await callIms(info, 'GET', '/v2/cloudimages');
    expect(json.images.map(({ id }) => id).sort()).toEqual(
      Object.values<{ id: string }>(left.images)
        .map(({ id }) => id)
        .sort(),
    );
    expect((await callIms(info, 'GET', '/v2/cloudimages?name=golden')).json.images).toHaveLength(1);
    expect(simulator.jobs()).toMatchObject([{ imageId: left.images.linux.id, status: 'FAIL' }]);
    expect((await callObs(info, 'GET', '/ims-image/note.txt')).text).toBe('kept');
    expect(
      simulator
        .requests()
        .map(({ method, status }) => [method, status])
        .slice(0, 2),
    ).toEqual([
      ['PUT', 200],
      ['POST', 200],
    ]);
    await simulator.close();
  }
});

it('the simulator uses an explicit port and the next three, also again after a kill', async () => {
  const port = await freePorts();
  const first = await startProcess(port);
  expect(first.info).toMatchObject({
    imsEndpoint: `http://127.0.0.1:${port}`,
    obsEndpoint: `http://127.0.0.1:${port + 1}`,
    iamEndpoint: `http://127.0.0.1:${port + 2}`,
    metadataEndpoint: `http://127.0.0.1:${port + 3}`,
  });
  await kill(first.child);
  expect((await startProcess(port)).info).toEqual(first.info);
});

it('the simulator ends a job that became due while it was down', async () => {
  let now = Date.UTC(2026, 0, 1);
  const options = { stateDir, jobSeconds: 60, now: () => now };
  const first = await startSimulator(options);
  const jobId = await beginExport(first.info);
  await first.close();
  now += 3_600_000;
  const second = await startSimulator(options);
  expect(second.jobs()).toMatchObject([{ jobId, status: 'SUCCESS', endTime: '2026-01-01T00:01:00.000Z' }]);
  expect(second.objects().map(({ lastModifiedMs }) => new Date(lastModifiedMs).toISOString())).toEqual([
    '2026-01-01T00:01:00.000Z',
  ]);
  await second.close();
});

it('the simulator leaves nothing behind when it has no state directory', async () => {
  vi.stubEnv('TMPDIR', stateDir);
  const simulator = await startSimulator();
  expect(readdirSync(stateDir)).toHaveLength(1);
  await simulator.close();
  expect(readdirSync(stateDir)).toEqual([]);
});

it('the simulator does not start on a port that is taken', async () => {
  const simulator = await startSimulator();
  const port = Number(new URL(simulator.info.imsEndpoint).port);
  await expect(startSimulator({ port })).rejects.toThrow('EADDRINUSE');
  await simulator.close();
});

it('the simulator answers no request once it is closed', async () => {
  const simulator = await startSimulator();
  expect((await callIms(simulator.info, 'GET', '/v2/cloudimages')).status).toBe(200);
  await simulator.close();
  await expect(send(simulator.info.imsEndpoint, 'GET', '/')).rejects.toThrow('ECONNREFUSED');
});

async function readClock(info: SimulatorInfo): Promise<number> {
  return Date.parse((await control(info, 'POST', '/clock', { advanceMs: 0 })).json.now);
}

/** Four free ports in a row. */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await Promise.all([0, 1, 2, 3].map((offset) => isFree(first + offset)));
    if (free.every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

it('the simulator keeps in its journal a request that was in progress when it was killed', async () => {
  const { child, info } = await startProcess();
  const path = `/v1/cloudimages/${info.images.linux}/file`;
  await control(info, 'POST', '/faults', { service: 'ims', method: 'POST', path, action: { delayMs: 60_000 } });
  const cut = beginExport(info).catch((error: unknown) => error);
  const requests = async (of: SimulatorInfo) => JSON.parse((await control(of, 'GET', '/requests')).text);
  await vi.waitUntil(async () => (await requests(info)).length === 1, { timeout: 10_000, interval: 20 });
  await kill(child);
  await cut;
  const restarted = await startProcess();
  expect(await requests(restarted.info)).toEqual([expect.objectContaining({ method: 'POST', path, status: null })]);
});
