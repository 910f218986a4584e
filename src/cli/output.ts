/**
 * What people and scripts read: results on stdout, errors as one block on stderr, `--json` as one document.
 *
 * @module
 */
import type { ExportErrorCode, ExportReport } from '../client';
import { ExportError } from '../client';
import type { ExportImageResult, ExportNotAllowedDetails, InvalidExportRequestDetails, RuleId } from '../contract';
import { describeEarlier, leftJob, readEarlier } from '../export/earlier';
import {
  actionTexts,
  attentionText,
  commandOf,
  guidanceOf,
  objectAfterDrain,
  RESUME,
  remainsOf,
} from '../export/guidance';
import { bytesText, counted } from '../export/quantities';
import { formatDuration } from '../export/time';
import { AccountConfigurationError } from '../huaweicloud/account/configuration-error';
import { ProxyConfigurationError } from '../network/proxies';
import { TemporalConfigurationError } from '../temporal/configuration-error';
import { DataConverterError } from '../temporal/data-converter';
import { stateText } from '../temporal/runs';
import { printJson, printToStderr, stackLines } from '../terminal/output';
import { exitCodeOf } from './exit-codes';

export interface OutputOptions {
  json?: boolean;
  verbose?: boolean;
}

interface ReportOptions extends OutputOptions {
  /** Whether the command has a flag; it has none of the input when absent. */
  takes?: (flag: string) => boolean;
}

/** Reports an error as one block and sets the exit code. With `--json`, stdout gets it as a document too. */
export function reportError(error: unknown, { json, verbose, takes = () => false }: ReportOptions): void {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof ExportError ? error.code : 'Error';
  if (json) printJson(errorDocument(error));
  const [first = '', ...further] = linesOf(error, message);
  printToStderr(`ims-export: ${code === 'Error' ? '' : `${code}: `}${first}`, ...further.map((line) => `  ${line}`));
  const flag = flagOf(error);
  if (flag?.match(/--[a-z-]+/g)?.every(takes)) printToStderr(`On the command line that is ${flag}.`);
  const doctor = error instanceof ExportError ? DOCTOR[error.code] : undefined;
  if (doctor !== undefined) printToStderr(doctor);
  if (verbose && error instanceof Error) {
    printToStderr(...stackLines(error));
    if (error.cause instanceof Error) printToStderr('Caused by:', ...stackLines(error.cause));
  }
  process.exitCode = exitCodeOf(error);
}

/** What a script reads of an error. */
export function errorDocument(error: unknown): { error: { code: string; message: string; details?: unknown } } {
  if (error instanceof ExportError) {
    const { code, message, details } = error;
    return { error: { code, message, details } };
  }
  const [, code] = CONFIGURATION_CODES.find(([type]) => error instanceof type) ?? [];
  return { error: { code: code ?? 'Error', message: error instanceof Error ? error.message : String(error) } };
}

/** Of what other settings cure. */
const CONFIGURATION_CODES = [
  [AccountConfigurationError, 'AccountConfiguration'],
  [DataConverterError, 'DataConverter'],
  [ProxyConfigurationError, 'ProxyConfiguration'],
  [TemporalConfigurationError, 'TemporalConfiguration'],
] as const;

/**
 * An account has a line for each problem. What was tried to find a server, and what one said that did not start, have lines
 * too, which never begin as ours do; by their names, since their classes are loaded for a demo alone. Any other error may hold
 * words of others, whose lines are none.
 */
function linesOf(error: unknown, message: string): readonly string[] {
  if (error instanceof AccountConfigurationError) return error.lines;
  const hasLines = error instanceof Error && /^(ServerNotFound|DevServerNotStarted)$/.test(error.name);
  return hasLines ? message.split('\n') : [message];
}

const DOCTOR: { [code in ExportErrorCode]?: string } = {
  NoWorker: '`ims-export doctor` checks Temporal, its workers and this machine, and shows what to do.',
  TemporalUnreachable: '`ims-export doctor` checks Temporal, its workers and this machine, and shows what to do.',
  AccessDenied: 'Run `ims-export doctor` on the machine of the worker: it checks the account and shows what to do.',
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
  ['taskQueue', '--task-queue'],
]);

/** The lines of a result, for people. */
export function resultLines(result: ExportImageResult): string[] {
  const { object, verification } = result;
  const seconds = (Date.parse(result.finishedAt) - Date.parse(result.startedAt)) / 1000;
  const lines = [
    `Succeeded  image ${result.imageId}`,
    `  object   ${result.bucketUrl}`,
    `  format   ${result.fileFormat ?? 'not known'}`,
    `  size     ${object === null ? 'not read' : bytesText(object.size)}`,
    `  etag     ${object?.etag ?? 'not read'}`,
    `  job      ${result.jobId ?? 'never seen: only the object was checked (acceptUnconfirmed)'}`,
    `  took     ${formatDuration(seconds * 1000)}, ${counted(result.polls, 'poll')}, ${counted(result.submissions, 'submission')}`,
    `  verified ${verification.state === 'verified' ? 'yes' : `no: ${verification.reason}`}`,
  ];
  return [...lines, ...result.warnings.map((warning) => `  warning  ${warning}`)];
}

/** The lines of a report, for people. */
export function reportLines(report: ExportReport): string[] {
  const { workflowId, memo, retrying, status, closedAt } = report;
  const lines = [workflowId, workflowLine(report)];
  const jobId = status?.jobId ?? memo.jobId;
  const imageId = status?.imageId ?? memo.imageId;
  const outcome = status?.outcome ?? memo.outcome;
  if (status !== null) {
    lines.push(`  phase    ${status.phase}`);
    if (status.jobStatus !== null)
      lines.push(`  progress ${status.outcome === null ? '' : 'last seen '}${progressText(status)}`);
    lines.push(`  polls    ${status.polls}${nextPollText(status)}`);
    if (status.deadlineAt !== null) lines.push(`  deadline ${status.deadlineAt}`);
    if (status.pollingPaused) lines.push(`  resume   \`${commandOf(RESUME, workflowId)}\``);
    const attention = attentionText(status, workflowId);
    if (attention !== null) lines.push(`  action   ${attention}`);
    const answers = answersText(status, workflowId);
    if (answers !== null) lines.push(`  answer   You can wait. ${answers}`);
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
    lines.push(`  outcome  ${outcome}`, `  cloud    ${remainsOf({ remoteJob, jobId })}`);
  }
  // Why it was kept, only a worker knows.
  const discard = status?.discard ?? (memo.object && { kind: memo.object, ...(memo.object === 'kept' && KEPT) });
  if (discard) lines.push(`  object   ${objectAfterDrain(discard)}`);
  if (report.object) lines.push(`  object   ${bytesText(report.object.size)}, ETag ${report.object.etag}`);
  if (report.unreadable) lines.push(`  note     ${UNREADABLE}`);
  if (status === null && closedAt === null && !report.statusUnreadable) lines.push(NO_WORKER_NOTE);
  return [...lines, ...(status?.warnings ?? []).map((warning) => `  warning  ${warning}`)];
}

const KEPT = { reason: 'it may not be of this export, or could not be deleted' };

/** Of an export or a batch. */
export const NO_WORKER_NOTE =
  '  note     no worker answered, so there are no details; `ims-export doctor` checks whether one runs';

/** Of an export or a batch. */
export const UNREADABLE =
  'some of it cannot be decoded here: set the data converter of the namespace (--data-converter MODULE)';

/** When a workflow that runs was started, and when one has ended. */
export function workflowLine({
  workflowStatus,
  startedAt,
  closedAt,
}: Pick<ExportReport, 'workflowStatus' | 'startedAt' | 'closedAt'>): string {
  const when = closedAt === null ? `since ${startedAt}` : `at ${closedAt}`;
  return `  workflow ${stateText(workflowStatus)} ${when}`;
}

/** While a person is waited for, the next poll is that before the deadline, which helps no reader. */
export function nextPollIn(status: NonNullable<ExportReport['status']>): string | null {
  const waitsForPerson = (status.pollingPaused && status.jobId !== null) || status.phase === 'needsAnswer';
  return waitsForPerson ? null : status.nextPollAt;
}

function nextPollText(status: NonNullable<ExportReport['status']>): string {
  const nextPollAt = nextPollIn(status);
  if (status.pollingPaused && status.jobId !== null) return ', none until polling is resumed';
  return nextPollAt === null ? '' : `, next at ${nextPollAt}`;
}

/** The answers that the export takes to what became of its submit, unless the attention names them. */
function answersText(status: NonNullable<ExportReport['status']>, workflowId: string): string | null {
  if (status.attention === 'needsAnswer') return null;
  const answers = guidanceOf(status).actions.filter(({ update }) => update === 'resolveSubmission');
  return answers.length === 0 ? null : actionTexts(answers, workflowId).join(' ');
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
