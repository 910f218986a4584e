import { awaitSubmitted, resolveSubmission, retune } from '../../../src/workflows/messages';
import { type Rig, untilStatus } from '../../rigs/rig';
import { type Ending, ended, refusal, SUBMIT, submitted, UNDER_WAY, withLostAnswer } from '../endings/ways';
import { ON_REQUEST, refused, type Send, sendRounds, sendWithoutWorker } from './ways';

/** Exports that get more than sixty messages while they wait. */
export const MESSAGES: readonly Ending[] = [
  {
    name: 'steered-while-waiting-to-submit',
    closes: 'completed',
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, times: 1_000, action: refusal('IMG.0060') });
      const { workflowId } = await rig.startWorkflow(rig.input({ options: ON_REQUEST }));
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'waitingToSubmit');
      const joined = join(rig, workflowId);
      await sendRounds(rig, workflowId, ROUND, { oneByOne: 3, atOnce: 4, withoutWorker: 5 });
      rig.simulator.faults.clear();
      await rig.client.workflow.getHandle(workflowId).signal('pollNow');
      await joined;
      await pollToTheEnd(rig, workflowId);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'steered-while-reconciling',
    closes: 'completed',
    settles: true,
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await withLostAnswer(rig, { ...ON_REQUEST, onAmbiguousSubmit: 'ask' });
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'reconciling');
      const joined = join(rig, workflowId);
      await sendRounds(rig, workflowId, ROUND, { oneByOne: 2, atOnce: 2, withoutWorker: 3 });
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'needsAnswer', 400_000);
      await sendRounds(rig, workflowId, ROUND, { oneByOne: 1, atOnce: 2, withoutWorker: 2 });
      await answerTwice(rig, workflowId);
      await joined;
      await pollToTheEnd(rig, workflowId);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'steered-while-exporting',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await submitted(rig, { options: ON_REQUEST });
      await sendRounds(rig, workflowId, ROUND, { oneByOne: 3, atOnce: 4, withoutWorker: 5 });
      await pollToTheEnd(rig, workflowId);
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'steered-while-draining',
    closes: 'canceled',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await submitted(rig, { options: { ...ON_REQUEST, onCancel: 'drain' } });
      await rig.client.workflow.getHandle(workflowId).cancel();
      await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'draining');
      await sendRounds(rig, workflowId, ROUND, { oneByOne: 3, atOnce: 4, withoutWorker: 5 });
      await pollToTheEnd(rig, workflowId);
      return await ended(rig, workflowId);
    },
  },
];

/** Two of a round are refused, and leave nothing in the history but what they did to the worker. */
const ROUND: readonly Send[] = [
  (handle) => handle.signal('pausePolling'),
  (handle) => handle.executeUpdate(retune, { args: [{ maxInterval: '7m' }] }),
  (handle) => handle.signal('pollNow'),
  (handle) => refused(handle.executeUpdate(retune, { args: [{ maxInterval: 'soon' }] })),
  (handle) => handle.signal('resumePolling'),
  (handle) => refused(handle.executeUpdate(resolveSubmission, { args: [{ jobId: 'a b' }] })),
  (handle) => handle.executeUpdate(retune, { args: [{ deadline: '+10m', stallAfter: '2h', submitBudget: '3h' }] }),
  (handle) => handle.signal('pollNow'),
];

/** Waits for the job as whoever joins the export. */
async function join({ client, simulator }: Rig, workflowId: string): Promise<void> {
  const imageId = simulator.info.images.linux ?? '';
  await client.workflow.getHandle(workflowId).executeUpdate(awaitSubmitted, { args: [{ imageId }] });
}

/** Names the job twice in one workflow task: the first one counts. */
async function answerTwice(rig: Rig, workflowId: string): Promise<void> {
  const handle = rig.client.workflow.getHandle(workflowId);
  const [{ jobId } = { jobId: '' }] = rig.simulator.jobs();
  const answer = () => handle.executeUpdate(resolveSubmission, { args: [{ jobId }] });
  await sendWithoutWorker(rig, () => Promise.allSettled([answer(), answer()]));
}

async function pollToTheEnd({ client, simulator }: Rig, workflowId: string): Promise<void> {
  simulator.clock.advance(600_000);
  await client.workflow.getHandle(workflowId).signal('resumePolling');
  await client.workflow.getHandle(workflowId).signal('pollNow');
}
