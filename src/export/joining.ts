/**
 * May a caller join the export at its destination, start anew, or is it refused: one table for all callers.
 *
 * The client, the Nexus handler and the validation of a run decide by this table. Workflow code (the export itself, a parent, a
 * batch) does not import it, because it would make the bundle larger. Its comparisons are those of `same-export.ts`, as the
 * table's are: a test holds the validator of a running export to the column `client`, and the verdicts of a batch to the column `batch`. What Temporal itself
 * answers a parent and a batch, by the policies of their starts, is tested on a real server (`test/workflows`).
 *
 * @module
 */
import { EXPORT_IMAGE_WORKFLOW } from '../contract';
import {
  compareJobs,
  type FoundExport,
  isSameImageAndFormat,
  isSameResult,
  type Job,
  type Wanted,
} from './same-export';

/**
 * Who asks. The columns differ because each caller sees something else.
 *
 * - `client`: the client. The running export itself compares, in the validator of `awaitSubmitted`
 * - `status`: the client again, when the export does not take that update in time. The client compares with the status
 * - `nexus`: the Nexus handler. It asks Temporal only, never the export
 * - `child`: a parent that starts a child. Temporal reports that a workflow of that id runs, and nothing else
 * - `batch`: a batch, by `imsLookAtExports`. Of a running export it sees the image only, and only once there is a job
 * - `run`: the new run itself, whoever started it, by `imsValidateExport`. It sees an earlier success with its object
 */
export const CALLERS = ['client', 'status', 'nexus', 'child', 'batch', 'run'] as const;
export type Caller = (typeof CALLERS)[number];

/** The latest run under the workflow id of the destination. A field that the caller cannot see is absent. */
export interface Found {
  /** `ended`: without success. */
  state: 'nothing' | 'ended' | 'succeeded' | 'running';
  workflowType?: string;
  of?: FoundExport;
  /** Its submit is ambiguous, and it searches for its job. */
  seeksJob?: boolean;
  /** It is being canceled. Of itself, an export says so only while it drains: any other cancel ends it at once. */
  canceling?: boolean;
  /** An earlier run of the caller started it. */
  own?: boolean;
  /** It ended, and its job may still run in the cloud. */
  leftJob?: boolean;
}

/**
 * - `start`: start an export. `startWithNote`: and report the job that the earlier run left
 * - `join`: wait for the end of the running export. `nameJob`: `attachExport` first names it its job, then joins.
 *   `adopt`: the batch waits for its report
 * - `earlierResult`, `exists`: only as long as the object of the earlier success is there, unchanged: answer with its result, or
 *   refuse as DestinationExists
 * - `busy`, `beingCanceled`, `idTaken`: DestinationBusy, with three different messages. A batch calls `busy` `alreadyExporting`
 */
export type Answer =
  | ('start' | 'startWithNote' | 'join' | 'nameJob' | 'adopt' | 'earlierResult')
  | ('busy' | 'beingCanceled' | 'idTaken' | 'alreadyExporting' | 'exists');

/** The export that was found, compared with the wanted one. `otherType`: the workflow is no export. */
export type What = 'otherType' | 'unknown' | 'same' | 'other';
export type Besides = 'canceling' | 'own' | 'leftJob' | 'nothing';

type Facts = readonly [Found['state'], What | '*', Job | '*', Besides | '*'];
/** Null: see a later row, or the caller never sees this. */
type Cell = Answer | null;
/** Facts, the answers in the order of {@link CALLERS}, and why they differ. */
type Row = readonly [Facts, readonly [Cell, Cell, Cell, Cell, Cell, Cell], string?];

/** The first row counts that fits and has an answer for the caller. */
// biome-ignore format: a table is read by its columns
export const JOINING: readonly Row[] = [
  // state       exports      its job    besides         client           status     nexus            child    batch               run
  [['nothing',   '*',         '*',       '*'        ], ['start',         null,      'start',         'start', 'start',            null]],
  [['ended',     '*',         '*',       'leftJob'  ], ['startWithNote', null,      'start',         'start', 'start',            null],
    'Only the client has notes for its caller.'],
  [['ended',     '*',         '*',       '*'        ], ['start',         null,      'start',         'start', 'start',            null]],
  [['succeeded', 'otherType', '*',       '*'        ], ['idTaken',       null,      'idTaken',       'start', 'idTaken',          null],
    'A parent does not see the type.'],
  [['succeeded', 'same',      'unnamed', '*'        ], [null,            null,      null,            null,    null,               'earlierResult']],
  [['succeeded', 'same',      'same',    '*'        ], [null,            null,      null,            null,    null,               'earlierResult']],
  [['succeeded', '*',         '*',       '*'        ], ['start',         null,      'start',         'start', 'start',            'exists'],
    'A history says what was exported, not what is there now: the run checks the object before it returns the result.'],
  [['running',   'otherType', '*',       '*'        ], ['idTaken',       null,      'idTaken',       'busy',  'alreadyExporting', null],
    'Parent and batch do not see the type of a running workflow.'],
  [['running',   '*',         'unnamed', 'canceling'], ['beingCanceled', null,      null,            'busy',  null,               null],
    'The export drains: it deletes its object. A caller that names its job helps it, see below. Nexus compares image and format first.'],
  [['running',   'unknown',   '*',       'own'      ], [null,            null,      null,            'busy',  'adopt',            null],
    'It reports to this batch, and the report names the image.'],
  [['running',   'unknown',   '*',       '*'        ], ['join',          'join',    'join',          'busy',  'alreadyExporting', null],
    'Its input was not read yet, or names no image. Then the export fails by itself, and the caller gets that failure.'],
  [['running',   'other',     '*',       '*'        ], ['busy',          'busy',    'busy',          'busy',  'alreadyExporting', null],
    'A parent does not see the image, a batch not the format.'],
  [['running',   'same',      'other',   '*'        ], ['busy',          'busy',    'busy',          'busy',  null,               null],
    'A batch names no job.'],
  [['running',   'same',      '*',       'canceling'], [null,            null,      'beingCanceled', 'busy',  null,               null],
    'Temporal shows a requested cancel, not whether the export drains. The client compares a status by image, format and job only.'],
  [['running',   'same',      'none',    '*'        ], ['busy',          'join',    'join',          'busy',  null,               null],
    'The export knows that it submits a job of its own. Status and Temporal do not show this.'],
  [['running',   'same',      'sought',  '*'        ], ['nameJob',       'nameJob', null,            'busy',  null,               null],
    'Temporal does not show that an export searches for its job: Nexus finds none.'],
  [['running',   'same',      '*',       'own'      ], [null,            null,      null,            'busy',  'adopt',            null],
    'It reports to this batch.'],
  [['running',   'same',      '*',       '*'        ], ['join',          'join',    'join',          'busy',  'alreadyExporting', null],
    'Temporal refuses a second child of one id. An export reports only to the batch that started it.'],
];

export function decide(caller: Caller, wanted: Wanted, found: Found): Answer {
  return rowFor(caller, wanted, found).answer;
}

/** The answer, and where in the table it is. */
export function rowFor(caller: Caller, wanted: Wanted, found: Found): { row: number; answer: Answer } {
  const facts = [found.state, compare(found, wanted), compareJobs(found.of, wanted, found.seeksJob), besides(found)];
  for (const [row, [fitting, answers]] of JOINING.entries()) {
    const answer = answers[CALLERS.indexOf(caller)];
    if (answer && fitting.every((fact, at) => fact === '*' || fact === facts[at])) return { row, answer };
  }
  throw new Error(`The joining table has no answer for ${caller}: ${facts.join(', ')}`);
}

function compare({ state, workflowType = EXPORT_IMAGE_WORKFLOW, of }: Found, wanted: Wanted): What {
  if (workflowType !== EXPORT_IMAGE_WORKFLOW) return 'otherType';
  if (of === undefined || of.imageId === null) return 'unknown';
  const isSame = state === 'running' ? isSameImageAndFormat(of, wanted) : isSameResult(of, wanted);
  return isSame ? 'same' : 'other';
}

function besides({ canceling, own, leftJob }: Found): Besides {
  if (canceling) return 'canceling';
  if (own) return 'own';
  return leftJob ? 'leftJob' : 'nothing';
}
