import type { Cloud } from '../cloud';
import type { ServiceContext } from '../http-service';
import type { Job, JobReading } from '../jobs';
import { imsError } from './errors';

/**
 * ShowJob and ShowJobProgress, which answer alike.
 *
 * What the cloud says to an unknown job is not published. IMG.0023 is the one documented code for a query that fails;
 * this simulator answers it with the HTTP 400 that nearly all IMG codes have.
 */
export function showJob(c: ServiceContext, cloud: Cloud): Response {
  const projectId = c.req.param('projectId');
  if (projectId !== undefined && projectId !== cloud.state.projectId) {
    return imsError(c, 400, 'IMG.0067', 'The project ID is incorrect.');
  }
  const found = cloud.jobs.find(c.req.param('jobId') ?? '');
  if (found === undefined) return imsError(c, 400, 'IMG.0023', 'An exception occurred during task query.');
  c.set('note', `${found.reading.status} ${found.reading.percent}`);
  return c.json(jobOnTheWire(found.job, found.reading));
}

function jobOnTheWire(job: Job, reading: JobReading): object {
  const ended = reading.endTimeMs !== null;
  const times = { begin_time: isoTime(job.beginTimeMs), end_time: ended ? isoTime(reading.endTimeMs ?? 0) : '' };
  const verdict = { status: reading.status, error_code: reading.errorCode, fail_reason: reading.failReason };
  const image = { image_id: job.imageId, image_name: job.imageName };
  const subJobType = job.isQuickExport ? 'imsQuickExportImageJob' : 'imsGoofysExportImageJob';
  return {
    job_id: job.jobId,
    job_type: 'imsNativeExportImageJob',
    ...times,
    ...verdict,
    entities: {
      ...image,
      process_percent: reading.percent,
      current_task: ended ? '' : CURRENT_TASK,
      subJobId: job.subJobId,
      sub_jobs_list: [job.subJobId],
      sub_jobs_result: [{ job_id: job.subJobId, job_type: subJobType, ...times, ...verdict, entities: image }],
    },
  };
}

/** Formed like the published `CopyImageInRegionTask:`; no sample of a running export is published. */
const CURRENT_TASK = 'NativeExportImageTask:';

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
