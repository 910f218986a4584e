import { z } from 'zod';
import { oneLine } from '../../export/quoting';
import { CLOUD_TEXT_OR_NUMBER as text } from '../cloud-text';

/** A sub-job of an export, such as `imsGoofysExportImageJob`. */
export interface ImageSubJob {
  jobId: string | null;
  jobType: string | null;
  status: string | null;
  errorCode: string | null;
  failReason: string | null;
}

/** One reading of a job by ShowJob or ShowJobProgress, which answer alike (IMS API, "Querying the Status of an Asynchronous Job"). */
export interface ImageJob {
  jobId: string | null;
  /** `imsNativeExportImageJob` for an export; anything else hints at a wrong job id. */
  jobType: string | null;
  imageId: string | null;
  /** Upper-cased; FAILED is read as FAIL. INIT, RUNNING, SUCCESS, FAIL are documented. */
  status: string;
  /** Fraction 0..1 by {@link readProgress}; null when the cloud reports none. */
  progress: number | null;
  currentTask: string | null;
  /** As the cloud spelled it: ISO 8601, or `04-Jun-2015 18:11:06:586`. */
  beginTime: string | null;
  endTime: string | null;
  /** Of the job, else of its entities, else of the first sub-job that names one. */
  errorCode: string | null;
  /** All that the cloud says about it anywhere, without repetitions; a reason with another code has that before it. */
  failReason: string | null;
  /** At most the first {@link MAX_SUB_JOBS}. */
  subJobs: ImageSubJob[];
  requestId: string | null;
}

/**
 * Progress as a fraction 0..1, or null. The API documents a fraction, so up to 1 a number is one (1 is done, not 1 %);
 * above 1 it is read as percent. A text is read as the number in it; with a `%` it is always percent. Out of range is
 * clamped. The text "1" and the number 1 are both done.
 *
 * @example readProgress(0.4) // 0.4
 * @example readProgress('40%') // 0.4
 * @example readProgress(40) // 0.4
 */
export function readProgress(value: unknown): number | null {
  if (typeof value === 'string') {
    const said = value.length > MAX_PROGRESS ? '' : value.trim();
    const [, number, percent] = /^([+-]?\d+(?:\.\d+)?)\s*(%?)$/.exec(said) ?? [];
    if (number === undefined) return null;
    return percent === '%' ? clamp(Number(number) / 100) : readProgress(Number(number));
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return null;
  return clamp(value > 1 ? value / 100 : value);
}

/** A number of any length would be as good; this also bounds the time that it takes to see that a text is none. */
const MAX_PROGRESS = 64;

function clamp(fraction: number): number {
  // `|| 0` turns a negative zero into zero.
  return Math.min(Math.max(fraction, 0), 1) || 0;
}

/** An export has one. */
const MAX_SUB_JOBS = 20;

const MAX_REASON = 1_000;

const STATUS = z
  .string()
  .trim()
  .min(1, 'the status is empty')
  .max(64, 'the status is longer than 64 characters')
  .transform((status) => (status.toUpperCase() === 'FAILED' ? 'FAIL' : status.toUpperCase()));

const SUB_JOB = z
  .object({ job_id: text, job_type: text, status: text, error_code: text, fail_reason: text })
  .partial()
  .transform(
    (sub): ImageSubJob => ({
      jobId: sub.job_id ?? null,
      jobType: sub.job_type ?? null,
      status: sub.status?.toUpperCase().replace(/^FAILED$/, 'FAIL') ?? null,
      errorCode: sub.error_code ?? null,
      failReason: sub.fail_reason ?? null,
    }),
  );

const SUB_JOBS = z
  .array(z.unknown())
  .catch([])
  .transform((subs) => subs.slice(0, MAX_SUB_JOBS).flatMap((sub) => SUB_JOB.safeParse(sub).data ?? []));

const ENTITIES = z
  .object({
    image_id: text,
    process_percent: z.unknown().optional(),
    current_task: text,
    addition_error_code: text,
    addition_error_msg: text,
    error_code: text,
    error: z.unknown().optional(),
    sub_jobs_result: SUB_JOBS,
  })
  .partial()
  .catch({});

/** The body of a job query. Only a status is demanded: without one the answer says nothing. */
export const JOB = z
  .object({
    status: STATUS,
    job_id: text.optional(),
    job_type: text.optional(),
    begin_time: text.optional(),
    end_time: text.optional(),
    error_code: text.optional(),
    fail_reason: text.optional(),
    process_percent: z.unknown().optional(),
    entities: ENTITIES.optional(),
  })
  .transform((job): Omit<ImageJob, 'requestId'> => {
    const entities = job.entities ?? {};
    const subJobs = entities.sub_jobs_result ?? [];
    return {
      jobId: job.job_id ?? null,
      jobType: job.job_type ?? null,
      imageId: entities.image_id ?? null,
      status: job.status,
      progress: readProgress(entities.process_percent) ?? readProgress(job.process_percent),
      currentTask: entities.current_task ?? null,
      beginTime: job.begin_time ?? null,
      endTime: job.end_time ?? null,
      ...failureIn([
        { code: job.error_code, reason: job.fail_reason },
        { code: entities.addition_error_code, reason: entities.addition_error_msg },
        { code: entities.error_code, reason: reasonIn(entities.error) },
        ...subJobs.map((sub) => ({ code: sub.errorCode, reason: sub.failReason })),
      ]),
      subJobs,
    };
  });

/** What one place of the answer says about the failure. */
interface JobFailure {
  code?: string | null;
  reason?: string | null;
}

/** The first code, and every reason. */
function failureIn(said: readonly JobFailure[]): { errorCode: string | null; failReason: string | null } {
  const errorCode = said.find(({ code }) => code != null)?.code ?? null;
  const reasons: string[] = [];
  for (const { code, reason } of said) {
    const ownCode = code === errorCode ? null : code;
    const sentence = [ownCode, reason].filter((part) => part != null).join(': ');
    if (sentence !== '' && !reasons.some((earlier) => earlier.includes(sentence))) reasons.push(sentence);
  }
  return { errorCode, failReason: oneLine(reasons.join('; '), MAX_REASON) || null };
}

/** `entities.error` is a text in some answers and an object with a message in others. */
function reasonIn(error: unknown): string | null {
  const isObject = typeof error === 'object' && error !== null && 'message' in error;
  return text.parse(isObject ? error.message : error);
}
