import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  EXPORT_OUTCOMES,
  EXPORT_PHASES,
  type ExportAttention,
  type ExportPhase,
  type ExportStatus,
  MESSAGES,
  type RemoteJob,
} from '../../src/contract';
import {
  type Action,
  attachCommand,
  attentionText,
  commandOf,
  guidanceOf,
  type Insight,
  inWebUi,
  objectAfterDrain,
  remainsOf,
  startDetails,
} from '../../src/export/guidance';
import { parseExportInput } from '../../src/request/export';
import { beginTracking, takeRequest } from '../../src/workflows/state';
import { statusOf } from '../../src/workflows/status';
import { commandLine, problemOf } from '../rigs/command-line';

const START = Date.UTC(2026, 0, 1);
const JOB_ID = 'edc89b490d7d4392898e19b2deb34797';
const REQUEST = parseExportInput({
  imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64',
  bucketUrl: 'ims-image:a.qcow2',
  fileFormat: 'qcow2',
});
const WORKFLOW_ID = 'ims-export:ims-image:a.qcow2';

const ATTENTIONS = Object.keys({
  needsAnswer: true,
  parked: true,
  stalled: true,
  outcomeUnknown: true,
} satisfies { [attention in ExportAttention]: true }) as ExportAttention[];

const REMOTE_JOBS = Object.keys({
  none: true,
  running: true,
  ended: true,
  unknown: true,
} satisfies { [remoteJob in RemoteJob]: true }) as RemoteJob[];

function status(changes: Partial<ExportStatus>): ExportStatus {
  const tracking = takeRequest(beginTracking({}, START), REQUEST);
  tracking.run.remoteJob = 'running';
  return { ...statusOf(tracking, START), ...changes };
}

/** Every export of a phase that the words tell apart. */
function casesOf(phase: ExportPhase): Array<[ExportStatus, Insight]> {
  const outcomes = phase === 'ended' ? EXPORT_OUTCOMES : [null];
  const endedAt = phase === 'ended' ? new Date(START + 65_000).toISOString() : null;
  return [null, JOB_ID].flatMap((jobId) =>
    [null, ...ATTENTIONS].flatMap((attention) =>
      outcomes.flatMap((outcome) =>
        REMOTE_JOBS.flatMap((remoteJob) =>
          ([undefined, 'object', 'busyImage'] as const).flatMap((found) =>
            [true, false].map((pollingPaused): [ExportStatus, Insight] => [
              status({
                phase,
                jobId,
                attention,
                outcome,
                endedAt,
                remoteJob,
                pollingPaused,
                stalled: attention === 'stalled',
              }),
              { found },
            ]),
          ),
        ),
      ),
    ),
  );
}

const program = commandLine();

/** What is wrong with an action; null when both its message and its command are there. */
function problemOfAction(action: Action): string | null {
  const { signal, update, effect } = action;
  const command = commandOf(action, WORKFLOW_ID);
  if (signal !== undefined && !(signal in MESSAGES.signals)) return `no signal ${signal}`;
  if (update !== undefined && !(update in MESSAGES.updates)) return `no update ${update}`;
  if (!signal && !update && effect === undefined && !command.startsWith('ims-export attach ')) return 'nothing to do';
  return problemOf(command, program) ?? null;
}

const SENTENCE = /^[A-Z].*\.$/;
const HOLE = /undefined|null|NaN|\[object/;

describe('what a person reads of an export', () => {
  it.each(EXPORT_PHASES)('in the phase %s is a headline, sentences, and actions that there are', (phase) => {
    for (const [known, insight] of casesOf(phase)) {
      const { headline, why, actions } = guidanceOf(known, insight);
      expect(headline).toMatch(/^[A-Z].{5,}/);
      expect(headline).not.toBe(phase);
      if (why !== null) expect(why).toMatch(SENTENCE);
      expect(`${headline} ${why} ${actions.map(inWebUi)}`.replace(/ null /, ' ')).not.toMatch(HOLE);
      expect(actions.map(problemOfAction).filter(Boolean)).toEqual([]);
      expect(new Set(actions.map(({ say }) => say)).size).toBe(actions.length);
    }
  });

  it.each(EXPORT_PHASES.filter((phase) => !['submitting', 'verifying', 'ended', 'validating'].includes(phase)))(
    'in the phase %s is something to do, a cancel or, once canceled, a shorter wait among it',
    (phase) => {
      for (const [known, insight] of casesOf(phase)) {
        const says = guidanceOf(known, insight).actions.map(({ say }) => say);
        expect(says).toContain(phase === 'draining' ? 'Wait less' : 'Give up');
      }
    },
  );

  it.each(ATTENTIONS)(
    'who is needed for %s reads in a sentence what to do, with commands that there are',
    (attention) => {
      for (const jobId of [null, JOB_ID]) {
        const outcome = attention === 'outcomeUnknown' ? 'unknown' : null;
        const text = attentionText(status({ attention, jobId, outcome }), WORKFLOW_ID) ?? '';
        expect(text).toMatch(SENTENCE);
        expect(text).not.toMatch(HOLE);
        const commands = [...text.matchAll(/`([^`]+)`/g)].map(([, command = '']) => command);
        expect(commands.map((command) => problemOf(command, program)).filter(Boolean)).toEqual([]);
        for (const command of commands) expect(command).toMatch(/^ims-export (\S+ ims-export:|attach --job )/);
      }
    },
  );

  it.each([
    ['needsAnswer', 'needsAnswer', `\`ims-export resolve ${WORKFLOW_ID} --job JOB_ID\``],
    ['parked', 'parked', `\`ims-export poll-now ${WORKFLOW_ID}\``],
    ['exporting', 'stalled', 'ask the cloud about the job'],
  ] as const)('in %s, the log and the command line advise what the Web UI does: %s', (phase, attention, part) => {
    const known = status({ phase, attention, stalled: attention === 'stalled' });
    const text = attentionText(known, WORKFLOW_ID) ?? '';
    const [advice = ''] = text.split(/(?<=\.) /);
    expect(guidanceOf(known).why).toContain(advice);
    expect(text).toContain(part);
  });

  it('while nothing calls for a person is no advice to one', () => {
    expect(attentionText(status({ phase: 'exporting', jobId: JOB_ID }), WORKFLOW_ID)).toBeNull();
  });

  it('of an outcome that nobody knows is how to track the job again, where there is one', () => {
    const unknown = { attention: 'outcomeUnknown', outcome: 'unknown', remoteJob: 'unknown' } as const;
    expect(attentionText(status({ ...unknown, jobId: JOB_ID }), WORKFLOW_ID)).toContain(
      attachCommand(JOB_ID, REQUEST, REQUEST),
    );
    expect(attentionText(status(unknown), WORKFLOW_ID)).not.toContain('attach');
  });

  it('does not offer to submit again where an object was found that may be ours, unless a person is asked', () => {
    const offers = (phase: ExportPhase) =>
      guidanceOf(status({ phase }), { found: 'object' }).actions.some(({ command }) =>
        command.includes('not-submitted'),
      );
    expect([offers('reconciling'), offers('parked'), offers('needsAnswer')]).toEqual([false, false, true]);
  });

  it('claims that nothing was submitted only where that is known', () => {
    for (const changes of [{ phase: 'validating', imageId: null }, { phase: 'waitingToSubmit' }] as const) {
      expect(guidanceOf(status({ ...changes, remoteJob: 'none' })).why).toMatch(
        /Nothing was submitted|No job was begun/,
      );
      expect(guidanceOf(status({ ...changes, remoteJob: 'unknown' })).why).toBeNull();
    }
  });

  it('of an export whose worker is of a later version is its own word', () => {
    const later = status({ phase: 'resting' as ExportPhase, attention: 'needsRest' as ExportAttention });
    expect(guidanceOf(later)).toEqual({ headline: 'resting', why: null, actions: [] });
    expect(attentionText(later, WORKFLOW_ID)).toBe('needsRest');
  });

  it.each(REMOTE_JOBS)('says at the end what remains in the cloud of a job that is %s, known or not', (remoteJob) => {
    for (const jobId of [undefined, JOB_ID]) {
      const text = remainsOf({ remoteJob, jobId });
      expect(text).toMatch(SENTENCE);
      expect(text).not.toMatch(HOLE);
      expect(text.includes(JOB_ID)).toBe(jobId !== undefined && remoteJob !== 'none');
      expect(guidanceOf(status({ phase: 'ended', outcome: 'canceled', remoteJob, jobId: jobId ?? null })).why).toBe(
        text,
      );
    }
  });

  it.each([
    [{ kind: 'discarded' }, /deleted/],
    [{ kind: 'alreadyGone' }, /no object/],
    [{ kind: 'kept', reason: 'it is older' }, /left where it is: it is older\.$/],
  ] as const)('says after a drain what became of the object: %j', (discard, words) => {
    expect(objectAfterDrain(discard)).toMatch(words);
    const ended = status({ phase: 'ended', outcome: 'canceled', remoteJob: 'ended', jobId: JOB_ID, discard });
    expect(guidanceOf(ended).why).toMatch(words);
  });

  it('is, before the start, the messages that there will be', () => {
    const details = startDetails({ ...REQUEST, options: { onCancel: 'drain' } });
    const told = [...details.matchAll(/(?:signal|update) `(\w+)`/g)].map(([, name]) => name);
    expect(told).toEqual(['pollNow', 'pausePolling', 'resumePolling', 'retune']);
    expect(details).toContain('Request Cancellation follows the job to its end and deletes its object');
  });
});

describe('a command that is offered for copying', () => {
  it.each(['ims-image:plain.qcow2', 'ims-image:it\'s $HOME/`id`; echo $& "q".qcow2', 'ims-image:資料夾/a b.qcow2'])(
    'means to a shell what it says: %s',
    (bucketUrl) => {
      const wordsOf = (command: string) =>
        execFileSync('sh', ['-c', `for word in ${command}; do echo "$word"; done`], { encoding: 'utf8' })
          .trim()
          .split('\n');
      const [, , longer] = guidanceOf(status({ phase: 'exporting', jobId: JOB_ID })).actions as [
        Action,
        Action,
        Action,
      ];
      const workflowId = `ims-export:${bucketUrl}`;
      expect(wordsOf(commandOf(longer, workflowId))).toEqual(['ims-export', 'retune', workflowId, '--deadline', '+6h']);
      expect(wordsOf(attachCommand(JOB_ID, { ...REQUEST, bucketUrl })).at(-1)).toBe(bucketUrl);
    },
  );
});
