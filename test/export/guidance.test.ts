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
  noWorker: true,
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

describe('the guidance for the operator', () => {
  it.each(EXPORT_PHASES)('in the phase %s has a headline, sentences, and only actions that exist', (phase) => {
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
    'in the phase %s offers to cancel, or to wait less while draining',
    (phase) => {
      for (const [known, insight] of casesOf(phase)) {
        const says = guidanceOf(known, insight).actions.map(({ say }) => say);
        expect(says).toContain(phase === 'draining' ? 'Wait less' : 'Cancel');
      }
    },
  );

  it.each(ATTENTIONS)('for the attention %s says in a sentence what to do, with commands that exist', (attention) => {
    for (const jobId of [null, JOB_ID]) {
      const outcome = attention === 'outcomeUnknown' ? 'unknown' : null;
      const text = attentionText(status({ attention, jobId, outcome }), WORKFLOW_ID) ?? '';
      expect(text).toMatch(SENTENCE);
      expect(text).not.toMatch(HOLE);
      const commands = [...text.matchAll(/`([^`]+)`/g)].map(([, command = '']) => command);
      expect(commands.map((command) => problemOf(command, program)).filter(Boolean)).toEqual([]);
      for (const command of commands) expect(command).toMatch(/^ims-export (\S+ ims-export:|attach --job )/);
    }
  });

  it.each([
    ['needsAnswer', 'needsAnswer', `\`ims-export resolve ${WORKFLOW_ID} --job JOB_ID\``],
    ['parked', 'parked', `\`ims-export poll-now ${WORKFLOW_ID}\``],
    ['exporting', 'stalled', 'Ask Huawei Cloud support about it'],
  ] as const)('in the phase %s is the same advice in log, command line and Web UI: %s', (phase, attention, part) => {
    const known = status({ phase, attention, stalled: attention === 'stalled' });
    const text = attentionText(known, WORKFLOW_ID) ?? '';
    const [advice = ''] = text.split(/(?<=\.) /);
    expect(guidanceOf(known).why).toContain(advice);
    expect(text).toContain(part);
  });

  it('is empty for attention while the export needs no one', () => {
    expect(attentionText(status({ phase: 'exporting', jobId: JOB_ID }), WORKFLOW_ID)).toBeNull();
  });

  it('for an unknown outcome says how to track the job again, when there is a job', () => {
    const unknown = { attention: 'outcomeUnknown', outcome: 'unknown', remoteJob: 'unknown' } as const;
    expect(attentionText(status({ ...unknown, jobId: JOB_ID }), WORKFLOW_ID)).toContain(
      attachCommand(JOB_ID, REQUEST, REQUEST),
    );
    expect(attentionText(status(unknown), WORKFLOW_ID)).not.toContain('attach');
  });

  it('does not offer to submit again when a found object may be ours, unless the operator is asked', () => {
    const offers = (phase: ExportPhase) =>
      guidanceOf(status({ phase }), { found: 'object' }).actions.some(({ command }) =>
        command.includes('not-submitted'),
      );
    expect([offers('reconciling'), offers('parked'), offers('needsAnswer')]).toEqual([false, false, true]);
  });

  it('claims that nothing was submitted only when that is known', () => {
    for (const changes of [{ phase: 'validating', imageId: null }, { phase: 'waitingToSubmit' }] as const) {
      expect(guidanceOf(status({ ...changes, remoteJob: 'none' })).why).toMatch(
        /Nothing was submitted|No job is started/,
      );
      expect(guidanceOf(status({ ...changes, remoteJob: 'unknown' })).why).toBeNull();
    }
  });

  it('for a phase of a later worker version is the name of the phase', () => {
    const later = status({ phase: 'resting' as ExportPhase, attention: 'needsRest' as ExportAttention });
    expect(guidanceOf(later)).toEqual({ headline: 'resting', why: null, actions: [] });
    expect(attentionText(later, WORKFLOW_ID)).toBe('needsRest');
  });

  it.each(REMOTE_JOBS)('after the end says what remains in the cloud of a job that is %s', (remoteJob) => {
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
    [{ kind: 'kept', reason: 'it is older' }, /was kept: it is older\.$/],
  ] as const)('after a drain says what happened to the object: %j', (discard, words) => {
    expect(objectAfterDrain(discard)).toMatch(words);
    const ended = status({ phase: 'ended', outcome: 'canceled', remoteJob: 'ended', jobId: JOB_ID, discard });
    expect(guidanceOf(ended).why).toMatch(words);
  });

  it('before the start lists the messages that the export accepts', () => {
    const details = startDetails({ ...REQUEST, options: { onCancel: 'drain' } });
    const told = [...details.matchAll(/(?:signal|update) `(\w+)`/g)].map(([, name]) => name);
    expect(told).toEqual(['pollNow', 'pausePolling', 'resumePolling', 'retune']);
    expect(details).toContain('Request Cancellation follows the job to its end and deletes its object');
  });
});

describe('a command that the guidance offers for copying', () => {
  it.each(['ims-image:plain.qcow2', 'ims-image:it\'s $HOME/`id`; echo $& "q".qcow2', 'ims-image:資料夾/a b.qcow2'])(
    'is quoted correctly for the shell: %s',
    (bucketUrl) => {
      const wordsOf = (command: string) =>
        execFileSync('bash', ['-c', `for word in ${command}; do echo "$word"; done`], { encoding: 'utf8' })
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
