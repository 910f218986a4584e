import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pausePolling, registerSearchAttributes, retuneExport, startExport } from '../../src/client';
import { type ExportOptions, type ExportStatus, exportWorkflowId, type SEARCH_ATTRIBUTES } from '../../src/contract';
import { type InputChanges, type Rig, startRig, untilStatus } from '../rigs/rig';
import { hasChromium, openWebUi, type WebUi } from './web-ui';

if (!hasChromium) {
  console.warn('Skipped: Chromium is not installed (Debian: apt-get install chromium; another one: CHROMIUM_PATH).');
}

/** `npm run web-ui` takes the pictures of the docs. */
const pictures = resolve(__dirname, '../..', process.env.WEB_UI_PICTURES || '.cache/web-ui');

/** Long enough to read three pages on a machine that is busy with other things. */
const JOB_SECONDS = 75;

/** In the order in which they are read. */
const COLUMNS: Array<keyof typeof SEARCH_ATTRIBUTES> = [
  'ImsExportPhase',
  'ImsExportPercent',
  'ImsExportAttention',
  'ImsExportBucket',
  'ImsExportImageId',
];

describe.skipIf(!hasChromium)('the Web UI', () => {
  let rig: Rig;
  let ui: WebUi;
  let workflowId: string;
  let jobId: string;

  beforeAll(async () => {
    rig = await startRig({ server: { headless: false }, simulator: { jobSeconds: JOB_SECONDS } });
    await registerSearchAttributes(rig.client);
    const [opened, started] = await Promise.all([
      openWebUi(rig.server.webUi ?? '', rig.server.namespace),
      exportLarge(),
    ]);
    ui = opened;
    ({ workflowId, jobId } = started);
    await exportOthers();
    await untilStatus(rig.client, workflowId, ({ progress }) => (progress ?? 0) >= 0.15);
  });
  afterAll(async () => {
    await ui?.close();
    await rig?.close();
  });

  /** The export that most pages are of. */
  async function exportLarge() {
    const { jobId } = await start('large', 'nightly/db.zvhd2', { isQuickExport: true });
    return { workflowId: idOf('nightly/db.zvhd2'), jobId: jobId ?? '' };
  }

  /** Others of that evening, for the list: one that is done, one that is paused, one that waits and one that is stuck. */
  async function exportOthers(): Promise<void> {
    const { simulator, client } = rig;
    await start('dataDisk', 'nightly/disk.qcow2');
    const stuck = await start('windowsFromFile', 'nightly/windows.qcow2', { options: { stallAfter: '1s' } });
    simulator.changeJob(stuck.jobId ?? '', { stuck: true });
    await rig.startWorkflow(inputOf('large', 'weekly/db.zvhd2', { isQuickExport: true }));
    simulator.jobSeconds = 1;
    await (await start('linux', 'nightly/centos.qcow2')).result();
    await untilStatus(client, idOf('weekly/db.zvhd2'), ({ phase }) => phase === 'waitingToSubmit');
    await untilStatus(client, idOf('nightly/windows.qcow2'), ({ attention }) => attention === 'stalled');
    await pausePolling(client, idOf('nightly/disk.qcow2'));
    await retuneExport(client, idOf('nightly/windows.qcow2'), { minInterval: '5m', maxInterval: '5m' });
  }

  function start(image: string, key: string, changes: InputChanges = {}) {
    return startExport(rig.client, inputOf(image, key, changes), { taskQueue: rig.taskQueue });
  }

  function inputOf(image: string, key: string, changes: InputChanges) {
    const options: ExportOptions = { minInterval: '1s', maxInterval: '5s', searchAttributes: true, ...changes.options };
    return rig.input({ ...changes, image, bucketUrl: destination(key), options });
  }

  const destination = (key: string) => `${rig.simulator.info.bucket}:${key}`;
  const idOf = (key: string) => exportWorkflowId(destination(key));
  const looks = () => rig.simulator.requests().filter(({ method, path }) => method === 'GET' && path.endsWith(jobId));

  it('lists exports by their search attributes', async () => {
    await ui.list('ImsExportPhase != "ended"', COLUMNS);
    const rows = await ui.rows(4);
    const ImsExportBucket = rig.simulator.info.bucket;
    const ImsExportImageId = rig.simulator.info.images.large;
    expect(rows).toMatchObject({
      [workflowId]: {
        ImsExportPhase: 'exporting',
        ImsExportPercent: expect.stringMatching(/^[1-9]0$/),
        ImsExportBucket,
        ImsExportImageId,
      },
      [idOf('nightly/disk.qcow2')]: { ImsExportPhase: 'paused' },
      [idOf('nightly/windows.qcow2')]: { ImsExportPhase: 'exporting', ImsExportAttention: 'stalled' },
      [idOf('weekly/db.zvhd2')]: { ImsExportPhase: 'waitingToSubmit', ImsExportImageId },
    });
    expect(rows).not.toHaveProperty([idOf('nightly/centos.qcow2')]);
    await ui.picture(join(pictures, 'list.png'), 530);
  });

  it('shows in User Metadata what is exported where, the progress, what comes next and the possible actions', async () => {
    await ui.open(workflowId);
    await ui.turnTo('user-metadata');
    const { summary, details, currentDetails } = await ui.userMetadata();
    const imageId = rig.simulator.info.images.large ?? '';
    expect(summary.trim()).toBe(`Export image ${imageId} → ${destination('nightly/db.zvhd2')} (zvhd2, quick export)`);
    for (const part of [imageId, destination('nightly/db.zvhd2'), 'pollNow', 'retune', 'Request Cancellation']) {
      expect(details).toContain(part);
    }
    expect(currentDetails).toMatch(/Exporting - [1-9]\d % done, (\d+ min )?\d+ s left/);
    expect(currentDetails).toMatch(new RegExp(`Image ${imageId}\\s+To ${destination('nightly/db.zvhd2')}`));
    expect(currentDetails).toMatch(new RegExp(`Job ${jobId}, RUNNING at check #\\d+`));
    expect(currentDetails).toMatch(/Rate [\d.]+ % a (minute|second), done about 20\d\d-/);
    expect(currentDetails).toMatch(/Next check #\d+ at 20\d\d-\S+ \S+ UTC\s+Deadline 20\d\d-/);
    expect(currentDetails).toMatch(/Check now: signal pollNow.*Cancel: Request Cancellation stops the tracking/s);
    await ui.picture(join(pictures, 'details.png'), 818);
  });

  it('shows a summary on every activity and timer of the Timeline', async () => {
    await ui.turnTo('timeline');
    const { events } = await rig.client.workflow.getHandle(workflowId).fetchHistory();
    const steps = (events ?? []).filter(
      ({ activityTaskScheduledEventAttributes, timerStartedEventAttributes }) =>
        activityTaskScheduledEventAttributes ?? timerStartedEventAttributes,
    );
    const summaries = steps.map(({ userMetadata }) => JSON.parse(`${userMetadata?.summary?.data ?? 'null'}`));
    expect(summaries).not.toContain(null);
    const labels = await ui.timelineLabels(steps.length);
    for (const summary of summaries) expect(labels.join('\n')).toContain(summary);
    expect(labels).toContainEqual(
      expect.stringMatching(/^RUNNING [1-9]\d % - (\d+ min )?\d+ s left - next check #\d+$/),
    );
    await ui.picture(join(pictures, 'timeline.png'), 1_040);
  });

  it('changes deadline and intervals by retune', async () => {
    const before = await untilStatus(rig.client, workflowId, () => true);
    await ui.update('retune', { deadline: '+6h', minInterval: '5m', maxInterval: '5m' });
    const later = new Date(Date.parse(before.deadlineAt ?? '') + 6 * 3_600_000).toISOString();
    const { options } = await untilStatus(rig.client, workflowId, ({ deadlineAt }) => deadlineAt === later);
    expect(options).toMatchObject({ minIntervalMs: 300_000 });
    rig.simulator.changeJob(jobId, { stuck: true });
  });

  it('shows in the dialog why an update is rejected', async () => {
    await expect(ui.update('retune', { deadline: 'soon' })).rejects.toThrow(/deadline/);
  });

  it('polls at once when pollNow is sent', async () => {
    const isWaiting = ({ nextPollAt }: ExportStatus) => Date.parse(nextPollAt ?? '') - Date.now() > 60_000;
    const { polls } = await untilStatus(rig.client, workflowId, isWaiting);
    const looksBefore = looks().length;
    await ui.signal('pollNow');
    await untilStatus(rig.client, workflowId, (status) => status.polls === polls + 1 && isWaiting(status));
    expect(looks()).toHaveLength(looksBefore + 1);
  });

  it('shows the export as Canceled after Request Cancellation, and the memo says what remains in the cloud', async () => {
    await ui.requestCancellation();
    await untilStatus(rig.client, workflowId, ({ outcome }) => outcome === 'canceled');
    expect((await rig.client.workflow.getHandle(workflowId).describe()).status.name).toBe('CANCELLED');
    await ui.turnTo('memo');
    const memo = await ui.text('remoteJob');
    for (const fact of ['"outcome": "canceled"', '"remoteJob": "running"', jobId]) expect(memo).toContain(fact);
  });
});
