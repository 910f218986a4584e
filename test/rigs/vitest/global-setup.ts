import { findTemporalCli, findTimeSkippingServer } from '../../../src/dev-server';
import { bundleOnce } from '../temporal';

/** Brings what every test file needs before the first of them runs, so that they do not all install it at once. */
export default async function setup(): Promise<void> {
  const onProgress = (step: string) => console.log(step);
  await findTemporalCli({ onProgress });
  await findTimeSkippingServer({ onProgress });
  await bundleOnce();
}
