/**
 * The data converter of a namespace that encrypts everything, failures too, and needs to know what each payload belongs to.
 * `npm run strict-codec` runs the tests that talk to Temporal with it.
 *
 * @module
 */
import { join } from 'node:path';
import type { DataConverter, Payload } from '@temporalio/common';

/** For `--data-converter`. */
export const STRICT_CODEC = join(__dirname, 'data-converter.cjs');
/** The same with another secret: what the one encodes, the other cannot decode. */
export const OTHER_SECRET = join(__dirname, 'other-secret.cjs');

export function dataConverterOf(path: string): DataConverter {
  return (require(path) as { dataConverter: DataConverter }).dataConverter;
}

/** The variable that gives every client, worker and bundle of the rigs the strict codec. */
const STRICT_RUN = 'IMS_EXPORT_TEST_STRICT_CODEC';

/** The module of this test run's data converter; undefined in an ordinary run. */
export const converterOfRun: string | undefined = process.env[STRICT_RUN] ? STRICT_CODEC : undefined;

/** For clients and workers of this test run. */
export function ofRun(): { dataConverter?: DataConverter } {
  return converterOfRun === undefined ? {} : { dataConverter: dataConverterOf(converterOfRun) };
}

/** For tests that read histories: a payload of this run without its codec. */
export function unsealed(payload: Payload): Payload {
  if (converterOfRun === undefined) return payload;
  return (require(converterOfRun) as { unsealed: (payload: Payload) => Payload }).unsealed(payload);
}
