/**
 * What people and scripts read: results on stdout, errors as one block on stderr, `--json` as one document.
 *
 * @module
 */
import type { ExportErrorCode, ExportReport } from '../client';
import { ExportError } from '../client';
import type { ExportImageResult, ExportNotAllowedDetails, InvalidExportRequestDetails, RuleId } from '../contract';
import { describeEarlier, leftJob, readEarlier } from '../export/earlier';
import { attentionText, commandOf, objectAfterDrain, RESUME, remainsOf } from '../export/guidance';
import { formatDuration } from '../export/time';
import { printJson, printToStderr, stackLines } from '../terminal/output';
import { exitCodeOf } from './exit-codes';
import { columns } from './table';

export interface OutputOptions {
  json?: boolean;
  /** A module; of every command that talks to Temporal. */
  dataConverter?: string;
  verbose?: boolean;
}

/** Reports an error as one block and sets the exit code. With `--json`, stdout gets it as a document too. */
export function reportError(error: unknown, { json, verbose }: OutputOptions): void {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof ExportError ? error.code : 'Error';
  if (json) printJson({ error: { code, message, details: error instanceof ExportError ? error.details : undefined } });
  const [first = '', ...further] = hasLines(error) ? message.split('\n') : [message];
  printToStderr(`ims-export: ${code === 'Error' ? '' : `${code}: `}${first}`, ...further.map((line) => `  ${line}`));
  const flag = flagOf(error);
  if (flag !== undefined) printToStderr(`On the command line that is ${flag}.`);
  const doctor = error instanceof ExportError ? DOCTOR[error.code] : undefined;
  if (doctor !== undefined) printToStderr(doctor);
  if (verbose && error instanceof Error) {
    printToStderr(...stackLines(error));
    if (error.cause instanceof Error) printToStderr('Caused by:', ...stackLines(error.cause));
  }
  process.exitCode = exitCodeOf(error);
}

/**
 * Only what was tried to find a server, and what one said that did not start, have lines of their own, which never begin as ours
 * do. By their names, since their classes are loaded for a demo alone; any other error may hold words of others.
 */
function hasLines(error: unknown): boolean {
  return error instanceof Error && /^(ServerNotFound|DevServerNotStarted)$/.test(error.name);
}

const DOCTOR: { [code in ExportErrorCode]?: string } = {
  NoWorker: '`ims-export doctor` checks Temporal, its workers and this machine, and says what to do.',
  TemporalUnreachable: '`ims-export doctor` checks Temporal, its workers and this machine, and says what to do.',
  AccessDenied: '`ims-export doctor`, run where the worker runs, checks its account and says what to do.',
};

/** The flag by which the wrong field of an input was given, or by which a refusal can be turned down. */
function flagOf(error: unknown): string | undefined {
  if (!(error instanceof ExportError)) return undefined;
  if (error.code === 'ExportNotAllowed') {
    const { overridable = [], refusals = [] } = (error.details ?? {}) as Partial<ExportNotAllowedDetails>;
    const meansFormat = refusals.some(({ rule }) => FORMAT_RULES.has(rule));
    return (
      [
        ...(meansFormat ? ['--quick for isQuickExport, --format for fileFormat'] : []),
        ...(overridable.length > 0 ? [overridable.map((rule) => `--option rules.${rule}=warn`).join(' ')] : []),
      ].join(', and ') || undefined
    );
  }
  if (error.code !== 'InvalidExportRequest') return undefined;
  const { field = '' } = (error.details ?? {}) as Partial<InvalidExportRequestDetails>;
  if (field.startsWith('options.')) return `--option ${field.slice('options.'.length)}=…`;
  return FLAGS.get(field);
}

/** The rules that the other choice between a quick export and a conversion satisfies. */
const FORMAT_RULES: ReadonlySet<string> = new Set<RuleId>(['quickExportNotEncrypted', 'conversionSizeLimit']);

const FLAGS = new Map([
  ['imageId', '--image'],
  ['bucketUrl', '--to'],
  ['fileFormat', '--format, or --quick in its place'],
  ['isQuickExport', '--quick'],
  ['account', '--account'],
  ['attach.jobId', '--job'],
  ['failWhen', '--fail-when'],
]);

/** The lines of a result, for people. */
export function resultLines(result: ExportImageResult): string[] {
  const { object, verification } = result;
  const seconds = (Date.parse(result.finishedAt) - Date.parse(result.startedAt)) / 1000;
  const lines = [
    `Succeeded  image ${result.imageId}`,
    `  object   ${result.bucketUrl}`,
    `  format   ${result.fileFormat ?? 'not known'}`,
    `  size     ${object === null ? 'not read' : `${object.size} bytes`}`,
    `  etag     ${object?.etag ?? 'not read'}`,
    `  job      ${result.jobId ?? 'never seen: the object was taken by its looks (acceptUnconfirmed)'}`,
    `  took     ${seconds.toFixed(0)} s, ${result.polls} polls, ${result.submissions} submission(s)`,
    `  verified ${verification.state === 'verified' ? 'yes' : `no: ${verification.reason}`}`,
  ];
  return [...lines, ...result.warnings.map((warning) => `  warning  ${warning}`)];
}

/** The lines of a report, for people. */
export function reportLines(report: ExportReport): string[] {
  const { workflowId, workflowStatus, memo, retrying, status, startedAt, closedAt } = report;
  const lines = [`${workflowId}`, `  workflow ${workflowStatus} since ${closedAt ?? startedAt}`];
  const jobId = status?.jobId ?? memo.jobId;
  const imageId = status?.imageId ?? memo.imageId;
  const outcome = status?.outcome ?? memo.outcome;
  if (status !== null) {
    lines.push(`  phase    ${status.phase}`);
    lines.push(`  progress ${progressText(status)}`);
    lines.push(`  polls    ${status.polls}${status.nextPollAt === null ? '' : `, next at ${status.nextPollAt}`}`);
    if (status.deadlineAt !== null) lines.push(`  deadline ${status.deadlineAt}`);
    if (status.pollingPaused) lines.push(`  paused   \`${commandOf(RESUME, workflowId)}\` goes on`);
    const attention = attentionText(status, workflowId);
    if (attention !== null) lines.push(`  look     ${attention}`);
    if (status.lastError !== null) lines.push(`  error    ${status.lastError}`);
  }
  if (retrying !== null) lines.push(`  retrying ${retryText(retrying)}`);
  if (imageId) lines.push(`  image    ${imageId}`);
  const bucketUrl = status?.bucketUrl ?? memo.bucketUrl;
  if (bucketUrl) lines.push(`  to       ${bucketUrl}${status?.fileFormat ? ` (${status.fileFormat})` : ''}`);
  if (jobId) lines.push(`  job      ${jobId}`);
  const earlier = readEarlier(status?.earlier ?? memo.earlier);
  const destination = imageId && bucketUrl ? { imageId, bucketUrl } : null;
  if (earlier !== null && leftJob(earlier)) lines.push(`  earlier  ${describeEarlier(earlier, destination)}`);
  const failure = status?.failure ?? memo.failure;
  if (failure) lines.push(`  failure  ${failure.type}: ${failure.message}`);
  if (outcome) {
    const remoteJob = status?.remoteJob ?? memo.remoteJob ?? 'unknown';
    lines.push(`  outcome  ${outcome}`, `  remains  ${remainsOf({ remoteJob, jobId })}`);
  }
  // Why it was kept, only a worker knows.
  const discard = status?.discard ?? (memo.object && { kind: memo.object, ...(memo.object === 'kept' && KEPT) });
  if (discard) lines.push(`  object   ${objectAfterDrain(discard)}`);
  if (report.unreadable) lines.push(`  note     ${UNREADABLE}`);
  if (status === null && closedAt === null && !report.statusUnreadable)
    lines.push('  note     no worker answered, so only what Temporal knows is shown');
  return [...lines, ...(status?.warnings ?? []).map((warning) => `  warning  ${warning}`)];
}

const KEPT = { reason: 'it is not proven to be of this export, or could not be deleted' };

/** Of an export or a batch. */
export const UNREADABLE =
  'some of it cannot be decoded here: name the data converter of the namespace (--data-converter MODULE)';

/** A heading, and a line for each export. */
export function listLines(reports: readonly ExportReport[]): string[] {
  const rows = reports.map(({ workflowId, workflowStatus, startedAt, memo, unreadable }) => [
    startedAt,
    memo.outcome ?? workflowStatus,
    workflowId,
    memo.jobId ?? (unreadable ? 'unreadable' : ''),
  ]);
  const table = columns([['STARTED', 'OUTCOME', 'EXPORT', 'JOB'], ...rows]);
  return reports.some(({ unreadable }) => unreadable) ? [...table, `unreadable: ${UNREADABLE}`] : table;
}

/** `RUNNING 37 %, 3h 10m left`. */
export function progressText({ jobStatus, progress, remainingMs, phase }: NonNullable<ExportReport['status']>): string {
  const percent = progress === null ? '' : ` ${Math.floor(progress * 100)} %`;
  const left = remainingMs === null ? '' : `, ${formatDuration(remainingMs)} left`;
  return `${jobStatus ?? phase}${percent}${left}`;
}

/** `imsValidateExport, attempt 3: ListImages: ECONNREFUSED: …`. */
export function retryText({ activity, attempt, failure }: NonNullable<ExportReport['retrying']>): string {
  return `${activity}, attempt ${attempt}: ${failure}`;
}
