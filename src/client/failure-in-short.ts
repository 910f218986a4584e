import { type FailureType, RULE_IDS } from '../contract';
import { isFailureType } from '../export/failures';

/**
 * Why an export or a batch failed, in a few words for a list: a refusal, by a rule or by the cloud, apart from a job that failed.
 *
 * @param failure of a memo, or of a status, whose `code` is not known
 */
export function failureInShort({ type, message, code }: { type: string; message: string; code?: string }): string {
  if (!isFailureType(type)) return type;
  const which = code ?? (type === 'ExportNotAllowed' ? ruleIn(message) : undefined);
  // A rule says more than the type of its refusals.
  if (type === 'ExportNotAllowed' && which !== undefined) return `refused by the rule ${which}`;
  const [beginning, ...names] = IN_SHORT[type] ?? ['refused', type];
  const reasons = [...names, ...(which ? [which] : [])];
  return reasons.length === 0 ? beginning : `${beginning}: ${reasons.join(', ')}`;
}

/** Those after whose submit something went wrong; every other one is a refusal. */
const IN_SHORT: { [type in FailureType]?: [beginning: string] } = {
  ExportFailed: ['job failed'],
  ExportedObjectInvalid: ['object invalid'],
  ExportOutcomeUnknown: ['tracking ended'],
  BatchFailed: ['failed'],
};

/** A memo of an earlier version has the rule only where the message was not cut before it. */
function ruleIn(message: string): string | undefined {
  return RULE_IDS.find((rule) => message.includes(`[${rule}: `));
}
