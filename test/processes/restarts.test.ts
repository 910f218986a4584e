/**
 * Temporal, the cloud, the worker and the client as processes of their own, killed and started again. `npm run restarts`
 * runs this file and tells what happens while it happens.
 *
 * The waits are those of a worker that is really lost: an activity that was under way is given up after its timeout
 * (30 s to validate or to verify, 20 s to poll, 30 s without a heartbeat to submit), and only then is it tried again.
 */
import { describe, expect, it } from 'vitest';
import { type ExportImageResult, exportWorkflowId } from '../../src/contract';
import { accountFromEnvironment, createCloudClient } from '../../src/huaweicloud';
import type { JournalEntry } from '../../src/testing';
import { itInLongForm } from '../rigs/long-form';
import { type Ended, type RunningProcess, Stage, type StageOptions, until } from '../rigs/processes';

const LIMIT_MS = 180_000;
/** An activity timeout, the retry after it, and the start of a worker on a busy machine. */
const RECOVERY_MS = 60_000;
/** Longer than any scenario: who waits for this answer is killed before it comes. */
const ENDLESS_MS = 600_000;
const HOUR_MS = 3_600_000;

const FAST_POLLS = ['--option', 'minInterval=1s', '--option', 'maxInterval=2s'];

describe.concurrent('an export', () => {
  it('survives restarts of its workers, Temporal and the cloud', { timeout: LIMIT_MS }, async ({ onTestFinished }) => {
    const stage = await openStage({ title: 'restarts', jobSeconds: 9 * 3600 }, onTestFinished);
    const destination = `${stage.info.bucket}:restarts/huge.zvhd2`;
    const firstWorker = await stage.startWorker();

    await stage.addFault({ service: 'ims', method: 'GET', path: '/v2/cloudimages', action: { delayMs: ENDLESS_MS } });
    const client = start(stage, 'huge', destination, '--quick');
    await stage.untilAsked('tell of the image', isGetOfImage, RECOVERY_MS);
    await stage.killWorker(firstWorker, 'while it validates: nothing is submitted yet');
    const secondWorker = await stage.startWorker();
    stage.tell('the validation that was lost is given up after 30 s and tried again');
    const [job] = await until(
      'there is a job',
      () => atLeast(1, stage.jobs()),
      RECOVERY_MS,
      () => stage.said(),
    );
    stage.tell(`job ${job?.jobId} was accepted`);

    await untilPolledAgain(stage, 2);
    await stage.advanceClock(3 * HOUR_MS);
    await untilPolledAgain(stage, 1);
    await stage.addFault({ service: 'ims', method: 'GET', path: '/v1/*/jobs/*', action: { delayMs: ENDLESS_MS } });
    await stage.untilAsked('tell of the job', isGetOfJob, RECOVERY_MS);
    await stage.killWorker(secondWorker, 'in the middle of a poll');
    const thirdWorker = await stage.startWorker();
    await stage.killTemporal();
    await stage.startTemporal();
    await stage.killSimulator();
    await stage.startSimulator();
    stage.tell('the poll that was lost is given up after 20 s and tried again');
    await untilPolledAgain(stage, 2);

    await stage.addFault({ service: 'obs', method: 'HEAD', path: '*/restarts/huge*', action: { delayMs: ENDLESS_MS } });
    await stage.advanceClock(6 * HOUR_MS);
    await stage.untilAsked('tell of the object', isHeadOfObject, RECOVERY_MS);
    await stage.killWorker(thirdWorker, 'while it verifies: the job has ended');
    await stage.startWorker();
    stage.tell('the verification that was lost is given up after 30 s and tried again');

    const { exitCode, stdout } = await client.endsWithin(RECOVERY_MS);
    expect(exitCode, client.said()).toBe(0);
    const result = JSON.parse(stdout) as ExportImageResult;
    expect(result).toMatchObject({
      verdict: 'succeeded',
      confirmed: true,
      submissions: 1,
      bucketUrl: destination,
      jobId: job?.jobId,
      verification: { state: 'verified' },
    });
    expect(await stage.jobs()).toMatchObject([{ jobId: job?.jobId, status: 'SUCCESS' }]);
    expect(await stage.posts('huge')).toMatchObject([{ status: 200 }]);
    expect(await etagOf(stage, 'restarts/huge.zvhd2')).toBe(result.object?.etag);
    stage.tell(`the client, one process all along, exits 0: submissions ${result.submissions}, polls ${result.polls}`);
    stage.tell(`one POST, one job, and the object ${result.object?.etag} is verified`);
  });

  itInLongForm('continues when its worker is stopped during the POST', { timeout: LIMIT_MS }, async (test) => {
    const stage = await openStage({ title: 'SIGTERM', jobSeconds: 3 }, test.onTestFinished);
    const worker = await stage.startWorker();
    await stage.addFault({ service: 'ims', method: 'POST', action: { delayMs: 4_000 } });
    const client = start(stage, 'linux', `${stage.info.bucket}:term/linux.qcow2`, '--format', 'qcow2');
    await stage.untilAsked('export', isPost, RECOVERY_MS);
    stage.tell(`SIGTERM to ${worker.name} (pid ${worker.pid}) in the middle of the POST`);
    worker.signal('SIGTERM');
    await stage.startWorker();
    expect((await worker.endsWithin(RECOVERY_MS)).exitCode, worker.said()).toBe(0);
    stage.tell(`${worker.name} has waited for the answer and ended by itself`);

    const { exitCode, stdout } = await client.endsWithin(RECOVERY_MS);
    expect(exitCode, client.said()).toBe(0);
    const [job] = await stage.jobs();
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'succeeded', submissions: 1, jobId: job?.jobId });
    expect(await stage.jobs()).toHaveLength(1);
    expect(await stage.posts('linux')).toMatchObject([{ status: 200 }]);
    stage.tell('succeeded with the job of that one POST');
  });

  itInLongForm(
    'ends as unknown when the answer to the POST is lost',
    { timeout: LIMIT_MS },
    async ({ onTestFinished }) => {
      const stage = await openStage({ title: 'lost answers', jobSeconds: 3 }, onTestFinished);
      const worker = await stage.startWorker();
      await stage.addFault({ service: 'ims', method: 'POST', action: { delayMs: 2_000 } });
      // A lost submit settles for minutes; the deadline comes first.
      const deadline = (after: string) => ['--option', `deadline=${after}`];
      const lost = `${stage.info.bucket}:lost/linux.qcow2`;
      const withItsWorker = start(stage, 'linux', lost, '--format', 'qcow2', ...deadline('60s'));
      await stage.untilAsked('export', isPost, RECOVERY_MS);
      await stage.killWorker(worker, 'in the middle of the POST');
      await stage.startWorker();
      stage.tell('no heartbeat any more: the submit is given up after 30 s, and is not tried again');

      await stage.addFault({ service: 'ims', method: 'POST', action: { dropAfter: true } });
      const onTheWay = start(stage, 'large', `${stage.info.bucket}:lost/large.zvhd2`, '--quick', ...deadline('20s'));
      await expectUnknown(stage, 'large', await onTheWay.endsWithin(RECOVERY_MS));
      await expectUnknown(stage, 'linux', await withItsWorker.endsWithin(RECOVERY_MS));
    },
  );
});

async function openStage(options: StageOptions, onTestFinished: (end: () => Promise<void>) => void): Promise<Stage> {
  const stage = await Stage.open(options);
  onTestFinished(() => stage.close());
  return stage;
}

/** A client that waits for the end, and prints the result or the error as JSON. */
function start(stage: Stage, image: string, destination: string, ...format: string[]): RunningProcess {
  const what = ['--image', stage.image(image), '--to', destination, ...format];
  const client = stage.launch('start', ...what, ...FAST_POLLS, '--option', 'maxProbes=0', '--wait', '--json');
  stage.tell(`ims-export start --image <${image}> --to ${destination} ${format.join(' ')} --wait (pid ${client.pid})`);
  return client;
}

/** Nobody claims a failure or a success, and nobody exports again. */
async function expectUnknown(stage: Stage, image: string, { exitCode, stdout, stderr }: Ended): Promise<void> {
  expect(exitCode, stderr).toBe(3);
  const { error } = JSON.parse(stdout) as { error: { code: string; details: { bucketUrl: string } } };
  expect(error).toMatchObject({
    code: 'ExportOutcomeUnknown',
    details: { reason: 'submitAmbiguous', remoteJob: 'unknown', jobId: null },
  });
  expect(stderr).toContain('Check for the object before you export again');
  expect(await stage.posts(image)).toHaveLength(1);
  expect((await stage.jobs()).filter(({ imageId }) => imageId === stage.image(image))).toHaveLength(1);
  const status = await stage.run('status', exportWorkflowId(error.details.bucketUrl), '--json');
  expect(JSON.parse(status.stdout)).toMatchObject({
    workflowStatus: 'FAILED',
    memo: { outcome: 'unknown', remoteJob: 'unknown' },
  });
  stage.tell(`the client of <${image}> exits 3: ExportOutcomeUnknown, remoteJob unknown, one POST`);
}

/** Waits for as many polls as this that were asked and answered from now on. */
async function untilPolledAgain(stage: Stage, polls: number): Promise<void> {
  const answered = async () => (await stage.journal()).filter((entry) => isGetOfJob(entry) && entry.status === 200);
  const before = (await answered()).length;
  const entries = await until(
    `the job was polled ${polls} more time(s)`,
    () => atLeast(before + polls, answered()),
    RECOVERY_MS,
    () => stage.said(),
  );
  const [{ status, percent } = { status: 'lost', percent: 0 }] = await stage.jobs();
  stage.tell(`${entries.length} polls answered, the job is ${status} at ${Math.round(percent * 100)} %`);
}

async function atLeast<T>(count: number, items: Promise<T[]>): Promise<T[] | undefined> {
  const seen = await items;
  return seen.length >= count ? seen : undefined;
}

/** The object as OBS has it, read past worker and client. */
async function etagOf(stage: Stage, key: string): Promise<string | undefined> {
  const cloud = createCloudClient(accountFromEnvironment(stage.environment()));
  try {
    return (await cloud.obs.headObject(stage.info.bucket, key)).object?.etag;
  } finally {
    await cloud.close();
  }
}

function isPost({ method, path }: JournalEntry): boolean {
  return method === 'POST' && path.endsWith('/file');
}

function isGetOfImage({ method, path }: JournalEntry): boolean {
  return method === 'GET' && path === '/v2/cloudimages';
}

function isGetOfJob({ method, path }: JournalEntry): boolean {
  return method === 'GET' && path.includes('/jobs/');
}

function isHeadOfObject({ service, method, path }: JournalEntry): boolean {
  return service === 'obs' && method === 'HEAD' && path.includes('/restarts/');
}
