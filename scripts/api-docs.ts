/**
 * The second half of `npm run api-docs`, after typedoc: writes down what docs/api was made of. The pages are committed, so that
 * readers of the repository and of the package have them. Making them takes ten seconds of two cores, so `npm test` does not:
 * it compares this fingerprint.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FINGERPRINT_FILE, fingerprint, REPOSITORY } from '../test/docs/api-fingerprint';

writeFileSync(join(REPOSITORY, FINGERPRINT_FILE), `${fingerprint()}\n`);
