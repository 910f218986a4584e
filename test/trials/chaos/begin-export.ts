import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '../../rigs/processes';
import { callIms } from '../../rigs/simulator-requests';

const TRY_AGAIN_MS = 500;
const GIVE_UP_AFTER_MS = 120_000;

/** Begins a job past the workers and the network of the run, as somebody else does whose job is then attached to. */
export async function beginExport(stage: Stage, imageId: string, bucketUrl: string): Promise<string> {
  const body = JSON.stringify({ bucket_url: bucketUrl, file_format: 'qcow2' });
  const giveUpAtMs = Date.now() + GIVE_UP_AFTER_MS;
  for (;;) {
    try {
      // The simulator may have been killed between the job and its answer.
      const begun = (await stage.jobs()).find((job) => job.imageId === imageId);
      if (begun !== undefined) return begun.jobId;
      // Not by the path of our workers, so that it does not count as theirs.
      const answer = await callIms(stage.info, 'POST', `/v2.1/cloudimages/${imageId}/file`, { body });
      if (answer.status === 200) return answer.json.job_id;
    } catch {
      // It is away, or stands still.
    }
    if (Date.now() > giveUpAtMs) throw new Error(`no job of image ${imageId} could be begun`);
    await sleep(TRY_AGAIN_MS);
  }
}
