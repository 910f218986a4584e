import type { JobSummary } from '../../src/testing';
import type { TrialRecord } from './perform';

/** Of a payload; a result has to stay well below it. */
const PAYLOAD_BYTES = 2 * 1024 ** 2;
/** The server suggests to continue as new at 4,096. */
const EVENTS_OF_A_RUN = 6_000;
const EVENTS_OF_AN_IMAGE = 16;

/** What is wrong with a trial, as sentences: verdicts are held against the jobs that the cloud itself knows. */
export function judge({ trial, result, resultBytes, jobs, eventsPerRun, kills }: TrialRecord): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  expect(kills === trial.killsAt.length, `the worker was killed ${kills} times, not ${trial.killsAt.length}`);
  expect(result.items.length === trial.images, `${result.items.length} images have a verdict, not ${trial.images}`);
  const jobsByImage = new Map<string, JobSummary[]>();
  for (const job of jobs) jobsByImage.set(job.imageId, [...(jobsByImage.get(job.imageId) ?? []), job]);
  for (const { imageId, verdict, jobId, bucketUrl } of result.items) {
    const own = jobsByImage.get(imageId) ?? [];
    expect(own.length === 1, `image ${imageId} has ${own.length} jobs`);
    const [job] = own;
    expect(job?.status === 'SUCCESS', `the job of image ${imageId} is ${job?.status}`);
    expect(verdict === 'succeeded', `the verdict on image ${imageId} is ${verdict}, and its job ${job?.status}`);
    expect(job?.jobId === jobId && job?.bucketUrl === bucketUrl, `image ${imageId} was reported with another job`);
  }
  expect(jobs.length === trial.images, `the cloud has ${jobs.length} jobs`);
  expect(resultBytes < 0.75 * PAYLOAD_BYTES, `the result has ${resultBytes} bytes`);
  const longest = Math.max(...eventsPerRun);
  expect(longest < EVENTS_OF_A_RUN, `a run has ${longest} events`);
  const events = eventsPerRun.reduce((sum, count) => sum + count, 0);
  expect(events < 100 + EVENTS_OF_AN_IMAGE * trial.images, `${events} events for ${trial.images} images`);
  return problems;
}

/** The figures of a trial, for people. */
export function reportOf({ trial, result, resultBytes, jobs, eventsPerRun, peakRssBytes, kills, tookMs }: TrialRecord) {
  const events = eventsPerRun.reduce((sum, count) => sum + count, 0);
  return [
    `${trial.images} images, ${trial.maxConcurrent} at a time, jobs of ${trial.jobSeconds} s, worker killed ${kills} times`,
    `verdicts: ${result.counts.succeeded} succeeded of ${result.total}; the cloud has ${jobs.length} jobs`,
    `events of the batch: ${events} in ${eventsPerRun.length} runs (${eventsPerRun.join(', ')}), ${(events / trial.images).toFixed(1)} an image`,
    `result: ${resultBytes} bytes`,
    `peak RSS of a worker: ${Math.round(peakRssBytes / 1024 ** 2)} MiB`,
    `took: ${(tookMs / 1000).toFixed(0)} s`,
  ].join('\n');
}
