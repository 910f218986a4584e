import type { RuleId, RuleSeverity } from '../../contract';
import type { Image } from '../../huaweicloud';
import type { PreflightFacts } from './facts';

/** One rule of the export API, checked before anything is submitted. */
export interface PreflightRule {
  /** Settable per call in `options.rules`. */
  id: RuleId;
  /** What it refuses, for docs/preflight.md. */
  refuses: string;
  /** Where the rule comes from: the constraint of the API page, and the code that the server refuses with. */
  source: string;
  /** Unless a call sets another. Rules of some regions only are `off`, those of older texts only `warn`. */
  severity: RuleSeverity;
  /** How an export fails that nothing but this rule refuses. @default 'ExportNotAllowed' */
  failureType?: 'DestinationExists';
  /** It refuses by what was not found or not shown, which one reading alone does not prove. @default false */
  readAgain?: true;
  /** False where nothing is won by turning it down: it still can be, but the refusal does not suggest it. @default true */
  suggestsOverride?: false;
  check(facts: PreflightFacts): Finding;
}

/** A rule that checks the request alone. */
export interface RequestRule extends PreflightRule {
  check(facts: Pick<PreflightFacts, 'request'>): Finding;
}

export type Finding =
  | { kind: 'passed' }
  /** `found` is what the image or bucket showed; `message` says what is wrong and what to do. */
  | { kind: 'refused'; found: string; message: string }
  /** `reason` is a clause: "the image has no size". */
  | { kind: 'notChecked'; reason: string };

export const passed: Finding = { kind: 'passed' };

export function refused(found: string, message: string): Finding {
  return { kind: 'refused', found, message };
}

export function notChecked(reason: string): Finding {
  return { kind: 'notChecked', reason };
}

/** A check that needs the image. That there is none is for the rule `imageExists` to say. */
export function ofImage(check: (image: Image, facts: PreflightFacts) => Finding): PreflightRule['check'] {
  return (facts) => (facts.image === null ? notChecked('the image was not found') : check(facts.image, facts));
}
