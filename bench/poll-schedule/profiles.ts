/**
 * What jobs report while they run. A profile says how the reported fraction follows the time; where it bends, and
 * how much, is drawn for each job, so that no policy can be fitted to one curve.
 *
 * @module
 */
import { between, type Random } from './random';

export interface Profile {
  name: string;
  /** What its progress is worth: `usable` when it shows the end; `misleading` when it is wrong. */
  progress: 'usable' | 'useless' | 'misleading';
  begin(random: Random): ShowProgress;
}

/**
 * What a poll of a running job reads.
 *
 * @param time share of the job's whole time that has passed, 0..1
 */
export type ShowProgress = (time: number, random: Random) => number | null;

/** The cloud reports whole percents, and never all of them before the end. */
function percents(fraction: number): number {
  return Math.max(0, Math.min(0.99, Math.floor(fraction * 100 + 1e-9) / 100));
}

export const PROFILES: readonly Profile[] = [
  {
    name: 'linear',
    progress: 'usable',
    begin: () => percents,
  },
  {
    // Ever faster: half of the time brings a third to a sixth.
    name: 'slow start',
    progress: 'usable',
    begin(random) {
      const bend = between(1.5, 2.5, random);
      return (time) => percents(time ** bend);
    },
  },
  {
    // Ever slower: the last percent takes a twentieth to a sixth of the time.
    name: 'slow end',
    progress: 'usable',
    begin(random) {
      const bend = between(1.5, 2.5, random);
      return (time) => percents(1 - (1 - time) ** bend);
    },
  },
  {
    name: 'stepwise 10 %',
    progress: 'usable',
    begin: () => (time) => Math.floor(time * 10) / 10,
  },
  {
    // Readings lie up to 3 points beside the truth; one in ten falls far behind it, and one in twenty says nothing.
    name: 'noisy',
    progress: 'usable',
    begin: () => (time, random) => {
      const luck = random();
      if (luck < 0.05) return null;
      if (luck < 0.15) return percents(time - between(0, 0.2, random));
      return percents(time + between(-0.03, 0.03, random));
    },
  },
  {
    name: 'stuck at 0',
    progress: 'useless',
    begin: () => () => 0,
  },
  {
    // All but the last percent is reported in the first half or so.
    name: 'stuck at 99 %',
    progress: 'useless',
    begin(random) {
      const standstill = between(0.4, 0.7, random);
      return (time) => percents(time / standstill);
    },
  },
  {
    name: 'no progress',
    progress: 'useless',
    begin: () => () => null,
  },
  {
    // Steady, and then it ends when it has reported less than a third. An estimate by the progress is wrong.
    name: 'ends at 30 %',
    progress: 'misleading',
    begin: () => (time) => percents(time * 0.3),
  },
];

export interface Length {
  name: string;
  ms: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const LENGTHS: readonly Length[] = [
  { name: '3 min', ms: 3 * MINUTE_MS },
  { name: '1 h', ms: HOUR_MS },
  { name: '9 h', ms: 9 * HOUR_MS },
  { name: '40 h', ms: 40 * HOUR_MS },
];

/** A fixed interval seems perfect where it divides the length: no two jobs take the same time. */
const SPREAD = 0.3;

export function drawLengthMs({ ms }: Length, random: Random): number {
  return ms * between(1 - SPREAD, 1 + SPREAD, random);
}
