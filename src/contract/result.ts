/**
 * What an export returns.
 *
 * @module
 */
import type { ObjectFormat } from './input';

/** What a workflow returns. There is no result without success: failed and unknown are thrown. */
export interface ExportImageResult {
  imageId: string;
  /** Null when the success is not `confirmed`: the answer to the submit was lost, and its job id with it. */
  jobId: string | null;
  bucketUrl: string;
  fileFormat: ObjectFormat | null;
  verdict: 'succeeded';
  /** False when the job's own SUCCESS was never read and `acceptUnconfirmed` allowed to go by the object alone. */
  confirmed: boolean;
  /**
   * The exported object as verified; null when verification was skipped. Of an earlier success whose object could not be read
   * again, as it was then.
   */
  object: ExportedObject | null;
  verification: { state: 'verified' } | { state: 'skipped'; reason: string };
  /** ISO 8601. */
  startedAt: string;
  /** ISO 8601. */
  finishedAt: string;
  /** Polls of the job, failed ones included. */
  polls: number;
  /** POSTs that were, or may have been, executed. */
  submissions: number;
  /** How often each job status was seen. */
  observations: { [status: string]: number };
  warnings: string[];
}

export interface ExportedObject {
  /** Bytes. Not the image's size: conversion and compression change it. */
  size: number;
  etag: string;
  /** ISO 8601, whole seconds, by the clock of OBS. */
  lastModified: string;
  format: ObjectFormat | null;
}
