/**
 * What an export says of itself must be so: that nothing was submitted may be said only where nothing was.
 *
 * @module
 */
import type { Record } from './record';

/** The failures whose type says so, by the contract. */
const SAY_NOTHING_WAS_SUBMITTED: ReadonlySet<string> = new Set([
  'InvalidExportRequest',
  'ExportNotAllowed',
  'DestinationExists',
  'DestinationBusy',
  'SubmitRejected',
  'AccessDenied',
]);

/** In words. That nothing "is submitted any more" is another matter. */
const SAYS_SO = /\b(nothing|no job|no export) (was|has been) (submitted|exported|started|begun)\b/i;

/**
 * No failure says that this export submitted nothing while the simulator has executed a POST of its chain: of this run, or of
 * one before it that was reset or retried. No more does what people are shown meanwhile.
 */
export function nothingSubmittedIsTrue(record: Record): string[] {
  const { posts, details } = record;
  const executed = posts.filter(({ jobId }) => jobId !== null);
  const [first] = executed;
  if (first === undefined) return [];
  const said = claimOf(record);
  const shown = details.filter(({ atMs, text }) => SAYS_SO.test(text) && atMs > first.atMs + UNDER_WAY_MS);
  return [
    ...(said === null ? [] : [`it failed with ${said}, but the POST of job ${first.jobId} was executed`]),
    ...shown.map(
      ({ atMs, text }) =>
        `"${SAYS_SO.exec(text)?.[0]}" is shown ${atMs - first.atMs} ms after the POST of job ${first.jobId}`,
    ),
  ];
}

/** A POST that is executed at this moment is not known yet. */
const UNDER_WAY_MS = 500;

/** A failure that says so, after another export to this destination began a job, names that one. */
export function anEarlierExportIsNamed(record: Record): string[] {
  const { earlier, status } = record;
  const said = claimOf(record);
  if (earlier === null || said === null) return [];
  const missing: string[] = [];
  if (status.earlier?.runId !== earlier.runId) missing.push('status.earlier');
  if (earlier.jobId !== null && !said.includes(earlier.jobId)) missing.push(`its job ${earlier.jobId}`);
  return missing.map((what) => `it failed with ${said}, without ${what} of the earlier export ${earlier.runId}`);
}

/** Type and text of a failure that says that nothing was submitted; null where none says so. */
function claimOf({ verdict, status }: Record): string | null {
  if (verdict.kind !== 'failed' && verdict.kind !== 'unknown') return null;
  const type = verdict.kind === 'failed' ? verdict.type : 'ExportOutcomeUnknown';
  const words = [verdict.message, status.failure?.message ?? ''];
  const says = SAY_NOTHING_WAS_SUBMITTED.has(type) || words.some((text) => SAYS_SO.test(text));
  return says ? `${type}: ${verdict.message}` : null;
}
