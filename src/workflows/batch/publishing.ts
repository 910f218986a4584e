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
      ? 'An attempt before the reset or retry may have started exports; they continue.'
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
  if (troubles.length > 0) lines.push('', '**Not exported**', '', ...troubles.map(troubleLine));
  if (ended === null) lines.push('', '**What you can do**', '', ...actionsOf(batch));
  return lines.join('\n');
}

function headline(batch: Batch): string {
  switch (phaseOf(batch)) {
    case 'ended':
      return `Ended: ${batch.ended?.outcome}`;
    case 'canceling':
      return `Canceling - ${tallyOf(batch).running} still running`;
    case 'paused':
      return `Paused - ${progressLine(batch)}`;
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
  if (batch.canceling) return ['- Wait, or check the exports that drain. Terminate stops only the batch.'];
  return [
    batch.startingPaused
      ? '- **Resume**: signal `resumeStarting`'
      : '- **Pause**: signal `pauseStarting`; running exports continue',
    '- **More or fewer at a time**: update `retuneBatch` with `{"maxConcurrent": 50}`',
    '- **Cancel**: Request Cancellation; it cancels every running export',
  ];
}
