import type { Attempt, Record } from './record';

/** A record as lines, in the order of what happened, by seconds since the start. */
export function timelineOf(record: Record): string {
  const { startedAtMs, posts, heads, reads, jobs, objectChanges, attempts, answers, done, restartsAtMs, cancel } =
    record;
  const { wrongReads, outages, details } = record;
  const entries: Array<[atMs: number, what: string]> = [
    ...posts.map(({ atMs, httpStatus, note }): [number, string] => [atMs, `POST → ${httpStatus ?? 'nothing'} ${note}`]),
    ...heads.map(({ atMs, httpStatus }): [number, string] => [atMs, `HEAD → ${httpStatus ?? 'nothing'}`]),
    ...reads.map(({ atMs, httpStatus }): [number, string] => [atMs, `GET → ${httpStatus ?? 'nothing'}`]),
    ...jobs.flatMap(({ jobId, ours, beginMs, endMs, status }): Array<[number, string]> => {
      const name = `${ours ? 'our' : 'foreign'} job ${jobId.slice(0, 8)}`;
      return [
        [beginMs, `${name} begins`],
        ...(endMs === null ? [] : [[endMs, `${name} ends: ${status}`] as [number, string]]),
      ];
    }),
    ...objectChanges.map(({ atMs, ...change }): [number, string] => [atMs, `object: ${JSON.stringify(change)}`]),
    ...attempts.flatMap(linesOf),
    ...answers.map(({ atMs, ...given }): [number, string] => [atMs, `person: ${JSON.stringify(given)}`]),
    ...done.map(({ atMs, action }): [number, string] => [atMs, `harness: ${JSON.stringify(action)}`]),
    ...wrongReads.map(({ atMs, of, httpStatus }): [number, string] => [atMs, `wrong read of ${of}: ${httpStatus}`]),
    ...outages.flatMap(
      ({ what, fromMs, untilMs }): Array<[number, string]> => [
        [fromMs, what],
        [untilMs, `${what}: over`],
      ],
    ),
    ...details.map(({ atMs, text }): [number, string] => [
      atMs,
      `shown: ${text.replaceAll(/\s+/g, ' ').slice(0, 160)}`,
    ]),
    ...restartsAtMs.map((atMs): [number, string] => [atMs, 'reset or retried']),
    ...(cancel === null ? [] : [[cancel.requestedAtMs, 'cancel requested'] as [number, string]]),
    [record.endedAtMs, `ended: ${verdictLine(record)}`],
  ];
  return entries
    .sort(([one], [other]) => one - other)
    .map(([atMs, what]) => `    ${((atMs - startedAtMs) / 1_000).toFixed(3).padStart(7)}  ${what}`)
    .join('\n');
}

function linesOf({ runs, scheduledAtMs, startedAtMs, closedAtMs, end, sent, code }: Attempt): Array<[number, string]> {
  const name = `submit of run ${runs.join(' and ')}`;
  const lines: Array<[number, string]> = [[scheduledAtMs, `${name} scheduled`]];
  if (startedAtMs !== null) lines.push([startedAtMs, `${name} taken by a worker`]);
  if (closedAtMs !== null) lines.push([closedAtMs, `${name}: ${end}${sent ? '' : ' (not sent)'} ${code ?? ''}`]);
  return lines;
}

function verdictLine({ verdict, memo, status }: Record): string {
  const told =
    verdict.kind === 'succeeded'
      ? `confirmed ${verdict.result.confirmed}`
      : 'message' in verdict
        ? verdict.message
        : '';
  const warnings = status.warnings.length > 0 ? ` · warnings ${JSON.stringify(status.warnings)}` : '';
  return `${verdict.kind} ${'type' in verdict ? verdict.type : ''} ${told} · ${status.submissions} submissions · memo ${JSON.stringify(memo)}${warnings}`;
}
