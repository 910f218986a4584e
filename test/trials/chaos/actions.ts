/**
 * What a plan does to a run, action by action.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { pauseBatch, resumeBatch, retuneBatch } from '../../../src/client';
import type { Action } from './plan';
import type { Subject } from './subject';
import type { Town } from './town';

export interface Scene {
  town: Town;
  client: Client;
  subjects: readonly Subject[];
  batchId: string;
}

/** Null where the action is done to no export. */
export function subjectOf(action: Action, { subjects }: Scene): Subject | null {
  return 'to' in action ? (subjects[action.to] ?? null) : null;
}

/** Resolves when what it does is over. @throws where it did not come about, such as a message to an export that has ended */
export async function act(action: Action, scene: Scene): Promise<void> {
  const { town, client, batchId } = scene;
  const { cloud, link } = town;
  const subject = subjectOf(action, scene);
  switch (action.do) {
    case 'kill':
      return await town.replace(action.who, 'SIGKILL', action.downMs);
    case 'restart':
      return await town.replace(action.who, 'SIGTERM', action.downMs);
    case 'freeze':
      return await town.freeze(action.who, action.forMs);
    case 'cut': {
      const network = action.link === 'cloud' ? cloud : link;
      network.cut(action.how);
      await sleep(action.forMs);
      return network.restore();
    }
    case 'slow':
      cloud.slow(action.requestMs, action.answerMs);
      await sleep(action.forMs);
      return cloud.slow(0, 0);
    case 'halfOpen':
      return cloud.leaveHalfOpen();
    case 'wrongRead':
      return cloud.answerWrongly(action.of, action.as);
    case 'loseSubmit':
      return cloud.loseNextSubmit(action.what);
    case 'rotate':
      return await town.rotate();
    case 'expireTokens':
      await town.changeCredentials({ expireToken: true });
      return;
    case 'revoke':
      await town.changeCredentials({ revoke: action.what === 'permissions' ? 'permissions' : true });
      await sleep(action.forMs);
      await town.changeCredentials({ restore: true });
      // A key that was refused rests for minutes; a new one is tried at once, as the person knows who was told so.
      return await town.rotate();
    case 'message':
      return await subject?.send(action.message);
    case 'cancel':
      return await subject?.cancel();
    case 'reset':
      return await subject?.reset(action.share);
    case 'startAgain':
      return await subject?.startAgain();
    case 'failJob':
      return await subject?.failJob(action.withinMs);
    case 'messageToBatch':
      if (action.message === 'pauseStarting') await pauseBatch(client, batchId);
      if (action.message === 'resumeStarting') await resumeBatch(client, batchId);
      if (action.message === 'retune') await retuneBatch(client, batchId, { maxConcurrent: 5 });
      return;
  }
}
