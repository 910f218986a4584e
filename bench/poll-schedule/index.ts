/**
 * Our poll schedule against those of others, in a simulation: the number of polls, and how long after the job's end one of them
 * sees it. docs/development/poll-schedule.md has the table of a run.
 *
 *   npm run bench -- poll-schedule [--seed 1] [--runs 1000] [--picture docs/images/poll-schedule.svg]
 *
 * It measures no machine: a seed gives the same numbers everywhere. Ends with exit code 1 when an aim is missed.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { judge } from './aims';
import { scoreCells } from './cells';
import { paretoPlot } from './pareto-plot';
import { POLICIES } from './policies';
import { tableLines, verdictLine } from './report';
import { settingsOf } from './settings';

export async function run(args: string[]): Promise<void> {
  const { seed, runs, picture } = settingsOf(args);
  console.log(`poll-schedule: ${runs} jobs for each profile and length, seed ${seed}; all policies poll the same jobs`);
  console.log(
    `polls (mean) / median delay / p95 of the delay / events (mean), for each of ${POLICIES.length} policies`,
  );
  const cells = scoreCells({ seed, runs });
  console.log(tableLines(cells).join('\n'));

  const judged = cells.map((cell) => ({ cell, verdicts: judge(cell) }));
  console.log('\nVerdicts, ours:');
  for (const { cell, verdicts } of judged) console.log(verdictLine(cell, verdicts));
  const verdicts = judged.flatMap((one) => one.verdicts);
  const met = verdicts.filter((verdict) => verdict.met).length;
  console.log(`${met} of ${verdicts.length} aims met.`);
  if (met < verdicts.length) process.exitCode = 1;

  writeFileSync(picture, paretoPlot(cells));
  console.log(`The picture is in ${relative(process.cwd(), picture)}.`);
}
