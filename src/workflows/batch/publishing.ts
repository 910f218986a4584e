import { setCurrentDetails } from '@temporalio/workflow';
import type { BatchItemResult } from '../../contract';
import { codeSpan, inMarkdown } from '../../export/quoting';
import { describeCounts } from '../../export/summaries';
import { formatDuration } from '../../export/time';
import { type Batch, countsOf, phaseOf, tallyOf } from './state';
import { progressLine, troublesOf } from './status';

/** Troubles that a person sees at a glance; all of them are in the result. */
const SHOWN_TROUBLES = 10;

/** Shows where the batch stands, in the current details, which cost nothing. */
export function publish(batch: Batch): void {
  setCurrentDetails(batchDetails(batch, Date.now()));
}

/** Markdown that the Web UI shows well: bold, headings, bullet lists and code, no tables. */
export function batchDetails(batch: Batch, nowMs: number): string {
  const { plan, ended } = batch;
  if (plan === null && ended === null) {
    const before = batch.mayHaveStarted
      ? 'An attempt before the reset or retry may have started exports; those go on by themselves.'
      : 'Nothing was submitted yet.';
    return `### Planning: reading the images\n\n${before}`;
  }
  const lines = [`### ${headline(batch)}`, ''];
  const { pending } = tallyOf(batch);
  const counts = describeCounts(countsOf(batch));
  if (counts !== '') lines.push(`- **Verdicts** ${counts}`);
  if (ended === null) lines.push(`- **Waiting** ${pending}, at most ${batch.maxConcurrent} at the same time`);
  lines.push(`- **Since** ${formatDuration((ended?.atMs ?? nowMs) - batch.startedAtMs)}`);
  if (ended?.failure)
    lines.push(`- **Why** ${codeSpan(ended.failure.type ?? '')} ${inMarkdown(ended.failure.message)}`);
  for (const warning of batch.warnings) lines.push(`- **Warning** ${inMarkdown(warning)}`);
  const troubles = troublesOf(batch).slice(-SHOWN_TROUBLES);
  if (troubles.length > 0) lines.push('', '**Did not go well**', '', ...troubles.map(troubleLine));
  if (ended === null) lines.push('', '**What you can do**', '', ...actionsOf(batch));
  return lines.join('\n');
}

function headline(batch: Batch): string {
  switch (phaseOf(batch)) {
    case 'ended':
      return `Ended: ${batch.ended?.outcome}`;
    case 'canceling':
      return `Canceling - ${tallyOf(batch).running} exports have yet to end`;
    case 'paused':
      return `Nothing new is started - ${progressLine(batch)}`;
    case 'validating':
      return `Dry run - ${progressLine(batch)}`;
    default:
      return `Exporting - ${progressLine(batch)}`;
  }
}

function troubleLine({ imageId, bucketUrl, verdict, failure }: BatchItemResult): string {
  const why = failure === undefined ? '' : `: ${codeSpan(failure.type)} ${inMarkdown(failure.message)}`;
  return `- **${verdict}** ${codeSpan(imageId)}${bucketUrl === null ? '' : ` → ${codeSpan(bucketUrl)}`}${why}`;
}

function actionsOf(batch: Batch): string[] {
  if (batch.canceling) return ['- Wait, or look at the exports that drain. Terminate leaves them to themselves.'];
  return [
    batch.startingPaused
      ? '- **Go on**: signal `resumeStarting`'
      : '- **Start no more for now**: signal `pauseStarting`; what runs goes on',
    '- **More or fewer at a time**: update `retuneBatch` with `{"maxConcurrent": 50}`',
    '- **Give up**: Request Cancellation; it is passed on to every export that runs',
  ];
}
