import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that mostly wait, for a minute or two: for timeouts of lost workers, exports in real time, or other processes. */
const WAITING = [
  'processes/',
  'consumers/',
  'docs/commands',
  'examples/',
  'fleet/',
  'storm/',
  'batch/',
  'long-exports/',
  'integration/cannot-start',
  'worker/production',
  'worker/connecting',
];

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
