import type { JobSummary } from '../../src/testing';
import type { TrialRecord } from './perform';

/** Of a payload; a result has to stay well below it. */
const PAYLOAD_BYTES = 2 * 1024 ** 2;
/** The server suggests to continue as new at 4,096. */
const EVENTS_OF_A_RUN = 6_000;
const EVENTS_OF_AN_IMAGE = 16;

/**
 * What is wrong with a trial, as sentences: verdicts are held against the jobs that the cloud itself knows. `unknown` is right
 * where a kill took the answer to the submit, and the job was over before anybody could look: then nothing tells whose object
 * it is. That is seldom, and never more than what was under way at the kills.
 */
export function judge({ trial, result, resultBytes, lostSubmits, jobs, eventsPerRun, kills }: TrialRecord): string[] {
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
    const isLost = lostSubmits.includes(imageId);
    const isRight = verdict === (isLost ? 'unknown' : 'succeeded');
    expect(isRight, `the verdict on image ${imageId} is ${verdict}, and its job ${job?.status}`);
    const told = isLost ? undefined : job?.jobId;
    expect(told === jobId && job?.bucketUrl === bucketUrl, `image ${imageId} was reported with another job`);
  }
  const mostLost = kills * trial.maxConcurrent;
  expect(lostSubmits.length <= mostLost, `${lostSubmits.length} submits were lost, of at most ${mostLost} under way`);
  expect(jobs.length === trial.images, `the cloud has ${jobs.length} jobs`);
  expect(resultBytes < 0.75 * PAYLOAD_BYTES, `the result has ${resultBytes} bytes`);
  const longest = Math.max(...eventsPerRun);
  expect(longest < EVENTS_OF_A_RUN, `a run has ${longest} events`);
  const events = eventsPerRun.reduce((sum, count) => sum + count, 0);
  expect(events < 100 + EVENTS_OF_AN_IMAGE * trial.images, `${events} events for ${trial.images} images`);
  return problems;
}

/** The figures of a trial, for people. */
export function reportOf(record: TrialRecord) {
  const { trial, result, resultBytes, lostSubmits, jobs, eventsPerRun, peakRssBytes, kills, tookMs } = record;
  const events = eventsPerRun.reduce((sum, count) => sum + count, 0);
  return [
    `${trial.images} images, ${trial.maxConcurrent} at a time, jobs of ${trial.jobSeconds} s, worker killed ${kills} times`,
    `verdicts: ${result.counts.succeeded} succeeded of ${result.total}, ${lostSubmits.length} unknown whose submit a kill has cut off; the cloud has ${jobs.length} jobs`,
    `events of the batch: ${events} in ${eventsPerRun.length} runs (${eventsPerRun.join(', ')}), ${(events / trial.images).toFixed(1)} an image`,
    `result: ${resultBytes} bytes`,
    `peak RSS of a worker: ${Math.round(peakRssBytes / 1024 ** 2)} MiB`,
    `took: ${(tookMs / 1000).toFixed(0)} s`,
  ].join('\n');
}
