import type { JobSummary } from '../../../src/testing';
import type { BatchRecord } from './record';

/** Of a payload; a result has to stay well below it. */
const PAYLOAD_BYTES = 2 * 1024 ** 2;
/** The server suggests to continue as new at 4,096. */
const EVENTS_OF_A_RUN = 6_000;
const EVENTS_OF_AN_IMAGE = 16;

/**
 * What is wrong with a run, as sentences: verdicts are held against the jobs that the cloud itself knows. `unknown` is right
 * where a kill took the answer to the submit, and the job was over before anybody could look: then nothing tells whose object
 * it is. That is seldom, and never more than what was under way at the kills.
 */
export function judge({
  plan,
  result,
  resultBytes,
  ambiguousSubmits,
  jobs,
  eventsPerRun,
  kills,
}: BatchRecord): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  expect(kills === plan.killsAt.length, `the worker was killed ${kills} times, not ${plan.killsAt.length}`);
  expect(result.items.length === plan.images, `${result.items.length} images have a verdict, not ${plan.images}`);
  const jobsByImage = new Map<string, JobSummary[]>();
  for (const job of jobs) jobsByImage.set(job.imageId, [...(jobsByImage.get(job.imageId) ?? []), job]);
  for (const { imageId, verdict, jobId, bucketUrl } of result.items) {
    const own = jobsByImage.get(imageId) ?? [];
    expect(own.length === 1, `image ${imageId} has ${own.length} jobs`);
    const [job] = own;
    expect(job?.status === 'SUCCESS', `the job of image ${imageId} is ${job?.status}`);
    const isAmbiguous = ambiguousSubmits.includes(imageId);
    const isRight = verdict === (isAmbiguous ? 'unknown' : 'succeeded');
    expect(isRight, `the verdict on image ${imageId} is ${verdict}, and its job ${job?.status}`);
    const known = isAmbiguous ? undefined : job?.jobId;
    expect(known === jobId && job?.bucketUrl === bucketUrl, `image ${imageId} was reported with another job`);
  }
  const mostAmbiguous = kills * plan.maxConcurrent;
  expect(
    ambiguousSubmits.length <= mostAmbiguous,
    `${ambiguousSubmits.length} submits were ambiguous, of at most ${mostAmbiguous} under way`,
  );
  expect(jobs.length === plan.images, `the cloud has ${jobs.length} jobs`);
  expect(resultBytes < 0.75 * PAYLOAD_BYTES, `the result has ${resultBytes} bytes`);
  const longest = Math.max(...eventsPerRun);
  expect(longest < EVENTS_OF_A_RUN, `a run has ${longest} events`);
  const events = eventsPerRun.reduce((sum, count) => sum + count, 0);
  expect(events < 100 + EVENTS_OF_AN_IMAGE * plan.images, `${events} events for ${plan.images} images`);
  return problems;
}

/** The figures of a trial, for people. */
export function reportOf(record: BatchRecord) {
  const { plan, result, resultBytes, ambiguousSubmits, jobs, eventsPerRun, peakRssBytes, kills, tookMs } = record;
  const events = eventsPerRun.reduce((sum, count) => sum + count, 0);
  return [
    `${plan.images} images, ${plan.maxConcurrent} at a time, jobs of ${plan.jobSeconds} s, worker killed ${kills} times`,
    `verdicts: ${result.counts.succeeded} succeeded of ${result.total}, ${ambiguousSubmits.length} unknown whose submit a kill has cut off; the cloud has ${jobs.length} jobs`,
    `events of the batch: ${events} in ${eventsPerRun.length} runs (${eventsPerRun.join(', ')}), ${(events / plan.images).toFixed(1)} an image`,
    `result: ${resultBytes} bytes`,
    `peak RSS of a worker: ${Math.round(peakRssBytes / 1024 ** 2)} MiB`,
    `took: ${(tookMs / 1000).toFixed(0)} s`,
  ].join('\n');
}
