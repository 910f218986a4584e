import { version } from '../../package.json';
import { ENDINGS, type Ending } from './endings';
import { FURTHER } from './further';

/** What is recorded of this version, by the folder of its histories. */
export const RECORDINGS: { readonly [folder: string]: readonly Ending[] } = {
  [version]: ENDINGS,
  [`${version}-further`]: FURTHER,
};
