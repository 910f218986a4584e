/**
 * Preflight: the rules of the export API, asked before anything is submitted.
 *
 * They advise; the server decides. So each can be turned down to a warning or off, a fact that is missing never refuses,
 * and a rule that cannot be checked says so.
 *
 * @module
 */
import type { ExportRequest, RuleSeverity } from '../../contract';
import { DESTINATION_RULES } from './destination-rules';
import { IMAGE_RULES } from './image-rules';
import type { PreflightFacts, PreflightRule } from './rule';

export const PREFLIGHT_RULES: readonly PreflightRule[] = [...IMAGE_RULES, ...DESTINATION_RULES];

/** Checked outside the table, by the read that also tells the clock of OBS. */
const DESTINATION_FREE = 'destinationFree' as const;

/** Ids that `options.rules` may name. */
export const RULE_IDS = [
  ...IMAGE_RULES.map(({ id }) => id),
  ...DESTINATION_RULES.map(({ id }) => id),
  DESTINATION_FREE,
];

export interface Refusal {
  rule: string;
  found: string;
  message: string;
}

export interface PreflightReport {
  refusals: Refusal[];
  warnings: string[];
}

/** Asks every rule that is not off. */
export function preflight(facts: PreflightFacts, rules = PREFLIGHT_RULES): PreflightReport {
  const report: PreflightReport = { refusals: [], warnings: [] };
  for (const rule of rules) {
    const severity = severityOf(rule.id, facts.request, rule.severity);
    if (severity === 'off') continue;
    const finding = rule.check(facts);
    if (finding.kind === 'notChecked') report.warnings.push(`Rule ${rule.id} was not checked: ${finding.reason}.`);
    if (finding.kind !== 'refused') continue;
    const { found, message } = finding;
    if (severity === 'error') report.refusals.push({ rule: rule.id, found, message });
    else report.warnings.push(`Rule ${rule.id}: ${message} Found ${found}.`);
  }
  return report;
}

/** The severity that a request sets for a rule, or the rule's own. */
export function severityOf(rule: string, request: ExportRequest, own: RuleSeverity): RuleSeverity {
  return request.options.rules[rule] ?? own;
}
