/**
 * Preflight: the rules of the export API, asked before anything is submitted.
 *
 * They advise; the server decides. So each can be turned down to a warning or off, a fact that is missing never refuses,
 * and a rule that cannot be checked says so. To add a rule, add it to one of the lists in `rules/`, and its id to `RULE_IDS` of the contract;
 * docs/preflight.md explains it to users.
 *
 * @module
 */
import type { ExportNotAllowedDetails, ExportRequest, RuleSeverity } from '../../contract';
import type { PreflightFacts } from './facts';
import type { PreflightRule, RequestRule } from './rule';
import { DESTINATION_RULES } from './rules/destination';
import { IMAGE_ORIGIN_RULES } from './rules/image-origin';
import { IMAGE_SIZE_RULES } from './rules/image-size';
import { IMAGE_STATE_RULES } from './rules/image-state';
import { OBJECT_NAME_RULES } from './rules/object-name';

export type { PreflightFacts } from './facts';

/** In the order of their refusals in messages, that of `RULE_IDS`. */
export const PREFLIGHT_RULES: readonly PreflightRule[] = [
  ...IMAGE_STATE_RULES,
  ...IMAGE_ORIGIN_RULES,
  ...IMAGE_SIZE_RULES,
  ...OBJECT_NAME_RULES,
  ...DESTINATION_RULES,
];

type Refusal = ExportNotAllowedDetails['refusals'][number];

export interface PreflightReport {
  /** Of the rules whose severity is `error`. */
  refusals: Refusal[];
  /** The rules that refuse, where the export may go through once all of them are turned down; else none. */
  overridable: string[];
  /** Of the rules whose severity is `warn`, and of those that could not be checked. */
  warnings: string[];
  /** How the export fails, where it is refused. */
  failureType: 'ExportNotAllowed' | 'DestinationExists';
  /** Messages of the refusals that count only once the same was read again. */
  readAgain: string[];
}

/** Asks every rule that is not off. */
export function preflight(facts: PreflightFacts, rules = PREFLIGHT_RULES): PreflightReport {
  return ask(facts, rules);
}

/** Asks the rules on the name of the object, for a job that has begun: all else is decided. */
export function preflightOfName(request: ExportRequest): PreflightReport {
  return ask({ request }, OBJECT_NAME_RULES);
}

function ask(facts: Pick<PreflightFacts, 'request'>, rules: readonly RequestRule[]): PreflightReport {
  const refusals: Refusal[] = [];
  const warnings: string[] = [];
  const unchecked = new Map<string, string[]>();
  const failureTypes = new Set<PreflightReport['failureType']>();
  const readAgain: string[] = [];
  let mayHelp = true;
  for (const rule of rules) {
    const severity = severityOf(rule, facts.request);
    if (severity === 'off') continue;
    const finding = rule.check(facts);
    if (finding.kind === 'notChecked') {
      unchecked.set(finding.reason, [...(unchecked.get(finding.reason) ?? []), rule.id]);
    } else if (finding.kind === 'refused' && severity === 'error') {
      const { found, message } = finding;
      refusals.push({ rule: rule.id, found, message });
      failureTypes.add(rule.failureType ?? 'ExportNotAllowed');
      if (rule.readAgain) readAgain.push(message);
      mayHelp &&= rule.suggestsOverride ?? true;
    } else if (finding.kind === 'refused') {
      warnings.push(`Rule ${rule.id}: ${finding.message} Found ${finding.found}.`);
    }
  }
  for (const [reason, ids] of unchecked) warnings.push(notCheckedWarning(ids, reason));
  const [only, ...others] = failureTypes;
  const failureType = others.length === 0 ? (only ?? 'ExportNotAllowed') : 'ExportNotAllowed';
  return { refusals, overridable: mayHelp ? refusals.map(({ rule }) => rule) : [], warnings, failureType, readAgain };
}

/** The severity that a request sets for a rule, or the rule's own. */
function severityOf({ id, severity }: PreflightRule, { options }: ExportRequest): RuleSeverity {
  return options.rules[id] ?? severity;
}

/** Rules that miss the same fact are reported together. */
function notCheckedWarning(ids: string[], reason: string): string {
  if (ids.length === 1) return `Rule ${ids[0]} was not checked: ${reason}.`;
  return `Rules ${ids.slice(0, -1).join(', ')} and ${ids.at(-1)} were not checked: ${reason}.`;
}
