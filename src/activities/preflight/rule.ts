import type { ExportRequest, RuleSeverity } from '../../contract';
import type { BucketInfo, Image } from '../../huaweicloud';

/** What the rules look at. Read once, before the first rule is asked. */
export interface PreflightFacts {
  request: ExportRequest;
  /** Region and project of the account. */
  region: string;
  projectId: string;
  image: Image;
  /** The images it was made from, nearest first. */
  ancestors: Ancestry;
  /** `missing` when OBS says that there is no such bucket. */
  bucket: { info: BucketInfo } | { unreadable: string; missing: boolean };
}

export interface Ancestry {
  images: Image[];
  /** Why the line could not be followed to its root; null when it was. */
  brokenAt: string | null;
}

export type Finding =
  | { kind: 'passed' }
  /** `found` is what the image or bucket showed; `message` is the sentence for a person. */
  | { kind: 'refused'; found: string; message: string }
  | { kind: 'notChecked'; reason: string };

/** One rule of the export API, checked before anything is submitted. */
export interface PreflightRule {
  /** Settable per call in `options.rules`. */
  id: string;
  /** Where the rule comes from: the constraint of the API page, and the code that the server refuses with. */
  source: string;
  severity: RuleSeverity;
  check(facts: PreflightFacts): Finding;
}

export const passed: Finding = { kind: 'passed' };

export function refused(found: string, message: string): Finding {
  return { kind: 'refused', found, message };
}

export function notChecked(reason: string): Finding {
  return { kind: 'notChecked', reason };
}
