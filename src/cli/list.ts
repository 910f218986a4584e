import type { Client } from '@temporalio/client';
import { type ListedWorkflow, type ListOptions, listWorkflows, MAX_SEARCHED } from '../client/list';
import { counted } from '../export/quantities';
import { forTerminal, shellWord } from '../export/quoting';
import { formatDuration } from '../export/time';
import { stateText } from '../temporal/runs';
import { isTerminal, print, printJson, printToStderr, widthOf } from '../terminal/output';
import { type OutputOptions, UNREADABLE } from './output';
import { columns } from './table';

export type ListFlags = ListOptions & OutputOptions;

/** `ims-export list`. */
export async function list(client: Client, { status, limit, query, json }: ListFlags): Promise<void> {
  const { rows, more, searchedUntil, undecided } = await listWorkflows(client, { status, limit, query });
  if (json) printJson(rows);
  else if (rows.length > 0 || undecided.length === 0)
    print(...listLines(rows, isTerminal('stdout') ? widthOf('stdout') : null, { filtered: !!(status ?? query) }));
  printToStderr(...undecidedLines(undecided));
  if (searchedUntil !== null && !more) {
    const further = query === undefined ? searchedUntil : `(${query}) AND ${searchedUntil}`;
    printToStderr(
      `Only the latest ${counted(MAX_SEARCHED, 'workflow')} were searched. To search the earlier ones: --query ${shellWord(further)}`,
    );
  }
  if (more)
    printToStderr(
      `Only the first ${counted(rows.length, 'row')} ${rows.length === 1 ? 'is' : 'are'} shown. To see more: --limit ${Math.max(rows.length, 50) * 2}`,
    );
}

function undecidedLines(rows: readonly ListedWorkflow[]): string[] {
  const lineOf = (count: number, why: string) =>
    count === 0 ? [] : [`Not shown: ${counted(count, 'workflow')} that may match --status: ${why}`];
  const silent = rows.filter(({ answered }) => !answered).length;
  return [...lineOf(silent, NO_ANSWER), ...lineOf(rows.length - silent, UNREADABLE)];
}

const NO_ANSWER = 'no worker answered in time; `ims-export doctor` checks whether one runs.';

/**
 * A table, or a paragraph for each row where the terminal is too narrow for one.
 *
 * @param width null where nothing limits it
 */
export function listLines(
  rows: readonly ListedWorkflow[],
  width: number | null,
  { filtered = false }: { filtered?: boolean } = {},
): string[] {
  if (rows.length === 0) {
    return [
      filtered
        ? 'No export or batch matches --status or --query.'
        : 'No exports yet. Start one with `ims-export start`, or many with `ims-export batch`.',
    ];
  }
  const table = columns([HEADINGS, ...rows.map(cellsOf)]);
  const fits = width === null || table.every((line) => line.length <= width);
  const notes = [
    ...(rows.some(({ answered }) => !answered) ? [`no answer: ${NO_ANSWER}`] : []),
    ...(rows.some(({ unreadable }) => unreadable) ? [`unreadable: ${UNREADABLE}`] : []),
  ];
  return [...(fits ? table : rows.flatMap(paragraphOf)), ...notes];
}

const HEADINGS = ['STATUS', 'DONE', 'ETA', 'STARTED (UTC)', 'EXPORT OR BATCH', 'IMAGE', 'WHY'];

function cellsOf(row: ListedWorkflow): string[] {
  return [
    statusText(row),
    doneText(row) ?? '-',
    etaText(row) ?? '-',
    startText(row),
    row.workflowId,
    imageText(row) ?? '-',
    whyText(row) ?? '',
  ];
}

/** The id on a line of its own: it can be copied, however narrow the terminal is. */
function paragraphOf(row: ListedWorkflow): string[] {
  const eta = etaText(row);
  const facts = [statusText(row), doneText(row), eta === null ? null : `ETA ${eta}`, whyText(row)];
  const image = imageText(row);
  const subject = image === null ? [] : [row.imageId === null ? image : `image ${image}`];
  return [
    facts.filter((fact) => fact !== null).join(', '),
    `  ${row.workflowId}`,
    ...[...subject, `started ${startText(row)} UTC`].map((line) => `  ${line}`),
  ].map(forTerminal);
}

/** The phase or the outcome; where neither is known, what Temporal says. */
function statusText({ phase, outcome, workflowStatus }: ListedWorkflow): string {
  return phase ?? outcome ?? stateText(workflowStatus);
}

function doneText({ percent }: ListedWorkflow): string | null {
  return percent === null ? null : `${percent} %`;
}

function etaText({ remainingMs }: ListedWorkflow): string | null {
  return remainingMs === null ? null : formatDuration(remainingMs);
}

function startText({ startedAt }: ListedWorkflow): string {
  return startedAt.slice(0, 16).replace('T', ' ');
}

function imageText({ imageId, images }: ListedWorkflow): string | null {
  return imageId ?? (images === null ? null : counted(images, 'image'));
}

function whyText({ why, answered, unreadable }: ListedWorkflow): string | null {
  const notes = [why, answered ? null : 'no answer', unreadable ? 'unreadable' : null];
  return notes.filter((note) => note !== null).join(', ') || null;
}
