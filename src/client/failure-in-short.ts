import { type FailureType, RULE_IDS } from '../contract';
import { FAILURE_KINDS, isFailureType } from '../export/failures';

/**
 * Why an export or a batch failed, in a few words for a list: a refusal, by a rule or by the cloud, apart from a job that failed.
 *
 * @param failure of a memo, or of a status, whose `code` is not known
 */
export function failureInShort({ type, message, code }: { type: string; message: string; code?: string }): string {
  if (!isFailureType(type)) return type;
  const which = code ?? (type === 'ExportNotAllowed' ? ruleIn(message) : undefined);
  const isNamed = !UNNAMED.has(type) && !(type === 'ExportNotAllowed' && which !== undefined);
  const reason = [...(isNamed ? [type] : []), ...(which === undefined ? [] : [which])].join(', ');
  return [BEGINNING[FAILURE_KINDS[type]], reason].filter(Boolean).join(': ');
}

const BEGINNING = { refused: 'refused', rejected: 'refused', failed: 'job failed', unknown: 'unknown' };

/** The others are named: their beginning does not say which they are. */
const UNNAMED: ReadonlySet<string> = new Set<FailureType>(['ExportFailed', 'BatchFailed', 'ExportOutcomeUnknown']);

/** A memo of an earlier version has the rule only where the message was not cut before it. */
function ruleIn(message: string): string | undefined {
  return RULE_IDS.find((rule) => message.includes(`[${rule}: `));
}
