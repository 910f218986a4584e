import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that mostly wait, for a minute or two: for timeouts of lost workers, or for exports in real time. */
const WAITING = ['processes/', 'fleet/', 'storm/', 'long-exports/', 'batch/', 'integration/cannot-start'];

/** Begins with the files that mostly wait, so that the others run beside them and none is left for the end alone. */
export class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(waits), ...sorted.filter((file) => !waits(file))];
  }
}

function waits({ moduleId }: TestSpecification): boolean {
  return WAITING.some((path) => moduleId.includes(`/test/${path}`));
}
