import { Presets, SingleBar } from 'cli-progress';
import type { ExportReport } from '../client';
import { formatDuration } from '../workflows/format-duration';
import { progressText } from './output';

/** Shows the reports of one export as they come. */
export interface ProgressDisplay {
  show(report: ExportReport): void;
  /** Temporal does not answer for now. */
  showOutage(): void;
  end(): void;
}

/** A bar in a terminal, a line for each change elsewhere. */
export function progressDisplay(out: NodeJS.WriteStream): ProgressDisplay {
  return out.isTTY ? barDisplay(out) : lineDisplay(out);
}

function barDisplay(out: NodeJS.WriteStream): ProgressDisplay {
  const format = '{bar} {percentage} % | {left} | {state}';
  const options = { format, stream: out, hideCursor: true, barsize: 30, gracefulExit: false };
  const bar = new SingleBar(options, Presets.shades_classic);
  bar.start(100, 0, { left: 'ETA unknown', state: 'starting' });
  return {
    show({ status, workflowStatus }) {
      const percent = Math.floor((status?.progress ?? 0) * 100);
      const remainingMs = status?.remainingMs ?? null;
      const left = remainingMs === null ? 'ETA unknown' : `ETA ${formatDuration(remainingMs)}`;
      bar.update(percent, { left: status?.outcome ? 'done' : left, state: stateText(status, workflowStatus) });
    },
    showOutage: () => bar.update({ left: 'ETA unknown', state: OUTAGE }),
    end: () => bar.stop(),
  };
}

function lineDisplay(out: NodeJS.WriteStream): ProgressDisplay {
  let last = '';
  const write = (line: string) => {
    if (line !== last) out.write(`${line}\n`);
    last = line;
  };
  return {
    show({ status, workflowStatus }) {
      const left = status?.remainingMs != null ? ` (ETA ${formatDuration(status.remainingMs)})` : '';
      const percent = status?.progress != null ? `${Math.floor(status.progress * 100)} %` : '-';
      write(`${percent}${left} ${stateText(status, workflowStatus)}`);
    },
    showOutage: () => write(`- ${OUTAGE}`),
    end: () => {},
  };
}

const OUTAGE = 'Temporal does not answer; asking again';

function stateText(status: ExportReport['status'], workflowStatus: string): string {
  if (status === null) return `${workflowStatus}, no worker answers`;
  if (status.outcome !== null) return status.outcome;
  if (status.phase === 'exporting') return `job ${progressText({ ...status, progress: null, remainingMs: null })}`;
  return status.lastError === null ? status.phase : `${status.phase}: ${status.lastError}`;
}
