/**
 * Whether the object at a destination can be of a job that was started elsewhere, by the times that the cloud says of both. One
 * rule for the activity, which reads it more than once before it counts, and the workflow, which refuses by it.
 *
 * @module
 */
import type { ExportedObject, ObservedJob } from '../contract';
import { utc } from './time';

/** Last-Modified has whole seconds. */
const OLDER_BY_MS = 1_000;

/** The object is complete before its job ends; later than this it is another one, whatever the clocks say. */
const NEWER_BY_MS = 300_000;

/** When a job ran, as the cloud spelled it. */
export type JobTimes = Pick<ObservedJob, 'beginTime' | 'endTime'>;

/** Why the object is not of the job, as a clause; null where it can be. */
export function objectionToObject({ lastModified }: ExportedObject, { beginTime, endTime }: JobTimes): string | null {
  const modifiedAtMs = Date.parse(lastModified);
  const modified = `the object here was last modified ${lastModified}`;
  if (modifiedAtMs < Date.parse(utc(beginTime) ?? '') - OLDER_BY_MS)
    return `it began ${beginTime}, and ${modified}, before that`;
  if (modifiedAtMs > Date.parse(utc(endTime) ?? '') + NEWER_BY_MS)
    return `it ended ${endTime}, and ${modified}, after that`;
  return null;
}
