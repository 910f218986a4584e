import type { ExportActivities, ExportRequest, ValidatedExport } from '../contract';
import { contextOf, invalidField } from '../export/failures';
import { destinationTaken, notAllowed } from '../export/failures/before-submit';
import { parseExportInput } from '../request/export';
import { type AccountCloud, type ExportActivityDeps, evidenceWaits } from './cloud';
import { seenAgain } from './evidence';
import { accountOfInput, notSubmitted, OUTAGE_MS, refuseReservedOptions } from './input-checks';
import { preflight, preflightOfName } from './preflight';
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
    const asked = parseExportInput(input);
    refuseReservedOptions(asked.options);
    const { request, warnings } = await withRegisteredAttributes(asked);
    const account = accountOfInput(deps, request.account);
    if (request.attach !== null) return attached(request, warnings);
    try {
      const validated = await validate(deps, request, account);
      return { ...validated, warnings: [...warnings, ...validated.warnings] };
    } catch (error) {
      const { submitBudgetMs: budgetMs } = request.options;
      const context = contextOf(request, input);
      throw notSubmitted(deps, error, { account: request.account, context, budgetMs, outageMs: OUTAGE_MS });
    }
  };
}

/** The job has started: reading it shows its image, and its destination need not be free. No job writes to a name that breaks the rules. */
function attached(request: ExportRequest, warnings: string[]): ValidatedExport {
  const named = preflightOfName(request);
  if (named.refusals.length > 0) throw notAllowed(request, null, named);
  return { request, warnings: [...warnings, ...named.warnings], destinationFreeAt: null };
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

/**
 * An upsert of an attribute that is not registered would fail the workflow task for ever, and no cancel would end it. So
 * nothing is upserted where it is not known.
 */
async function withRegisteredAttributes(
  request: ExportRequest,
): Promise<{ request: ExportRequest; warnings: string[] }> {
  const { options } = request;
  if (!options.searchAttributes) return { request, warnings: [] };
  const registration = await readRegistration();
  if (registration.kind === 'refused') {
    const warning = `The option searchAttributes was turned off: ${registration.reason}. Register them by \`ims-export search-attributes --register\`.`;
    return { request: { ...request, options: { ...options, searchAttributes: false } }, warnings: [warning] };
  }
  if (registration.missing.length === 0) return { request, warnings: [] };
  const expected = `false, or the search attributes ${registration.missing.join(', ')} registered in the namespace ${registration.namespace} first: \`ims-export search-attributes --register\``;
  throw invalidField('options.searchAttributes', true, expected);
}
