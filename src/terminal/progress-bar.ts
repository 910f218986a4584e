import { Presets, SingleBar } from 'cli-progress';
import { forTerminal } from '../export/quoting';
import type { OutputStream } from './output';

export interface ProgressBar {
  update(percent: number | null, left: string, state: string): void;
  stop(): void;
}

/** A bar with words beside it, in a terminal. */
export function progressBar(stream: OutputStream): ProgressBar {
  const format = '{bar} {percentage} % | {left} | {state}';
  const options = { format, stream: process[stream], hideCursor: true, barsize: 30, gracefulExit: false };
  const bar = new SingleBar(options, Presets.shades_classic);
  bar.start(100, 0, { left: 'ETA unknown', state: 'starting' });
  return {
    update(percent, left, state) {
      const words = { left, state: forTerminal(state) };
      if (percent === null) bar.update(words);
      else bar.update(percent, words);
    },
    stop: () => bar.stop(),
  };
}
