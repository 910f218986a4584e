import type { ExportActivities, ExportRequest, ValidatedExport } from '../contract';
import { contextOf, invalidField } from '../export/failures';
import { destinationTaken, notAllowed } from '../export/failures/before-submit';
import { parseExportInput } from '../request/export';
import { type AccountCloud, type ExportActivityDeps, evidenceWaits } from './cloud';
import { seenAgain } from './evidence';
import { accountOfInput, notSubmitted, refuseReservedOptions } from './input-checks';
import { preflight } from './preflight';
import { readFacts } from './preflight/facts';
import { readRegistration } from './search-attributes';

/**
 * `imsValidateExport`: checks the shape of the input, then the rules of the API against the image, the bucket and the
 * destination. Reads only.
 *
 * @throws ApplicationFailure InvalidExportRequest, ExportNotAllowed, DestinationExists or AccessDenied, non-retryable;
 *   CloudUnavailable, retryable, while the cloud cannot be asked or the key rests; ReadAgain, retryable, while one attempt alone
 *   was refused by the cloud, or found no image or bucket
 */
export function validateExport(deps: ExportActivityDeps): ExportActivities['imsValidateExport'] {
  return async (input) => {
    const request = parseExportInput(input);
    refuseReservedOptions(request.options);
    const warnings = await refuseUnregisteredAttributes(request);
    const account = accountOfInput(deps, request.account);
    // The job has started: reading it shows its image, and its destination need not be free.
    if (request.attach !== null) return { request, warnings, destinationFreeAt: null };
    try {
      const validated = await validate(deps, request, account);
      return { ...validated, warnings: [...warnings, ...validated.warnings] };
    } catch (error) {
      const { submitBudgetMs: budgetMs } = request.options;
      throw notSubmitted(deps, error, { account: request.account, context: contextOf(request, input), budgetMs });
    }
  };
}

async function validate(
  deps: ExportActivityDeps,
  request: ExportRequest,
  account: AccountCloud,
): Promise<ValidatedExport> {
  const facts = await readFacts(account, request);
  const report = preflight(facts);
  const { refusals, warnings, failureType } = report;
  const destination = facts.destination.kind === 'read' ? facts.destination.value : null;
  seenAgain(report.readAgain, evidenceWaits(deps).contradictedMs);
  if (refusals.length > 0) {
    throw failureType === 'DestinationExists'
      ? destinationTaken(request, destination?.object ?? null, refusals)
      : notAllowed(request, facts.image?.name ?? null, report);
  }
  return { request, warnings, destinationFreeAt: destination?.object === null ? destination.date : null };
}

/** An upsert of an attribute that is not registered would leave the workflow stuck. */
async function refuseUnregisteredAttributes({ options }: ExportRequest): Promise<string[]> {
  if (!options.searchAttributes) return [];
  const registration = await readRegistration();
  if (registration.kind === 'notTold')
    return [`Whether the search attributes are registered was not checked: ${registration.reason}.`];
  if (registration.missing.length === 0) return [];
  const expected = `false, or the search attributes ${registration.missing.join(', ')} registered in the namespace ${registration.namespace} first: \`ims-export search-attributes --register\``;
  throw invalidField('options.searchAttributes', true, expected);
}
